"""SVHN's archives, from their public address: only for who asks for them."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

from stn_core.digits import Progress
from stn_core.house_numbers.numbers import HouseNumbersError

ADDRESS = "http://ufldl.stanford.edu/housenumbers/"
PARTS = {  # SHA-256 of the official archives
    "train": "4b17bb33b6cd8f963493168f80143da956f28ec406cc12f8e5745a9f91a51898",
    "test": "57ac9ceb530e4aa85b55d991be8fc49c695b3d71c6f6a88afea86549efde7fb5",
    "extra": "e857e27d1e65bd1e7d3959b094061777f6506bbc39889a0df3bba6a729d60f9c",
}
CHUNK_BYTES = 1 << 20
TIMEOUT_SECONDS = 30


def size(part: str) -> int:
    """How many bytes an archive has, by its server. Raises HouseNumbersError without a network.

    >>> from unittest.mock import patch
    >>> with patch.dict(os.environ, STN_OFFLINE="1"):
    ...     try:
    ...         size("train")
    ...     except HouseNumbersError as error:
    ...         print(error)
    STN_OFFLINE=1 forbids downloads; unset it
    """
    with _opened(part, method="HEAD") as answer:
        return int(answer.headers.get("Content-Length") or 0)


def is_other(part: str, folder: Path) -> bool:
    """Whether a folder has a ``PART.tar.gz`` that is not the official one, by SHA-256.

    >>> is_other("train", Path("nowhere"))
    False
    """
    path = folder / f"{part}.tar.gz"
    return path.is_file() and _digest(path) != PARTS[part]


def download(part: str, folder: Path, progress: Progress | None = None) -> Path:
    """Put ``PART.tar.gz`` into a folder; gives the file. The official one is kept, any other
    replaced.

    It is written under another name, and renamed once it is whole and its SHA-256 is right.
    progress: told of the bytes so far. Raises HouseNumbersError, and nothing is left then.

    >>> from unittest.mock import patch
    >>> with patch.dict(os.environ, STN_OFFLINE="1"):
    ...     try:
    ...         download("test", Path("nowhere"))
    ...     except HouseNumbersError as error:
    ...         print(error)
    STN_OFFLINE=1 forbids downloads; unset it
    """
    path, expected = folder / f"{part}.tar.gz", PARTS[part]
    if path.is_file() and not is_other(part, folder):
        return path
    with _opened(part) as answer:
        total = int(answer.headers.get("Content-Length") or 0)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(folder).free
            if total > free:
                raise HouseNumbersError(
                    f"{path.name} has {total / 1e6:,.0f} MB, and {folder} has room for "
                    f"{free / 1e6:,.0f} MB"
                )
            with tempfile.TemporaryDirectory(dir=folder) as temporary:
                written = Path(temporary, path.name)
                found = _written(answer, written, path.name, total, progress)
                if found != expected:
                    raise HouseNumbersError(
                        f"{path.name} came with the SHA-256 {found[:12]}..., expected "
                        f"{expected[:12]}...; try again later"
                    )
                os.replace(written, path)
        except OSError as error:
            raise HouseNumbersError(f"{path} was not downloaded: {error}") from error
    return path


def _opened(part: str, method: str = "GET"):
    if os.environ.get("STN_OFFLINE"):
        raise HouseNumbersError("STN_OFFLINE=1 forbids downloads; unset it")
    request = urllib.request.Request(f"{ADDRESS}{part}.tar.gz", method=method)
    try:
        return urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS)
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise HouseNumbersError(
            f"{request.full_url} does not answer: {error}. Download it elsewhere, and put it into "
            "the folder svhn of STN_DATA"
        ) from error


def _written(answer, path: Path, name: str, total: int, progress: Progress | None) -> str:
    """Write what arrives; its SHA-256."""
    digest, done = hashlib.sha256(), 0
    with path.open("wb") as file:
        while chunk := answer.read(CHUNK_BYTES):
            file.write(chunk)
            digest.update(chunk)
            done += len(chunk)
            if progress:
                progress(name, done, total)
    if done < total:
        raise OSError(f"the connection broke off after {done:,} of {total:,} bytes")
    return digest.hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
