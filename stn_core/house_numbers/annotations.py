"""SVHN's official format 1: photographs of house numbers, and where their digits are.

Each part (``train``, ``test``, ``extra``) is a folder or a ``.tar.gz`` with PNG files and
``digitStruct.mat``, which is a MATLAB 7.3 file, that is HDF5: ``name`` and ``bbox`` are references;
a box's five fields are one number where the image has one digit, else references to numbers. The
label 10 is the digit 0.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import cv2
import numpy as np

from stn_core.house_numbers.numbers import HouseNumbersError, Number

ANNOTATIONS = "digitStruct.mat"
FIELDS = ("left", "top", "width", "height", "label")


def read_annotations(content: bytes, source: str = ANNOTATIONS) -> list[Number]:
    """All Numbers of a ``digitStruct.mat``, in its order.

    source: what an error calls it. Raises HouseNumbersError if it is not in SVHN's format.

    >>> try:
    ...     read_annotations(b"no HDF5")
    ... except HouseNumbersError as error:
    ...     print(str(error).split(":")[0])
    digitStruct.mat is not a digitStruct.mat of SVHN's format 1
    """
    import h5py  # where there are photographs of SVHN: not needed for renderings

    try:
        with h5py.File.in_memory(content) as file:
            names, boxes = (file["digitStruct"][key][:, 0] for key in ("name", "bbox"))
            return [
                _number(file, name, box, f"{source}, image {n + 1}")
                for n, (name, box) in enumerate(zip(names, boxes, strict=True))
            ]
    except (OSError, KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
        raise HouseNumbersError(
            f"{source} is not a digitStruct.mat of SVHN's format 1: {error}"
        ) from error


def _number(file: Any, name: Any, box: Any, where: str) -> Number:
    group = file[box]
    fields = np.array([_values(file, group[key]) for key in FIELDS])  # (5, N)
    labels = fields[4].astype(int)
    if not ((labels >= 1) & (labels <= 10)).all():
        raise ValueError(f"{where}: expected labels from 1 to 10, got {labels.tolist()}")
    if not np.isfinite(fields).all() or (fields[2:4] <= 0).any():
        raise ValueError(f"{where}: a digit's box has no width or height")
    characters = file[name][:].ravel()
    return Number("".join(map(chr, characters)), tuple((labels % 10).tolist()), fields[:4].T)


def _values(file: Any, field: Any) -> list[float]:
    """One for each digit: the number itself, or what each reference leads to."""
    column = field[:, 0]
    return [float(file[n][0, 0]) if field.dtype == object else float(n) for n in column]


def photographs(folder: Path, part: str) -> Iterator[tuple[np.ndarray, Number]]:
    """Each photograph of a part, RGB uint8 (H, W, 3), with its Number, in the annotations' order.

    A folder is read if there is one, else the ``.tar.gz``, in the order in which it is packed.
    Raises HouseNumbersError for a part that is not there, and for a file that cannot be read.

    >>> try:
    ...     next(photographs(Path("nowhere"), "test"))
    ... except HouseNumbersError as error:
    ...     print(str(error).split(";")[0])
    nowhere holds neither a folder test nor test.tar.gz
    """
    directory, archive = folder / part, folder / f"{part}.tar.gz"
    if directory.is_dir():
        yield from _from_folder(directory)
    elif archive.is_file():
        yield from _from_archive(archive)
    else:
        raise HouseNumbersError(
            f"{folder} holds neither a folder {part} nor {part}.tar.gz; it should hold SVHN's "
            "format 1 (full numbers), from http://ufldl.stanford.edu/housenumbers"
        )


def _from_folder(folder: Path) -> Iterator[tuple[np.ndarray, Number]]:
    try:
        numbers = read_annotations((folder / ANNOTATIONS).read_bytes(), str(folder / ANNOTATIONS))
        for number in numbers:
            path = folder / number.file
            yield _decoded(path.read_bytes(), str(path)), number
    except OSError as error:
        raise HouseNumbersError(f"{error.filename} cannot be read: {error.strerror}") from error


def _from_archive(path: Path) -> Iterator[tuple[np.ndarray, Number]]:
    try:
        # Twice through it: where its annotations are, only the end of the first walk says.
        with tarfile.open(path, "r:gz") as archive:
            content = next(
                (c for name, c in _files(archive) if name == ANNOTATIONS and c is not None), None
            )
        if content is None:
            raise HouseNumbersError(f"{path} has no {ANNOTATIONS} in it")
        numbers = {n.file: n for n in read_annotations(content, f"{path}: {ANNOTATIONS}")}
        with tarfile.open(path, "r:gz") as archive:
            for name, image in _files(archive):
                if number := numbers.pop(name, None):
                    yield _decoded(image, f"{path}: {name}"), number
    except (OSError, EOFError, tarfile.TarError) as error:
        raise HouseNumbersError(f"{path} cannot be unpacked: {error}") from error
    if numbers:
        raise HouseNumbersError(f"{path} lacks {len(numbers)} of its images, {min(numbers)} first")


def _files(archive: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    """The names, without their folders, and contents; nothing is ever written."""
    for member in archive:
        if member.isfile() and (file := archive.extractfile(member)):
            yield PurePosixPath(member.name).name, file.read()


def _decoded(content: bytes, source: str) -> np.ndarray:
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR_RGB)
    if image is None:
        raise HouseNumbersError(f"{source} is not a picture that can be read")
    return image
