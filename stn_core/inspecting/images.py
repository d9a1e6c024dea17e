"""Images for a network: of a folder, of an ``.npz`` file, or as a function gives them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from stn_core.errors import InputError, printable

MAX_IMAGES = 64
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")
GREY_MODES = ("1", "L", "LA", "I", "I;16", "F")  # of Pillow


class Images(NamedTuple):
    """images: (N, C, H, W), float32, or (N, C, D, H, W); labels: (N,), or None; left_out: what is
    not there, and why.

    >>> Images(torch.zeros(2, 1, 8, 8)).left_out
    ()
    """

    images: Tensor
    labels: Tensor | None = None
    left_out: tuple[str, ...] = ()


def read_images(path: Path, channels: int | None = None) -> Images:
    """Of a folder of pictures, in [0, 1], or of an ``.npz`` file with ``images`` and perhaps
    ``labels``.

    channels: 1 or 3, to which pictures are brought; by default 1 if all of them are grey, else 3. A
    picture that cannot be read is left out. Raises InputError for a path without images, and for
    images of several sizes.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "digits.npz"
    >>> np.savez(path, images=np.zeros((3, 28, 28), np.uint8), labels=[1, 2, 3])
    >>> read_images(path).images.shape
    torch.Size([3, 1, 28, 28])
    """
    if path.is_dir():
        return _of_folder(path, channels)
    if not path.is_file():
        raise InputError(f"there is no folder or file {path} with images")
    if path.suffix != ".npz":
        raise InputError(f"expected a folder of pictures or an .npz file, got {path.name}")
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except Exception as error:  # whatever a damaged archive comes to
        raise InputError(f"{path.name} cannot be read: {printable(error)}") from error
    images = _first(arrays, ("images", "x", "X", "data"), path.name)
    labels = next((arrays[name] for name in ("labels", "y") if name in arrays), None)
    return as_images((images, labels), path.name)


def as_images(given: Any, what: str) -> Images:
    """Images, or (images, labels), as a function gives them.

    (N, C, H, W), or (N, H, W), or with the channels last; volumes (N, C, D, H, W). Integers are
    divided by 255, floating-point numbers stay as they are. what: their name in messages. Raises
    InputError for anything else.

    >>> as_images(torch.zeros(2, 8, 8, 3, dtype=torch.uint8), "mine").images.shape
    torch.Size([2, 3, 8, 8])
    """
    labels = None
    if isinstance(given, (tuple, list)) and len(given) == 2 and not np.isscalar(given[0]):
        given, labels = given
    try:
        images = torch.as_tensor(np.asarray(given) if not isinstance(given, Tensor) else given)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"{what} gave no images: {printable(error)}") from error
    if images.ndim == 3:
        images = images.unsqueeze(1)
    if images.ndim == 4 and images.shape[1] > 4 and images.shape[3] in (1, 3):
        images = images.movedim(3, 1)
    if images.ndim not in (4, 5) or not images.numel():
        raise InputError(
            f"{what} gave images {tuple(images.shape)}; expected (N, C, H, W) with N of at least 1"
        )
    images = images.detach().cpu()
    images = images.float() if images.is_floating_point() else images.float() / 255
    if not images.isfinite().all():
        raise InputError(f"{what} has NaN or infinite entries")
    count = len(images)
    left_out = (f"{count - MAX_IMAGES:,} of {count:,} images",) if count > MAX_IMAGES else ()
    return Images(images[:MAX_IMAGES], _labels(labels, count, what), left_out)


def _labels(labels: Any, count: int, what: str) -> Tensor | None:
    if labels is None:
        return None
    try:
        found = torch.as_tensor(np.asarray(labels)).long().cpu()
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"{what} gave labels that are no numbers: {printable(error)}") from error
    if found.shape != (count,):
        raise InputError(f"{what} gave labels {tuple(found.shape)} for {count} images")
    return found[:MAX_IMAGES]


def _first(arrays: dict[str, np.ndarray], names: tuple[str, ...], what: str) -> np.ndarray:
    for name in names:
        if name in arrays:
            return arrays[name]
    if len(arrays) == 1:
        return next(iter(arrays.values()))
    raise InputError(f"{what} has {', '.join(arrays) or 'nothing'}; expected `images`")


def _of_folder(folder: Path, channels: int | None) -> Images:
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise InputError(
            f"there is no picture in {folder}; expected files that end in {', '.join(SUFFIXES)}"
        )
    read: dict[str, np.ndarray] = {}
    left_out = []
    for path in paths:
        if len(read) == MAX_IMAGES:
            left_out.append(f"the files from {path.name} on: {MAX_IMAGES} images are the most")
            break
        try:
            read[path.name] = _picture(path)
        except Exception as error:  # whatever a damaged file comes to
            left_out.append(f"{path.name} ({type(error).__name__})")
    if not read:
        raise InputError(f"no picture in {folder} can be read: {', '.join(left_out[:3])}")
    sizes = Counter(picture.shape[:2] for picture in read.values())
    if len(sizes) > 1:
        (height, width), usual = sizes.most_common(1)[0]
        other = next(n for n, picture in read.items() if picture.shape[:2] != (height, width))
        raise InputError(
            f"the pictures have {len(sizes)} sizes: {usual} are {height} × {width} (height × "
            f"width), {other} is {read[other].shape[0]} × {read[other].shape[1]}; bring them to "
            "one size, or give the images as module:name"
        )
    if channels is None:
        channels = 1 if all(picture.ndim == 2 for picture in read.values()) else 3
    stack = np.stack([_with_channels(picture, channels) for picture in read.values()])
    return Images(torch.from_numpy(stack), None, tuple(left_out))


def _picture(path: Path) -> np.ndarray:
    """(H, W), or (H, W, 3), in [0, 1]."""
    from PIL import Image, ImageOps  # the extra "pictures"

    with Image.open(path) as file:
        picture = ImageOps.exif_transpose(file)
        if picture.mode in GREY_MODES:
            deep = picture.mode.startswith("I")
            grey = np.asarray(picture if deep else picture.convert("L"), np.float32)
            return grey / (65535 if deep else 255)
        return np.asarray(picture.convert("RGB"), np.float32) / 255


def _with_channels(picture: np.ndarray, channels: int) -> np.ndarray:
    """(H, W) or (H, W, 3) -> (C, H, W); grey as the mean that television takes."""
    if picture.ndim == 2:
        return np.repeat(picture[None], channels, 0)
    if channels == 1:
        return (picture @ np.array([0.299, 0.587, 0.114], np.float32))[None]
    return picture.transpose(2, 0, 1)
