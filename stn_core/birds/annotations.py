"""CUB-200-2011's files: the official layout, and a small one of tar files and tables.

Official: ``images.txt``, ``image_class_labels.txt``, ``train_test_split.txt``,
``bounding_boxes.txt``, ``parts/parts.txt``, ``parts/part_locs.txt`` and the folder ``images``.
Small: ``train.csv``, ``test.csv``, ``parts.csv`` and tar files of images whose shorter side has 128
pixels. Both give the same photographs in the same order, that of CUB's numbers.
"""

from __future__ import annotations

import csv
import tarfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from stn_core.birds.photographs import CLASSES, PARTS, Annotated, BirdsError

OFFICIAL = "images.txt"  # where this is, the layout is the official one
TABLES = ("train.csv", "test.csv")
HOME = "https://www.vision.caltech.edu/datasets/cub_200_2011"
WHERE = f"it should hold CUB-200-2011, from {HOME}"


def annotated(folder: Path) -> list[Annotated]:
    """All photographs of CUB in a folder, in either layout, in the order of their numbers.

    The official files may also be in ``CUB_200_2011`` in it. Raises BirdsError.

    >>> try:
    ...     annotated(Path("nowhere"))
    ... except BirdsError as error:
    ...     print(str(error).split(";")[0])
    nowhere has neither images.txt nor train.csv in it
    """
    folder = layout(folder)
    found = _official(folder) if (folder / OFFICIAL).is_file() else _small(folder)
    return sorted(found, key=lambda one: one.number)


def layout(folder: Path) -> Path:
    """The folder in which either layout begins: this one, or ``CUB_200_2011`` in it.

    Raises BirdsError if there is neither.

    >>> try:
    ...     layout(Path("nowhere"))
    ... except BirdsError as error:
    ...     print(str(error).split(";")[0])
    nowhere has neither images.txt nor train.csv in it
    """
    for first in (folder / "CUB_200_2011" / OFFICIAL, folder / OFFICIAL, folder / TABLES[0]):
        if first.is_file():
            return first.parent
    raise BirdsError(f"{folder} has neither {OFFICIAL} nor {TABLES[0]} in it; {WHERE}")


def files(folder: Path) -> list[Path]:
    """The files in a folder that say which photographs there are, for telling a change of them.

    >>> files(Path("nowhere"))
    []
    """
    return sorted(p for kind in ("**/*.txt", "*.csv", "*.tar") for p in folder.glob(kind))


def _official(folder: Path) -> list[Annotated]:
    names = _table(folder / OFFICIAL, int, str)
    labels = _table(folder / "image_class_labels.txt", int, int)
    split = _table(folder / "train_test_split.txt", int, int)
    _table(folder / "bounding_boxes.txt", int, float, float, float, float)  # checked, not used
    _check_parts(folder / "parts" / "parts.txt")
    points = _part_locations(folder / "parts" / "part_locs.txt")
    found = []
    for number, (name,) in names.items():
        for path, table in (("image_class_labels.txt", labels), ("train_test_split.txt", split)):
            if number not in table:
                raise BirdsError(f"{folder / path} has no line for the image {number}, {name}")
        (label,), (is_training,) = labels[number], split[number]
        if not 1 <= label <= CLASSES:
            raise BirdsError(
                f"{folder / 'image_class_labels.txt'}: the image {number} has the class {label}, "
                f"expected 1 to {CLASSES}"
            )
        path = folder / "images" / name
        parts = points.get(number, np.full((len(PARTS), 2), np.nan))
        found.append(Annotated(number, str(path), label - 1, bool(is_training), parts, _of(path)))
    return found


