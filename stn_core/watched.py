"""What the transformers of any network did, in a file that the app draws (Sect. 3.4).

Made from what ``watch`` gives; for each transformer pictures of U, θ,
and the family and the size of T_θ(G). V is not in it: it is U read at the grid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stn_core.spatial_transformer import SpatialTransformer
from stn_core.tensor_files import save_tensors
from stn_core.trace import Warp
from stn_core.transforms import LearnedBasis, ThinPlateSpline, Transform
from stn_core.warp_files import (
    FAMILIES,
    KERNELS,
    MAX_BYTES,
    MAX_IMAGES,
    MAX_PIXELS,
    MAX_ROWS,
    Watched,
    load_warps,
    read_all,
)
from stn_core.watching import GridSample, modules_of
from stn_core.watching.fitting import Fitted

__all__ = ["MAX_IMAGES", "MAX_PIXELS", "Watched", "load_warps", "save_warps"]

HEADER_BYTES = 2_000  # for each transformer, of what is not a tensor


def save_warps(
    path: Path | str,
    network: nn.Module | Callable[..., Any],
    warps: Mapping[str, Sequence[Warp | GridSample]],
) -> None:
    """Write the last warps of a watched network as safetensors, as ``load_warps`` reads them.

    A U of neither one nor three channels is drawn as their mean; one that leaves [0, 1] is
    brought there as a whole, what is not finite in it as its ends. A U or V of more than 512 pixels
    a side is made smaller, and of at most 32 images as many are kept as fit into 10 MB; of a grid
    of no known family, which becomes a ``LearnedBasis``, as many as fit into its share of that.
    Raises OSError for a missing folder, and ValueError without warps, or for a transformer that
    cannot be drawn: of another family or kernel (one in three dimensions, say, or a bicubic one),
    of more than 256 control points or rows of a learned basis; for more than 64 transformers, or
    Bs of more than 5,000,000 numbers in all; for an empty batch; for a grid that is not finite;
    and for one that has not been used.

    >>> import tempfile
    >>> from stn_core import Affine, SpatialTransformer, watch
    >>> network = SpatialTransformer(lambda u: Affine().identity().expand(len(u), 6), Affine())
    >>> with watch(network) as warps:
    ...     output = network(torch.rand(2, 1, 8, 8))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_warps(f"{folder}/warps.safetensors", network, warps)
    ...     [watched] = load_warps(Path(folder, "warps.safetensors"))
    >>> watched.image.shape, watched.image.dtype
    (torch.Size([2, 1, 8, 8]), torch.uint8)
    >>> watched.theta.shape, watched.transform
    (torch.Size([2, 6]), Affine())
    >>> watched.name, watched.size, watched.kernel
    ('', (8, 8), 'bilinear')
    """
    if not warps:
        raise ValueError(
            "there are no warps: pass what `watch(network)` yields, of a network that was called "
            "inside of it and has a SpatialTransformer or calls F.grid_sample"
        )
    last = {name: _last(name, recorded) for name, recorded in warps.items()}
    numbers = _numbers_each(list(last.values()))
    modules = modules_of(network)
    drawn = [_drawn(name, warp, modules, numbers) for name, warp in last.items()]
    tensors = {}
    # Copies: two transformers may share a tensor, and a file takes none twice.
    for place, one in enumerate(drawn):
        if isinstance(one.transform, LearnedBasis):
            tensors[f"{place}.basis"] = one.transform.B.detach().float().clone()
        if isinstance(one.transform, ThinPlateSpline) and one.transform.side is None:
            tensors[f"{place}.points"] = one.transform.controls.clone()
    fixed = len(drawn) * HEADER_BYTES + sum(t.nbytes for t in tensors.values())
    count = _most_images(drawn, MAX_BYTES - fixed)
    for place, one in enumerate(drawn):
        tensors[f"{place}.image"] = picture(one.image[:count].detach())
        tensors[f"{place}.theta"] = one.theta[:count].detach().cpu().float().clone()
    entries = [_entry(one) for one in drawn]
    read_all(entries, tensors)
    save_tensors(Path(path), tensors, {"watched": entries})


class _Drawn(NamedTuple):
    """What a file says of a transformer. image: U; size: V's."""

    name: str
    image: Tensor
    theta: Tensor
    transform: Transform
    size: tuple[int, ...]
    kernel: Any
    padding: str


