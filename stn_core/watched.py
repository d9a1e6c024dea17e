"""What the transformers of any network did, in a file that the app draws (Sect. 3.4).

Made by hand from what ``spatial_transformer.watch`` gives; for each transformer pictures of U, θ,
and the family and the size of T_θ(G). V is not in it: it is U read at the grid.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
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

FAMILIES: dict[str, Callable[..., Transform]] = {
    family.__name__: family
    for family in (Attention, Affine, Projective, PiecewiseAffine, ThinPlateSpline, LearnedBasis)
}
MAX_IMAGES, MAX_PIXELS = 32, 512  # in a file; along a side of U or V
MAX_CONTROLS_A_SIDE = 16  # control points along a side
KERNELS = ("bilinear", "integer")
MAX_BYTES = 10_000_000  # of a file that is read
HEADER_BYTES = 2_000  # for each transformer, of what is not a tensor


class Watched(NamedTuple):
    """One transformer's last forward pass. name: in the network; image: U as pictures, uint8
    (B, C, H, W), C being 1 or 3; theta: (B, P); size: V's (H', W').

    >>> import tempfile
    >>> from stn_core import SpatialTransformer, watch
    >>> network = SpatialTransformer(lambda u: Affine().identity().expand(len(u), 6), Affine())
    >>> with watch(network) as warps:
    ...     output = network(torch.rand(2, 1, 8, 8))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_warps(f"{folder}/warps.safetensors", network, warps)
    ...     [watched] = load_warps(Path(folder, "warps.safetensors"))
    >>> watched.name, watched.size, watched.kernel
    ('', (8, 8), 'bilinear')
    """

    name: str
    image: Tensor
    theta: Tensor
    transform: Transform
    size: tuple[int, int]
    kernel: str
    padding: str


def save_warps(path: Path | str, network: nn.Module, warps: dict[str, list[Warp]]) -> None:
    """Write the last warps of a watched network as safetensors, as ``load_warps`` reads them.

    A U of neither one nor three channels is drawn as their mean; one that leaves [0, 1] is
    brought there as a whole, what is not finite in it as its ends. A U or V of more than 512 pixels
    a side is made smaller, and of at most 32 images as many are kept as fit into 10 MB.
    Raises OSError for a missing folder, and ValueError without warps, or for a transformer that
    cannot be drawn: of another family or kernel (one in
    three dimensions, say), of too many control points, with a learned basis that is too large; for
    an empty batch; and for one that has not been used.

    >>> import tempfile
    >>> from stn_core import SpatialTransformer, watch
    >>> network = SpatialTransformer(lambda u: Affine().identity().expand(len(u), 6), Affine())
    >>> with watch(network) as warps:
    ...     output = network(torch.rand(2, 1, 8, 8))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_warps(f"{folder}/warps.safetensors", network, warps)
    ...     [watched] = load_warps(Path(folder, "warps.safetensors"))
    >>> watched.image.shape, watched.image.dtype
    (torch.Size([2, 1, 8, 8]), torch.uint8)
    """
    if not warps:
        raise ValueError("there are no warps; pass what `watch(network)` yields")
    last: dict[str, Warp] = {}
    for name, recorded in warps.items():
        if not recorded:
            raise ValueError(
                f"the transformer {name!r} was not used while it was watched; call "
                "the network inside `with watch(network)`"
            )
        last[name] = recorded[-1]
        if not len(last[name].input):
            raise ValueError(f"the transformer {name!r} has no images: the batch was empty")
    entries, tensors = [], {}
    for place, (name, warp) in enumerate(last.items()):
        transformer = network.get_submodule(name)
        assert isinstance(transformer, SpatialTransformer)
        entries.append(_entry(name, transformer, warp))
        transform = transformer.transform
        if isinstance(transform, LearnedBasis):
            tensors[f"{place}.basis"] = transform.B.detach().float()
        if isinstance(transform, ThinPlateSpline) and transform.side is None:
            tensors[f"{place}.points"] = transform.controls
    fixed = len(entries) * HEADER_BYTES + sum(t.nbytes for t in tensors.values())
    count = _most_images(list(last.values()), MAX_BYTES - fixed)
    for place, warp in enumerate(last.values()):
        tensors[f"{place}.image"] = _picture(warp.input[:count].detach())
        tensors[f"{place}.theta"] = warp.theta[:count].detach().cpu().float()
    for place, entry in enumerate(entries):
        try:
            _read(place, entry, tensors)
        except ValueError as error:
            raise ValueError(
                f"the transformer {entry['name']!r} cannot be drawn: {error}"
            ) from error
    save_tensors(Path(path), tensors, {"watched": entries})


def _entry(name: str, transformer: SpatialTransformer, warp: Warp) -> dict[str, Any]:
    """What the header says of a transformer. Raises ValueError for one that is not drawn."""
    transform = transformer.transform
    family = type(transform).__name__
    if FAMILIES.get(family) is not type(transform):
        raise ValueError(
            f"the transformer {name!r} belongs to {family}; expected one of {', '.join(FAMILIES)}"
        )
    if transformer.kernel not in KERNELS:
        raise ValueError(f"the transformer {name!r} has a custom kernel, which a file cannot hold")
    size = tuple(warp.grid.shape[1:3])
    side = getattr(transform, "side", None)
    return {
        "name": name,
        "family": family,
        "side": list(side) if isinstance(side, tuple) else side,
        # B of a learned basis has one column for each pixel: it cannot be made smaller.
        "size": list(size if isinstance(transform, LearnedBasis) else _shrunk(size)),
        "kernel": transformer.kernel,
        "padding": transformer.padding,
    }


def _shrunk(size: tuple[int, ...]) -> tuple[int, ...]:
    """A size whose longer side is at most MAX_PIXELS, in the same proportion."""
    factor = min(1.0, MAX_PIXELS / max(*size, 1))
    return tuple(max(1, round(n * factor)) for n in size)


def _most_images(warps: list[Warp], room: int) -> int:
    """Of how many images of a batch the warps fit into so many bytes, MAX_IMAGES at most."""
    each = 0
    for warp in warps:
        rows, columns = _shrunk(tuple(warp.input.shape[2:]))
        channels = 3 if warp.input.shape[1] == 3 else 1
        each += channels * rows * columns + 4 * warp.theta.shape[1]
    count = min(MAX_IMAGES, room // each, *(len(warp.input) for warp in warps))
    if count < 1:
        raise ValueError(
            f"one image of every transformer takes {each / 1e6:.1f} MB; with their bases that is "
            f"more than the file limit of {MAX_BYTES // 10**6} MB"
        )
    return count


def _picture(image: Tensor) -> Tensor:
    """U (B, C, H, W) as pictures: uint8, one channel or three, 512 pixels a side at most."""
    image = image.cpu().double()  # what float32 holds, a mean and a difference of it may leave
    finite = image[torch.isfinite(image)]
    low, high = (finite.min().item(), finite.max().item()) if len(finite) else (0.0, 0.0)
    image = image.nan_to_num(nan=low, posinf=high, neginf=low)
    if image.shape[1] not in (1, 3):
        image = image.mean(1, keepdim=True)
        low, high = image.amin().item(), image.amax().item()
    if low < 0 or high > 1:
        image = (image - low) / max(high - low, 1e-12)
    size = _shrunk(tuple(image.shape[2:]))
    if size != tuple(image.shape[2:]):
        image = F.interpolate(image, size=size, mode="area")
    return (image * 255).round().clamp(0, 255).to(torch.uint8)


def load_warps(path: Path | str, what: str | None = None) -> list[Watched]:
    """Read such a file, checked whole. what: its name in messages. Raises CheckpointError.

    >>> import tempfile
    >>> from stn_core import SpatialTransformer, watch
    >>> network = SpatialTransformer(lambda u: Affine().identity().expand(len(u), 6), Affine())
    >>> with watch(network) as warps:
    ...     output = network(torch.rand(2, 1, 8, 8))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_warps(f"{folder}/warps.safetensors", network, warps)
    ...     [watched] = load_warps(Path(folder, "warps.safetensors"))
    >>> watched.theta.shape, watched.transform
    (torch.Size([2, 6]), Affine())
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
        return [_read(place, entry, tensors) for place, entry in enumerate(listed)]
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{what} is damaged: {error}") from error


