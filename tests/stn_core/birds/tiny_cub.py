"""A little CUB-200-2011, in the official layout and in the small one: coloured photographs."""

from __future__ import annotations

import csv
import io
import tarfile
from pathlib import Path

import numpy as np
from PIL import Image

from stn_core.birds.photographs import PARTS

COUNT = 24  # of three classes; every third one is a test image
BEAK, BELLY = PARTS.index("beak"), PARTS.index("belly")


def _jpeg(n: int) -> bytes:
    """A gradient to the right, 200 × 160 or upright."""
    size = (160, 200) if n % 2 else (200, 160)
    row = np.linspace(0, 255, size[0], dtype=np.uint8)
    image = np.broadcast_to(row[None, :, None], (size[1], size[0], 3)).copy()
    image[..., n % 3] //= 2
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def _name(n: int) -> str:
    return f"{n % 3 + 1:03}.Bird/bird_{n}.jpg"


def write(folder: Path) -> None:
    """The official layout. The beak is at a quarter of the width, the belly is in the middle."""
    (folder / "parts").mkdir(parents=True)
    lines: dict[str, list[str]] = {}
    for n in range(COUNT):
        path = folder / "images" / _name(n)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_jpeg(n))
        width, height = Image.open(path).size
        for file, line in (
            ("images.txt", _name(n)),
            ("image_class_labels.txt", n % 3 + 1),
            ("train_test_split.txt", int(n // 3 % 3 != 0)),
            ("bounding_boxes.txt", "10.0 10.0 50.0 50.0"),
        ):
            lines.setdefault(file, []).append(f"{n + 1} {line}")
        for part in range(len(PARTS)):
            x, y = {BEAK: (width / 4, height / 4), BELLY: (width / 2, height / 2)}.get(part, (0, 0))
            visible = int(part in (BEAK, BELLY))
            lines.setdefault("parts/part_locs.txt", []).append(
                f"{n + 1} {part + 1} {x} {y} {visible}"
            )
    lines["parts/parts.txt"] = [f"{n + 1} {part}" for n, part in enumerate(PARTS)]
    for file, some in lines.items():
        (folder / file).write_text("\n".join(some) + "\n")


def write_small(folder: Path) -> None:
    """The same photographs in tar files, with tables."""
    folder.mkdir(parents=True)
    rows: dict[str, list[list]] = {"train": [], "test": []}
    columns = [f"{part.replace(' ', '_')}_{axis}" for part in PARTS for axis in "xy"]
    parts: list[list] = [["file", "image_id", *columns]]
    for split in rows:
        with tarfile.open(folder / f"cub_{split}.tar", "w") as archive:
            for n in range(COUNT):
                if (n // 3 % 3 != 0) != (split == "train"):
                    continue
                content, file = _jpeg(n), f"{split}/{_name(n)}"
                width, height = Image.open(io.BytesIO(content)).size
                member = tarfile.TarInfo(file)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
                rows[split].append([file, n % 3 + 1, "Bird", f"cub_{split}.tar"])
                points: list = [""] * len(columns)
                points[2 * BEAK : 2 * BEAK + 2] = width / 4, height / 4
                points[2 * BELLY : 2 * BELLY + 2] = width / 2, height / 2
                parts.append([file, n + 1, *points])
    for name, table in (*rows.items(), ("parts", parts)):
        with (folder / f"{name}.csv").open("w", newline="") as file:
            heading = [] if name == "parts" else [["file", "class_id", "class_name", "tar"]]
            csv.writer(file).writerows([*heading, *table])
