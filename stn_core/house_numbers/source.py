"""Where house numbers come from: SVHN's photographs where they are, and renderings, always.

Photographs are looked for in ``STN_DATA/svhn``, in SVHN's official format 1: ``train`` and
``extra``, with RENDERED renderings, to train on, ``test`` to measure on. The gallery is of
renderings that no training sees. What is cut and drawn once is kept in the user's cache.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import torch

from stn_core import digits
from stn_core.digits import Digits, Progress, Source
from stn_core.house_numbers.annotations import photographs
from stn_core.house_numbers.crops import crop
from stn_core.house_numbers.numbers import MARGIN, SIDE, HouseNumbersError, Number, labels
from stn_core.house_numbers.rendering import render

GALLERY = 200  # renderings, of the seeds from 0 on
RENDERED = 8_000  # for training, of the seeds from FIRST_SEED on
FIRST_SEED = 1_000_000
MAKERS = ("annotations", "crops", "rendering", "walls")  # other code makes other pictures
TRAINED = {64: ("train", "extra"), 128: ("train",)}  # our extra has no surroundings


def folder() -> Path | None:
    """SVHN's, on this machine: ``STN_DATA/svhn``; None if there is none.

    >>> from unittest.mock import patch
    >>> with patch.dict(os.environ, STN_DATA="nowhere"):
    ...     print(folder())
    None
    """
    given = os.environ.get("STN_DATA")
    found = Path(given) / "svhn" if given else None
    return found if found is not None and found.is_dir() else None


def load(side: int = SIDE, progress: Progress | None = None) -> Source:
    """Pictures (N, 3, 1.25 · side, 1.25 · side), uint8, and labels (N, 5).

    progress: is told how many pictures of a kind are cut or drawn. Without SVHN, training is on
    renderings alone, and ``test`` is None. Raises HouseNumbersError for a file that is not SVHN's.

    >>> from unittest.mock import patch
    >>> nowhere = {"XDG_CACHE_HOME": "/dev/null", "STN_DATA": ""}
    >>> few = (patch(f"{__name__}.{name}", 2) for name in ("GALLERY", "RENDERED"))
    >>> with patch.dict(os.environ, nowhere), next(few), next(few):
    ...     load().description
    '2 rendered house numbers; no SVHN in STN_DATA'
    """
    drawn = _kept(
        f"rendered-{side}", lambda: _rendered(FIRST_SEED, RENDERED), side, RENDERED, progress
    )
    where = folder()
    if where is None:
        text = f"{RENDERED:,} rendered house numbers; no SVHN in STN_DATA"
        return Source(text, gallery(side), drawn, None)
    parts = {
        part: _cut(where, part, side, progress)
        for part in (*TRAINED[side], "test")
        if part == "test" or _is_there(where, part)
    }
    test = parts.pop("test")
    real = sum(map(len, parts.values()))
    train = Digits(
        torch.cat([*(part.images for part in parts.values()), drawn.images]),
        torch.cat([*(part.labels for part in parts.values()), drawn.labels]),
    )
    text = (
        f"{real:,} photographs of SVHN ({' and '.join(parts)}) from {where} and {RENDERED:,} "
        f"renderings; measured on {len(test):,} photographs"
    )
    return Source(text, gallery(side), train, test)


def photographs_to_test_on(side: int = SIDE) -> Digits | None:
    """SVHN's photographs that no network is trained on; None where there is no SVHN.

    Raises HouseNumbersError for a file that is not SVHN's.

    >>> from unittest.mock import patch
    >>> with patch.dict(os.environ, STN_DATA=""):
    ...     print(photographs_to_test_on())
    None
    """
    where = folder()
    return None if where is None else _cut(where, "test", side, None)


def gallery(side: int = SIDE) -> Digits:
    """The renderings that the app shows and no network is trained on.

    >>> from unittest.mock import patch
    >>> nowhere = {"XDG_CACHE_HOME": "/dev/null"}  # nothing is kept
    >>> with patch.dict(os.environ, nowhere), patch(f"{__name__}.GALLERY", 2):
    ...     gallery().images.shape
    torch.Size([2, 3, 80, 80])
    """
    return _kept(f"gallery-{side}", lambda: _rendered(0, GALLERY), side, GALLERY, None)


def _cut(where: Path, part: str, side: int, progress: Progress | None) -> Digits:
    name = f"{part}-{side}-{_stamp(where, part)}"
    return _kept(name, partial(photographs, where, part), side, 0, progress)


def _rendered(first: int, count: int) -> Iterator[tuple[np.ndarray, Number]]:
    for seed in range(first, first + count):
        drawn = render(seed)
        yield drawn.image, drawn.number


def _is_there(where: Path, part: str) -> bool:
    return (where / part).is_dir() or (where / f"{part}.tar.gz").is_file()


def _stamp(where: Path, part: str) -> str:
    """Another one for other files: of the archive's name, size and date."""
    path = where / part if (where / part).is_dir() else where / f"{part}.tar.gz"
    try:
        seen = path.stat()
    except OSError as error:
        raise HouseNumbersError(f"{path} cannot be read: {error.strerror}") from error
    text = f"{path.resolve()} {seen.st_size} {seen.st_mtime_ns}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _kept(
    name: str,
    make: Callable[[], Iterator[tuple[np.ndarray, Number]]],
    side: int,
    count: int,
    progress: Progress | None,
) -> Digits:
    """From the user's cache, if it is there; else made, and kept there if that can be written."""
    path = digits.cache_folder().parent / "house-numbers" / f"{name}-{_code()}.npz"
    try:
        with np.load(path) as file:
            return Digits(torch.from_numpy(file["images"]), torch.from_numpy(file["labels"]))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):  # not there, or torn
        pass
    images, written = [], []
    for n, (image, number) in enumerate(make(), 1):
        images.append(crop(image, number, side, MARGIN))
        written.append(labels(number.digits))
        if progress and n % 20 == 0:
            progress(name.split("-")[0], n, count)
    made = Digits(torch.from_numpy(np.stack(images)), torch.tensor(written))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as temporary:  # gone also on a full disk
            written_to = Path(temporary, path.name)
            np.savez(written_to, images=made.images.numpy(), labels=made.labels.numpy())
            os.replace(written_to, path)
    except OSError:
        pass  # the next one makes them again
    return made


def _code() -> str:
    """Another one for another renderer."""
    folder = Path(__file__).parent
    content = b"".join((folder / f"{name}.py").read_bytes() for name in MAKERS)
    return hashlib.sha256(content).hexdigest()[:8]
