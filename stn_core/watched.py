"""What the transformers of any network did, in a file that the app draws (Sect. 3.4).

Made by hand from what ``spatial_transformer.watch`` gives; for each transformer pictures of U, θ,
and the family and the size of T_θ(G). V is not in it: it is U read at the grid.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from stn_core.checkpoints import CheckpointError, load_tensors, save_tensors
from stn_core.sampling import PADDINGS
from stn_core.spatial_transformer import SpatialTransformer
from stn_core.trace import Warp
from stn_core.transforms import (
    Affine,
    Attention,
    LearnedBasis,
    PiecewiseAffine,
    Projective,
    ThinPlateSpline,
    Transform,
)

FAMILIES = {
    family.__name__: family
    for family in (Attention, Affine, Projective, PiecewiseAffine, ThinPlateSpline, LearnedBasis)
}
MOST_IMAGES, MOST_PIXELS = 32, 512  # in a file; along a side of U or V
MOST_SIDE = 16  # control points along a side
KERNELS = ("bilinear", "integer")
MOST_BYTES = 10_000_000  # of a file that is read


class Watched(NamedTuple):
    """One transformer's last forward pass. name: in the network; image: U as pictures, uint8
    (B, C, H, W), C being 1 or 3; theta: (B, P); size: V's (H', W')."""

    name: str
    image: Tensor
    theta: Tensor
    transform: Transform
    size: tuple[int, int]
    kernel: str
    padding: str


def save_warps(path: Path | str, network: nn.Module, warps: dict[str, list[Warp]]) -> None:
    """Write the last warps of a watched network, of at most 32 images, as safetensors.

    A U of neither one nor three channels is drawn as their mean; one that leaves [0, 1] is
    brought there as a whole. Raises ValueError for a transformer of another family or kernel than
    can be drawn (one in three dimensions, say), and for one that has not been used.
    """
    tensors, header = {}, []
    for place, (name, found) in enumerate(warps.items()):
        transformer = network.get_submodule(name)
        assert isinstance(transformer, SpatialTransformer)
        if not found:
            raise ValueError(f"the transformer {name!r} has not been used while it was watched")
        warp, transform = found[-1], transformer.transform
        family = type(transform).__name__
        if FAMILIES.get(family) is not type(transform):
            raise ValueError(
                f"the transformer {name!r} is of {family}; expected one of {', '.join(FAMILIES)}"
            )
        if transformer.kernel not in KERNELS:
            raise ValueError(f"the transformer {name!r} has a kernel of its own")
        tensors[f"{place}.image"] = _picture(warp.input[:MOST_IMAGES].detach())
        tensors[f"{place}.theta"] = warp.theta[:MOST_IMAGES].detach().float()
        if isinstance(transform, LearnedBasis):
            tensors[f"{place}.basis"] = transform.B.detach().float()
        if isinstance(transform, ThinPlateSpline) and transform.side is None:
            tensors[f"{place}.points"] = transform.controls
        header.append(
            {
                "name": name,
                "family": family,
                "side": getattr(transform, "side", None),
                "size": list(warp.grid.shape[1:3]),
                "kernel": transformer.kernel,
                "padding": transformer.padding,
            }
        )
    save_tensors(Path(path), tensors, {"watched": header})


def _picture(image: Tensor) -> Tensor:
    image = image.float()
    if image.shape[1] not in (1, 3):
        image = image.mean(1, keepdim=True)
    low, high = image.amin().item(), image.amax().item()
    if low < 0 or high > 1:
        image = (image - low) / max(high - low, 1e-12)
    return (image * 255).round().to(torch.uint8)


def load_warps(path: Path, what: str | None = None) -> list[Watched]:
    """Read such a file, checked whole. what: its name in messages. Raises CheckpointError."""
    what = what or str(path)
    if path.is_file() and path.stat().st_size > MOST_BYTES:
        raise CheckpointError(f"{what} is larger than {MOST_BYTES // 10**6} MB")
    tensors, header = load_tensors(path, what)
    listed = header.get("watched")
    if not isinstance(listed, list) or not listed:
        raise CheckpointError(
            f"{what} has no warps in it; expected a file that stn_core.watched.save_warps has made"
        )
    try:
        return [_read(place, entry, tensors) for place, entry in enumerate(listed)]
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{what} is damaged: {error}") from error


def _read(place: int, entry: dict, tensors: dict[str, Tensor]) -> Watched:
    """One transformer. Raises for whatever is not as ``save_warps`` writes it."""
    image, theta = tensors[f"{place}.image"], tensors[f"{place}.theta"]
    size = tuple(int(n) for n in entry["size"])
    if image.dtype != torch.uint8 or image.ndim != 4 or image.shape[1] not in (1, 3):
        raise ValueError(f"U is to be uint8 (B, 1 or 3, H, W), not {tuple(image.shape)}")
    lengths = (*image.shape[2:], *size)
    if not 1 <= len(image) <= MOST_IMAGES or not all(1 <= n <= MOST_PIXELS for n in lengths):
        raise ValueError(
            f"at most {MOST_IMAGES} images of {MOST_PIXELS} pixels a side are drawn, not "
            f"{len(image)} of {lengths}"
        )
    transform = _transform(
        entry, size, tensors.get(f"{place}.basis"), tensors.get(f"{place}.points")
    )
    if theta.shape != (len(image), transform.num_params) or not theta.isfinite().all():
        raise ValueError(
            f"theta is to be finite and {(len(image), transform.num_params)}, not "
            f"{tuple(theta.shape)}"
        )
    if len(size) != 2 or entry["kernel"] not in KERNELS or entry["padding"] not in PADDINGS:
        raise ValueError("its size, kernel or padding is unknown")
    return Watched(
        str(entry["name"]), image, theta.float(), transform, size, entry["kernel"], entry["padding"]
    )


def _transform(
    entry: dict, size: tuple[int, ...], basis: Tensor | None, points: Tensor | None
) -> Transform:
    family = FAMILIES[entry["family"]]
    if family is LearnedBasis:
        if basis is None or basis.ndim != 2 or basis.shape[1] != size[0] * size[1]:
            raise ValueError("the basis is missing or misshapen")
        transform = LearnedBasis(size, rank=len(basis))
        transform.B.data.copy_(basis)
        return transform
    if family is ThinPlateSpline and points is not None:
        if len(points) > MOST_SIDE**2:
            raise ValueError(f"at most {MOST_SIDE**2} control points are drawn, not {len(points)}")
        return ThinPlateSpline(points=points)
    if family in (PiecewiseAffine, ThinPlateSpline):
        side = entry["side"]
        sides = [int(n) for n in (side if isinstance(side, list) else [side, side])]
        if len(sides) != 2 or not all(2 <= n <= MOST_SIDE for n in sides):
            raise ValueError(f"2 to {MOST_SIDE} control points a side are drawn, not {side}")
        return family(tuple(sides) if isinstance(side, list) else sides[0])
    return family()
