"""Where house numbers come from: SVHN's photographs where they are, and renderings, always.

Photographs are looked for in ``STN_DATA/svhn``, in SVHN's official format 1: ``train`` and
``extra``, with RENDERED renderings, to train on, ``test`` to measure on. Of ``test`` the first
MEASURED files count, also where all of it is there. A number of more than five digits, of which
there is one in the official ``train``, is left out. The gallery is of renderings that no training
sees. What is cut and drawn once is kept in the user's cache.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch

from stn_core import digits
from stn_core.digits import Digits, Progress, Source
from stn_core.house_numbers.annotations import photographs
from stn_core.house_numbers.crops import crop
from stn_core.house_numbers.numbers import (
    LENGTH,
    MARGIN,
    MEASURED,
    SIDE,
    TRAINED,
    HouseNumbersError,
    Number,
    labels,
    needed_packages,
)
from stn_core.house_numbers.rendering import render

GALLERY = 200  # renderings, of the seeds from 0 on
RENDERED = 8_000  # for training, of the seeds from FIRST_SEED on
FIRST_SEED = 1_000_000
MAKERS = ("annotations", "crops", "rendering", "walls")  # other code makes other pictures
PARTS = ("train", "extra", "test")


class _Kept(NamedTuple):
    digits: Digits
    left_out: int  # numbers that have no label: of more than five digits


def parts() -> tuple[str, ...]:
    """Those of SVHN that are in ``STN_DATA/svhn``, each a folder or a ``.tar.gz``.

    >>> from unittest.mock import patch
    >>> with patch.dict(os.environ, STN_DATA="nowhere"):
    ...     parts()
    ()
    """
    where = _given()
    return tuple(
        part
        for part in PARTS
        if where and ((where / part).is_dir() or (where / f"{part}.tar.gz").is_file())
    )


def folder() -> Path | None:
    """``STN_DATA/svhn``, if it has the part that errors are measured on, ``test``; else None.

    >>> from unittest.mock import patch
    >>> with patch.dict(os.environ, STN_DATA="nowhere"):
    ...     print(folder())
    None
    """
    return _given() if "test" in parts() else None


def problem() -> str:
    """Why there can be no training with SVHN as it is on this machine; empty if there can be.

    >>> from unittest.mock import patch
    >>> with patch.dict(os.environ, STN_DATA="nowhere"):
    ...     problem()
    ''
    """
    there = parts()
    if not there or "test" in there:
        return ""
    return (
        f"{_given()} holds SVHN's {' and '.join(there)}, but neither a folder test nor "
        "test.tar.gz, on which errors are measured. Run python -m stn_core download svhn --parts "
        "test"
    )


def _given() -> Path | None:
    given = os.environ.get("STN_DATA")
    return Path(given) / "svhn" if given else None


def load(side: int = SIDE, progress: Progress | None = None) -> Source:
    """Pictures (N, 3, 1.25 · side, 1.25 · side), uint8, and labels (N, 5).

    ``test`` has the first MEASURED files of SVHN's. Without SVHN, training is on renderings alone,
    and ``test`` is None. progress: is told how many pictures of a kind are cut or drawn. Raises
    HouseNumbersError for a file that is not SVHN's, and where parts are there, but not ``test``.

    >>> from unittest.mock import patch
    >>> nowhere = {"XDG_CACHE_HOME": "/dev/null", "STN_DATA": ""}
    >>> few = (patch(f"{__name__}.{name}", 2) for name in ("GALLERY", "RENDERED"))
    >>> with patch.dict(os.environ, nowhere), next(few), next(few):
    ...     load().description
    '2 rendered house numbers; no SVHN in STN_DATA'
    """
    if missing := problem():
        raise HouseNumbersError(missing)
    drawn = _kept(
        f"rendered-{side}", lambda: _rendered(FIRST_SEED, RENDERED), side, RENDERED, progress
    ).digits
    where = folder()
    if where is None:
        text = f"{RENDERED:,} rendered house numbers; no SVHN in STN_DATA"
        return Source(text, gallery(side), drawn, None)
    used = [part for part in TRAINED[side] if part in parts()]
    cut = {part: _cut(where, part, side, progress) for part in (*used, "test")}
    test = cut["test"].digits
    trained = [*(cut[part].digits for part in used), drawn]
    train = Digits(
        torch.cat([one.images for one in trained]), torch.cat([one.labels for one in trained])
    )
    real = f"{len(train) - len(drawn):,} photographs of SVHN ({' and '.join(used)}) and "
    left_out = sum(part.left_out for part in cut.values())
    long = f"; {left_out:,} of more than {LENGTH} digits left out" if left_out else ""
    text = (
        f"{real if used else ''}{RENDERED:,} renderings; measured on {len(test):,} photographs of "
        f"SVHN (of test, up to {MEASURED}.png); from {where}{long}"
    )
    return Source(text, gallery(side), train, test)


def photographs_to_test_on(side: int = SIDE) -> Digits | None:
    """The first MEASURED of SVHN's ``test``: no network is trained on them. None without it.

    Raises HouseNumbersError for a file that is not SVHN's.

    >>> from unittest.mock import patch
    >>> with patch.dict(os.environ, STN_DATA=""):
    ...     print(photographs_to_test_on())
    None
    """
    where = folder()
    return None if where is None else _cut(where, "test", side, None).digits


def gallery(side: int = SIDE) -> Digits:
    """The renderings that the app shows and no network is trained on.

    >>> from unittest.mock import patch
    >>> nowhere = {"XDG_CACHE_HOME": "/dev/null"}  # nothing is kept
    >>> with patch.dict(os.environ, nowhere), patch(f"{__name__}.GALLERY", 2):
    ...     gallery().images.shape
    torch.Size([2, 3, 80, 80])
    """
    return _kept(f"gallery-{side}", lambda: _rendered(0, GALLERY), side, GALLERY, None).digits


def _cut(where: Path, part: str, side: int, progress: Progress | None) -> _Kept:
    name = f"{part}-{side}-{_stamp(where, part)}"
    return _kept(name, partial(_photographs, where, part), side, 0, progress)


def _photographs(where: Path, part: str) -> Iterator[tuple[np.ndarray, Number]]:
    """Those of a part that are trained or measured on. Raises HouseNumbersError for damage."""
    before = "the first one"
    try:
        with needed_packages():
            for image, number in photographs(where, part):
                before = f"the one after {number.file}"
                if part != "test" or _is_measured(number):
                    yield image, number
    except zlib.error as error:
        raise HouseNumbersError(
            f"{where}: {part} is damaged ({error}); download it again"
        ) from error
    except cv2.error as error:
        raise HouseNumbersError(
            f"{where}: a picture of {part}, {before}, cannot be decoded ({error.err}); download it "
            "again"
        ) from error


def _is_measured(number: Number) -> bool:
    name = Path(number.file).stem
    return name.isdecimal() and int(name) <= MEASURED


def _rendered(first: int, count: int) -> Iterator[tuple[np.ndarray, Number]]:
    for seed in range(first, first + count):
        drawn = render(seed)
        yield drawn.image, drawn.number


def _stamp(where: Path, part: str) -> str:
    """Another one for other files: of the archive's name, size, date, and how much of it counts."""
    path = where / part if (where / part).is_dir() else where / f"{part}.tar.gz"
    try:
        seen = path.stat()
    except OSError as error:
        raise HouseNumbersError(f"{path} cannot be read: {error.strerror}") from error
    text = f"{path.resolve()} {seen.st_size} {seen.st_mtime_ns}"
    if part == "test":
        text += f" {MEASURED}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _kept(
    name: str,
    make: Callable[[], Iterator[tuple[np.ndarray, Number]]],
    side: int,
    count: int,
    progress: Progress | None,
) -> _Kept:
    """From the user's cache, if it is there; else made, and kept there if that can be written."""
    path = digits.cache_folder().parent / "house-numbers" / f"{name}-{_code()}.npz"
    try:
        with np.load(path) as file:
            found = Digits(torch.from_numpy(file["images"]), torch.from_numpy(file["labels"]))
            return _Kept(found, int(file.get("left_out", 0)))  # older ones have none
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):  # not there, or torn
        pass
    kind = name.split("-")[0]
    images, written, left_out = [], [], 0
    for n, (image, number) in enumerate(make(), 1):
        if len(number.digits) > LENGTH:
            left_out += 1
        else:
            images.append(crop(image, number, side, MARGIN))
            written.append(labels(number.digits))
        if progress and n % 20 == 0:
            progress(kind, n, count)
    if not images:
        raise HouseNumbersError(
            f"SVHN's {kind} has no photograph to use: expected 1.png and so on, of numbers of 1 to "
            f"{LENGTH} digits. Download it again"
        )
    made = Digits(torch.from_numpy(np.stack(images)), torch.tensor(written))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as temporary:  # gone also on a full disk
            written_to = Path(temporary, path.name)
            np.savez(
                written_to,
                images=made.images.numpy(),
                labels=made.labels.numpy(),
                left_out=left_out,
            )
            os.replace(written_to, path)
        for old in path.parent.glob(f"{kind}-{side}-*.npz"):  # of other files, or other code
            if old != path:
                old.unlink(missing_ok=True)
    except OSError:
        pass  # the next one makes them again
    return _Kept(made, left_out)


def _code() -> str:
    """Another one for another renderer."""
    folder = Path(__file__).parent
    content = b"".join((folder / f"{name}.py").read_bytes() for name in MAKERS)
    return hashlib.sha256(content).hexdigest()[:8]
