"""Where the photographs of birds come from: CUB-200-2011 in ``STN_DATA/cub``.

An image is made to have 128 pixels at its shorter side, bicubic, and is then squeezed to a square:
the whole bird and all parts stay in it. What is decoded once is kept in the user's cache, and from
there read into memory only as far as it is looked at. None of it may be published.
"""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch

from stn_core import digits
from stn_core.birds.annotations import WHERE, annotated, files, layout
from stn_core.birds.photographs import PARTS, SIDE, Annotated, BirdsError, Photographs
from stn_core.departures import OTHERWISE, Departure
from stn_core.digits import Progress, Source

GALLERY_PER_CLASS = 1  # of the training images, which no network is trained on
SPLITS = ("gallery", "train", "test")


def folder() -> Path:
    """CUB's, on this machine: ``STN_DATA/cub``. Raises BirdsError if there is none, or it is empty.

    >>> from unittest.mock import patch
    >>> with patch.dict(os.environ, STN_DATA="nowhere"):
    ...     try:
    ...         folder()
    ...     except BirdsError as error:
    ...         print(str(error).split(";")[0])
    nowhere/cub is not a folder
    """
    given = os.environ.get("STN_DATA")
    if not given:
        raise BirdsError(f"birds need CUB-200-2011: set STN_DATA to a folder; its cub: {WHERE}")
    found = Path(given) / "cub"
    if not found.is_dir():
        raise BirdsError(f"{found} is not a folder; {WHERE}")
    layout(found)
    return found


def load(progress: Progress | None = None) -> Source:
    """CUB's photographs, as ``Photographs``: training images, one of each class kept back as the
    gallery, and test images.

    progress: is told how many are decoded. Raises BirdsError for what is not CUB's.

    >>> from unittest.mock import patch
    >>> with patch.dict(os.environ, STN_DATA=""):
    ...     try:
    ...         load()
    ...     except BirdsError as error:
    ...         print(str(error).split(":")[0])
    birds need CUB-200-2011
    """
    where = folder()
    gallery, train, test = (_kept(where, split, progress) for split in SPLITS)
    text = f"{len(train):,} photographs of CUB-200-2011 from {where}; measured on {len(test):,}"
    return Source(text, gallery, train, test)


def split_of(found: list[Annotated]) -> dict[str, list[Annotated]]:
    """Which photographs are for what.

    >>> birds = [Annotated(n, "", 7, n < 3, np.zeros((15, 2)), bytes) for n in range(4)]
    >>> {split: [one.number for one in some] for split, some in split_of(birds).items()}
    {'gallery': [0], 'train': [1, 2], 'test': [3]}
    """
    parts: dict[str, list[Annotated]] = {split: [] for split in SPLITS}
    seen: dict[int, int] = {}
    for one in found:
        split = "test"
        if one.is_training:
            seen[one.label] = seen.get(one.label, 0) + 1
            split = "gallery" if seen[one.label] <= GALLERY_PER_CLASS else "train"
        parts[split].append(one)
    return parts


def decoded(content: bytes, file: str) -> tuple[np.ndarray, tuple[int, int]]:
    """A photograph as uint8 (3, 128, 128), and its width and height in pixels.

    file: what an error calls it. Raises BirdsError.

    >>> try:
    ...     decoded(b"no picture", "1.jpg")
    ... except BirdsError as error:
    ...     print(error)
    1.jpg is not a picture that can be read
    """
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content)) as opened:
            size = opened.size
            image = opened.convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise BirdsError(f"{file} is not a picture that can be read") from error
    width, height = (max(SIDE, round(SIDE * n / min(size))) for n in size)
    for target in ((width, height), (SIDE, SIDE)):
        if image.size != target:
            image = image.resize(target, Image.Resampling.BICUBIC)
    return np.ascontiguousarray(np.asarray(image).transpose(2, 0, 1)), size


def _kept(where: Path, split: str, progress: Progress | None) -> Photographs:
    """From the user's cache, mapped into memory; made first, if it is not there.

    Where the cache cannot be written to, it is held in memory."""
    cache = digits.cache_folder().parent / "birds"
    name = f"{split}-{_stamp(where)}"
    paths = cache / f"{name}-images.npy", cache / f"{name}-labels.npz"
    try:
        return _mapped(*paths)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):  # not there, or torn
        pass
    some = split_of(annotated(where))[split]
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as temporary:  # gone also on a full disk
            written = [Path(temporary, path.name) for path in paths]
            shape = (len(some), 3, SIDE, SIDE)
            images = np.lib.format.open_memmap(written[0], "w+", np.uint8, shape)
            arrays = _filled(images, some, split, progress)
            labels, points, visible = (arrays[name] for name in ("labels", "points", "visible"))
            np.savez(written[1], labels=labels, points=points, visible=visible)
            images.flush()
            for source, path in zip(written, paths, strict=True):
                os.replace(source, path)
        for old in {*cache.glob(f"{split}-*")}.difference(paths):  # of other files, or other code
            with suppress(OSError):  # another process may have it open
                old.unlink()
        return _mapped(*paths)
    except OSError:
        held = np.empty((len(some), 3, SIDE, SIDE), np.uint8)
        return _photographs(held, _filled(held, some, split, progress))


def _filled(
    images: np.ndarray, some: list[Annotated], split: str, progress: Progress | None
) -> dict[str, np.ndarray]:
    """Decode photographs into images; their labels, points and visible parts."""
    points = np.zeros((len(some), len(PARTS), 2), np.float32)
    for n, one in enumerate(some):
        images[n], size = decoded(one.read(), one.file)
        points[n] = 2 * one.points / size - 1  # pixel 0 begins at −1
        if progress and (n % 20 == 19 or n + 1 == len(some)):
            progress(split, n + 1, len(some))
    visible: np.ndarray = np.asarray(np.isfinite(points).all(axis=2))
    labels = np.array([one.label for one in some], np.int64)
    return {
        "labels": labels,
        "visible": visible,
        "points": np.where(visible[:, :, None], points, np.float32(0)),
    }


def _mapped(images: Path, others: Path) -> Photographs:
    with np.load(others) as file:
        arrays = {name: file[name] for name in ("labels", "points", "visible")}
    # Copied where it is written to, which nobody does: torch wants arrays that can be.
    return _photographs(np.load(images, mmap_mode="c"), arrays)


def _photographs(images: np.ndarray, arrays: dict[str, np.ndarray]) -> Photographs:
    names = ("labels", "points", "visible")
    return Photographs(torch.from_numpy(images), *(torch.from_numpy(arrays[n]) for n in names))


def _stamp(where: Path) -> str:
    """Another one for other files, and for other code that reads them."""
    seen = [f"{p} {p.stat().st_size} {p.stat().st_mtime_ns}" for p in files(where.resolve())]
    own = [(Path(__file__).parent / f"{n}.py").read_text() for n in ("annotations", "source")]
    return hashlib.sha256("\n".join(seen + own).encode()).hexdigest()[:12]


DEPARTURES = (
    Departure(
        kind=OTHERWISE,
        where="Sect. 4.3, data",
        paper="Trained on CUB's 5,994 training images.",
        ours=f"On 5,794 of them: {GALLERY_PER_CLASS} of each class is kept back.",
        why="An error can be followed during a training on images that it does not see.",
    ),
)