def _drawn(
    name: str, warp: Warp | GridSample, modules: dict[str, nn.Module], numbers: int
) -> _Drawn:
    """Raises ValueError for a transformer that is not drawn, before it is made smaller."""
    if isinstance(warp, GridSample):
        transform, theta = _fitted(name, warp, numbers)
        kernel: Any = warp.kernel
        padding = warp.padding
    else:
        transformer = modules[name]
        assert isinstance(transformer, SpatialTransformer)
        transform, theta = transformer.transform, warp.theta
        kernel, padding = transformer.kernel, transformer.padding
    family = type(transform).__name__
    if FAMILIES.get(family) is not type(transform):
        raise ValueError(
            f"the transformer {name!r} belongs to {family}; expected one of {', '.join(FAMILIES)}"
        )
    if kernel not in KERNELS:
        raise ValueError(f"the transformer {name!r} has a custom kernel, which a file cannot hold")
    size = tuple(warp.grid.shape[1:3])
    return _Drawn(name, warp.input, theta, transform, size, kernel, padding)


def _last(name: str, recorded: Sequence[Warp | GridSample]) -> Warp | GridSample:
    """What is drawn of a transformer. Raises ValueError if there is nothing."""
    if not recorded:
        raise ValueError(
            f"the transformer {name!r} was not used while it was watched; call "
            "the network inside `with watch(network)`"
        )
    if not len(recorded[-1].input):
        raise ValueError(f"the transformer {name!r} has no images: the batch was empty")
    return recorded[-1]


def _numbers_each(warps: list[Warp | GridSample]) -> int:
    """How many numbers the B of each grid of no known family may have: half the file in all."""
    return MAX_BYTES // 8 // max(1, sum(isinstance(warp, GridSample) for warp in warps))


def _fitted(name: str, warp: GridSample, numbers: int) -> Fitted:
    """A family and a θ for as many images as its B has room for. Raises ValueError for none."""
    if warp.kernel not in KERNELS:
        raise ValueError(
            f"the transformer {name!r} reads its image in {warp.kernel} mode, which a file cannot "
            f"hold; expected one of {', '.join(KERNELS)}"
        )
    size, flat = tuple(warp.grid.shape[1:-1]), warp.grid.shape[-1] == 2
    count = min(MAX_IMAGES, len(warp.grid))
    try:
        while True:
            fitted = warp.fitted(count, _shrunk(size) if flat else size)
            transform = fitted.transform
            if count == 1 or not isinstance(transform, LearnedBasis):
                return fitted
            if transform.B.numel() <= numbers and transform.rank <= MAX_ROWS:
                return fitted
            count //= 2
    except ValueError as error:
        raise ValueError(f"the transformer {name!r} cannot be drawn: {error}") from error


def _entry(one: _Drawn) -> dict[str, Any]:
    """What the header says of a transformer."""
    side = getattr(one.transform, "side", None)
    return {
        "name": one.name,
        "family": type(one.transform).__name__,
        "side": list(side) if isinstance(side, tuple) else side,
        "size": list(Fitted(one.transform, one.theta).size_for(_shrunk(one.size))),
        "kernel": one.kernel,
        "padding": one.padding,
    }


def _shrunk(size: tuple[int, ...]) -> tuple[int, ...]:
    """A size whose longer side is at most MAX_PIXELS, in the same proportion."""
    factor = min(1.0, MAX_PIXELS / max(*size, 1))
    return tuple(max(1, round(n * factor)) for n in size)


def _most_images(drawn: list[_Drawn], room: int) -> int:
    """Of how many images of a batch U and θ fit into so many bytes, MAX_IMAGES at most."""
    each = 0
    for one in drawn:
        rows, columns = _shrunk(tuple(one.image.shape[2:]))
        channels = 3 if one.image.shape[1] == 3 else 1
        each += channels * rows * columns + 4 * one.theta.shape[1]
    count = min(MAX_IMAGES, room // each, *(min(len(d.image), len(d.theta)) for d in drawn))
    if count < 1:
        raise ValueError(
            f"one image of every transformer takes {each / 1e6:.1f} MB; with their bases that is "
            f"more than the file limit of {MAX_BYTES // 10**6} MB"
        )
    return count


def picture(image: Tensor) -> Tensor:
    """U (B, C, H, W) as pictures: uint8, one channel or three, 512 pixels a side at most.

    >>> picture(torch.linspace(-1, 1, 4).view(1, 1, 2, 2)).flatten().tolist()
    [0, 85, 170, 255]
    """
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