def _read(place: int, entry: dict, tensors: dict[str, Tensor]) -> Watched:
    """One transformer. Raises for whatever is not as ``save_warps`` writes it."""
    image, theta = tensors[f"{place}.image"], tensors[f"{place}.theta"]
    size = _pair(entry["size"])
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
    if theta.shape != (len(image), transform.num_params) or not theta.isfinite().all():
        raise ValueError(
            f"theta should be finite and {(len(image), transform.num_params)}, got "
            f"{tuple(theta.shape)}"
        )
    name, kernel, padding = str(entry["name"]), entry["kernel"], entry["padding"]
    return Watched(name, image, theta.float(), transform, size, kernel, padding)


def _pair(size: Any) -> tuple[int, int]:
    if len(size) != 2:
        raise ValueError(f"a size of {len(size)} numbers is unknown")
    return int(size[0]), int(size[1])


def _transform(
    entry: dict, size: tuple[int, int], basis: Tensor | None, points: Tensor | None
) -> Transform:
    family = FAMILIES[entry["family"]]
    if family is LearnedBasis:
        if basis is None or basis.ndim != 2 or basis.shape[1] != size[0] * size[1]:
            raise ValueError("the basis is missing or has a wrong shape")
        transform = LearnedBasis(size, rank=len(basis))
        transform.B.data.copy_(basis)
        return transform
    if family is ThinPlateSpline and points is not None:
        if len(points) > MAX_CONTROLS_A_SIDE**2:
            raise ValueError(
                f"expected at most {MAX_CONTROLS_A_SIDE**2} control points, got {len(points)}"
            )
        return ThinPlateSpline(points=points)
    if family in (PiecewiseAffine, ThinPlateSpline):
        side = entry["side"]
        sides = [int(n) for n in (side if isinstance(side, list) else [side, side])]
        if len(sides) != 2 or not all(2 <= n <= MAX_CONTROLS_A_SIDE for n in sides):
            raise ValueError(
                f"expected 2 to {MAX_CONTROLS_A_SIDE} control points per side, got {side}"
            )
        return family((sides[0], sides[1]) if isinstance(side, list) else sides[0])
    return family()