def _of(path: Path) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise BirdsError(f"{path} cannot be read: {error.strerror}") from error

    return read


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Those that are not empty, with their numbers."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BirdsError(f"{path} cannot be read: {error}; {WHERE}") from error
    return ((n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip())


def _values(path: Path, n: int, words: list[str], kinds: tuple[Callable, ...]) -> list:
    try:
        return [kind(word) for kind, word in zip(kinds, words, strict=True)]
    except ValueError as error:
        expected = ", ".join("text" if k is str else k.__name__ for k in kinds)
        raise BirdsError(
            f"{path}, line {n}: expected {expected}, got {' '.join(words)[:80]!r}"
        ) from error


def _table(path: Path, *kinds: Callable) -> dict[int, list]:
    """What stands behind each image's number."""
    table: dict[int, list] = {}
    for n, line in _lines(path):
        number, *values = _values(path, n, line.split(), kinds)
        if number in table:
            raise BirdsError(f"{path}, line {n}: the image {number} is there twice")
        table[number] = values
    return table


def _check_parts(path: Path) -> None:
    for n, line in _lines(path):
        number, _, name = line.strip().partition(" ")
        if not (number.isdigit() and 1 <= int(number) <= len(PARTS)) or (
            PARTS[int(number) - 1] != name
        ):
            raise BirdsError(f"{path}, line {n}: {line.strip()[:80]!r} is not one of CUB's parts")


def _part_locations(path: Path) -> dict[int, np.ndarray]:
    """By the image's number, (15, 2) in pixels, NaN where not visible."""
    points: dict[int, np.ndarray] = {}
    for n, line in _lines(path):
        values = _values(path, n, line.split(), (int, int, float, float, int))
        number, part, x, y, visible = values
        if not 1 <= part <= len(PARTS):
            raise BirdsError(f"{path}, line {n}: expected a part from 1 to {len(PARTS)}")
        of_image = points.setdefault(number, np.full((len(PARTS), 2), np.nan))
        if visible:
            of_image[part - 1] = x, y
    return points


def _small(folder: Path) -> list[Annotated]:
    rows = {row["file"]: (n, row) for n, row in _csv(folder / "parts.csv", "file", "image_id")}
    found = []
    for table in TABLES:
        path, members = folder / table, _Members(folder)
        for n, row in _csv(path, "file", "class_id", "tar"):
            name = row["file"]
            if name not in rows:
                raise BirdsError(f"{path}, line {n}: {name} is not in {folder / 'parts.csv'}")
            label, *_ = _values(path, n, [row["class_id"]], (int,))
            if not 1 <= label <= CLASSES:
                raise BirdsError(f"{path}, line {n}: expected a class of 1 to {CLASSES}")
            number, points = _points(folder / "parts.csv", *rows[name])
            found.append(
                Annotated(
                    number,
                    f"{folder / row['tar']}: {name}",
                    label - 1,
                    table == TABLES[0],
                    points,
                    partial(members.read, row["tar"], name),
                )
            )
    return found


def _csv(path: Path, *needed: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Its rows by their headings, with the numbers of their lines."""
    lines = list(_lines(path))
    reader = csv.DictReader(line for _, line in lines)
    if missing := [name for name in needed if name not in (reader.fieldnames or ())]:
        raise BirdsError(f"{path}, line 1: no column {', '.join(missing)}")
    for (n, _), row in zip(lines[1:], reader, strict=True):
        if None in row or None in row.values():
            raise BirdsError(f"{path}, line {n}: expected {len(reader.fieldnames or ())} columns")
        yield n, row


def _points(path: Path, n: int, row: dict[str, str]) -> tuple[int, np.ndarray]:
    """The image's number, and its points."""
    words = [row.get(f"{part.replace(' ', '_')}_{axis}", "") for part in PARTS for axis in "xy"]
    kinds = (int, *(float for _ in words))
    number, *values = _values(path, n, [row["image_id"], *(w or "nan" for w in words)], kinds)
    return number, np.array(values).reshape(len(PARTS), 2)


class _Members:
    """The contents of a folder's tar files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.open: dict[str, tuple[tarfile.TarFile, dict[str, tarfile.TarInfo]]] = {}

    def read(self, archive: str, name: str) -> bytes:
        path = self.folder / Path(archive).name
        try:
            if archive not in self.open:
                opened = tarfile.open(path)  # noqa: SIM115  # closed with this object
                self.open[archive] = opened, {m.name: m for m in opened.getmembers()}
            opened, members = self.open[archive]
            if name not in members or (file := opened.extractfile(members[name])) is None:
                raise BirdsError(f"{path} has no {name} in it")
            return file.read()
        except (OSError, tarfile.TarError) as error:
            raise BirdsError(f"{path} cannot be unpacked: {error}") from error
