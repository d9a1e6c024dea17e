"""What the transformers of any network did, in a file that the app draws (Sect. 3.4).

Made by hand from what ``spatial_transformer.watch`` gives; for each transformer pictures of U, θ,
and the family and the size of T_θ(G). V is not in it: it is U read at the grid.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stn_core.spatial_transformer import SpatialTransformer
from stn_core.tensor_files import save_tensors
from stn_core.trace import Warp
from stn_core.transforms import LearnedBasis, ThinPlateSpline
from stn_core.warp_files import (
    FAMILIES,
    KERNELS,
    MAX_BYTES,
    MAX_IMAGES,
    MAX_PIXELS,
    Watched,
    load_warps,
    read_all,
)

__all__ = ["MAX_IMAGES", "MAX_PIXELS", "Watched", "load_warps", "save_warps"]

HEADER_BYTES = 2_000  # for each transformer, of what is not a tensor


def save_warps(path: Path | str, network: nn.Module, warps: dict[str, list[Warp]]) -> None:
    """Write the last warps of a watched network as safetensors, as ``load_warps`` reads them.

    A U of neither one nor three channels is drawn as their mean; one that leaves [0, 1] is
    brought there as a whole, what is not finite in it as its ends. A U or V of more than 512 pixels
    a side is made smaller, and of at most 32 images as many are kept as fit into 10 MB.
    Raises OSError for a missing folder, and ValueError without warps, or for a transformer that
    cannot be drawn: of another family or kernel (one in
    three dimensions, say), of more than 256 control points or rows of a learned basis; for more
    than 64 transformers, or Bs of more than 5,000,000 numbers in all; for
    an empty batch; and for one that has not been used.

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
    read_all(entries, tensors)
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
