"""The reader of what ``watched.save_warps`` writes. A file can come from anyone: what would be made
of it is counted before it is made.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from stn_core.errors import printable
from stn_core.sampling import PADDINGS
from stn_core.tensor_files import MAX_NAME_CHARS, CheckpointError, load_tensors
from stn_core.transforms import (
    Affine,
    Attention,
    LearnedBasis,
    PiecewiseAffine,
    Projective,
    ThinPlateSpline,
    Transform,
)

FAMILIES: dict[str, Callable[..., Transform]] = {
    family.__name__: family
    for family in (Attention, Affine, Projective, PiecewiseAffine, ThinPlateSpline, LearnedBasis)
}
MAX_IMAGES, MAX_PIXELS = 32, 512  # in a file; along a side of U or V
MAX_CONTROLS_A_SIDE = 16  # control points along a side
MAX_ROWS = MAX_CONTROLS_A_SIDE**2  # of a B: control points, or the rank of a learned basis
MAX_NUMBERS = 5_000_000  # in the Bs of a file: rows × H' × W' of each transformer, added up
MAX_TRANSFORMERS = 64  # in a file
KERNELS = ("bilinear", "integer")
MAX_BYTES = 10_000_000  # of a file that is read


class Watched(NamedTuple):
    """One transformer's last forward pass. name: in the network; image: U as pictures, uint8
    (B, C, H, W), C being 1 or 3; theta: (B, P); size: V's (H', W').

    >>> image, theta = torch.zeros(2, 1, 8, 8, dtype=torch.uint8), torch.zeros(2, 6)
    >>> Watched("stn", image, theta, Affine(), (4, 4), "bilinear", "zeros").transform
    Affine()
    """

    name: str
    image: Tensor
    theta: Tensor
    transform: Transform
    size: tuple[int, int]
    kernel: str
    padding: str


def load_warps(path: Path | str, what: str | None = None) -> list[Watched]:
    """Read such a file, checked whole. what: its name in messages. Raises CheckpointError.

    An example of what it reads is at ``watched.save_warps``.

    >>> try:
    ...     load_warps("nowhere.safetensors")
    ... except CheckpointError as error:
    ...     print(error)
    there is no checkpoint at nowhere.safetensors
    """
    path, what = Path(path), what or str(path)
    if path.is_file() and path.stat().st_size > MAX_BYTES:
        raise CheckpointError(f"{what} is larger than the limit of {MAX_BYTES // 10**6} MB")
    tensors, header = load_tensors(path, what)
    listed = header.get("watched")
    if not isinstance(listed, list) or not listed:
        raise CheckpointError(
            f"{what} holds no warps; expected a file written by stn_core.watched.save_warps"
        )
    try:
        return read_all(listed, tensors)
    except ValueError as error:
        raise CheckpointError(f"{what}: {error}") from error


def read_all(entries: list[dict], tensors: dict[str, Tensor]) -> list[Watched]:
    """The transformers of a file. Raises ValueError for what is not as ``save_warps`` writes it,
    and for a file of which too much would be made.

    >>> try:
    ...     read_all([{}] * 65, {})
    ... except ValueError as error:
    ...     print(error)
    expected at most 64 transformers, got 65
    """
    if len(entries) > MAX_TRANSFORMERS:
        raise ValueError(f"expected at most {MAX_TRANSFORMERS} transformers, got {len(entries):,}")
    read: list[Watched] = []
    for place, entry in enumerate(entries):
        made = sum(len(one.transform.target_names) * math.prod(one.size) for one in read)
        try:
            read.append(_read(place, entry, tensors, made))
        except KeyError as error:
            raise ValueError(f"transformer {place + 1} has no {error}") from error
        except Exception as error:  # a file can break any step of it
            name = entry.get("name") if isinstance(entry, dict) else None
            raise ValueError(
                f"the transformer {printable(repr(name))} cannot be drawn: {printable(error)}"
            ) from error
    return read


def _read(place: int, entry: dict, tensors: dict[str, Tensor], made: int) -> Watched:
    """One transformer. made: how many numbers the Bs of those before it have. Raises for whatever
    is not as ``save_warps`` writes it."""
    image, theta = tensors[f"{place}.image"], _finite("theta", tensors[f"{place}.theta"])
    size, name = _pair(entry["size"]), str(entry["name"])
    if len(name) > MAX_NAME_CHARS:
        raise ValueError(f"its name has {len(name):,} characters; the limit is {MAX_NAME_CHARS}")
    if image.dtype != torch.uint8 or image.ndim != 4 or image.shape[1] not in (1, 3):
        raise ValueError(f"U should be uint8 (B, 1 or 3, H, W), got {tuple(image.shape)}")
    if entry["kernel"] not in KERNELS or entry["padding"] not in PADDINGS:
        raise ValueError("its kernel or padding is unknown")
    lengths = (*image.shape[2:], *size)
    if not 1 <= len(image) <= MAX_IMAGES or not all(1 <= n <= MAX_PIXELS for n in lengths):
        raise ValueError(
            f"expected at most {MAX_IMAGES} images of {MAX_PIXELS} pixels per side, got "
            f"{len(image)} of {lengths}"
        )
    transform = _transform(
        entry, size, tensors.get(f"{place}.basis"), tensors.get(f"{place}.points")
    )
    rows = len(transform.target_names)
    numbers = made + rows * math.prod(size)
    if numbers > MAX_NUMBERS:
        raise ValueError(
            f"B of {rows} rows at {size[0]} × {size[1]} pixels brings the file to {numbers:,} "
            f"numbers; the limit is {MAX_NUMBERS:,}"
        )
    if theta.shape != (len(image), transform.num_params):
        raise ValueError(
            f"theta should be {(len(image), transform.num_params)}, got {tuple(theta.shape)}"
        )
    return Watched(name, image, theta, transform, size, entry["kernel"], entry["padding"])


def _finite(what: str, tensor: Tensor) -> Tensor:
    """A tensor in float32. Raises ValueError for one that is not finite there."""
    if not tensor.is_floating_point():
        raise ValueError(f"{what} of {tensor.dtype}, expected floating-point numbers")
    tensor = tensor.float()
    if not tensor.isfinite().all():
        raise ValueError(
            f"NaN or infinite entries in {what}, expected numbers that are finite in float32"
        )
    return tensor


def _pair(size: Any) -> tuple[int, int]:
    if not isinstance(size, list) or len(size) != 2 or not all(type(n) is int for n in size):
        raise ValueError(f"its size should be two whole numbers, got {size!r}")
    return size[0], size[1]


def _transform(
    entry: dict, size: tuple[int, int], basis: Tensor | None, points: Tensor | None
) -> Transform:
    family = FAMILIES.get(entry["family"])
    if family is None:
        raise ValueError(f"its family {entry['family']!r} is unknown")
    if family is LearnedBasis:
        if basis is None or basis.ndim != 2 or basis.shape[1] != size[0] * size[1]:
            raise ValueError("the basis is missing or has a wrong shape")
        if len(basis) > MAX_ROWS:
            raise ValueError(f"expected at most {MAX_ROWS} rows of the basis, got {len(basis):,}")
        transform = LearnedBasis(size, rank=len(basis))
        transform.B.data.copy_(_finite("the basis", basis))
        return transform
    if family is ThinPlateSpline and points is not None:
        if len(points) > MAX_ROWS:
            raise ValueError(f"expected at most {MAX_ROWS} control points, got {len(points)}")
        _finite("the control points", points)
        return ThinPlateSpline(points=points)
    if family in (PiecewiseAffine, ThinPlateSpline):
        side = entry["side"]
        sides = side if isinstance(side, list) else [side, side]
        if len(sides) != 2 or not all(
            type(n) is int and 2 <= n <= MAX_CONTROLS_A_SIDE for n in sides
        ):
            raise ValueError(
                f"expected 2 to {MAX_CONTROLS_A_SIDE} control points per side, got {side}"
            )
        return family((sides[0], sides[1]) if isinstance(side, list) else sides[0])
    return family()
