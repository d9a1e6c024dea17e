"""The images that a training is watched on, and what its transformers do to them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stn_core.recorder.basis import CLOSE_PIXELS, GrowingBasis
from stn_core.recorder.looking import Look, look
from stn_core.runs.folder import write_arrays
from stn_core.runs.records import RunError
from stn_core.spatial_transformer import SpatialTransformer
from stn_core.trace import Warp
from stn_core.transforms import check_finite
from stn_core.watching import GridSample, modules_of

RECORDER, PROBES, BASIS, SNAPSHOTS = "recorder.json", "probes.npz", "basis.npz", "snapshots"
MAX_PROBES = 32
MAX_SIDE = 64  # pixels of a side of U and V, as they are drawn
UNLABELLED = -1


class _Transformer(NamedTuple):
    """One of the network's. given: whether its U is the probes themselves."""

    name: str
    basis: GrowingBasis
    given: bool


class Probes:
    """Of one network: images (B, C, H, W) or these and their classes (B,), 1 to 32 of them.

    >>> import tempfile
    >>> from stn_core.tutorial_network import TutorialNetwork, images
    >>> probes = Probes(TutorialNetwork(), images())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [transformer] = probes.begin(Path(folder))["transformers"]
    >>> transformer["name"], transformer["size"], transformer["given"]
    ('TutorialNetwork', (28, 28), True)
    """

    def __init__(
        self, network: nn.Module | Callable[..., Any], probes: Tensor | tuple[Tensor, Tensor]
    ) -> None:
        images, labels = probes if isinstance(probes, tuple | list) else (probes, None)
        if not isinstance(images, Tensor) or images.ndim != 4 or not len(images):
            got = tuple(images.shape) if isinstance(images, Tensor) else type(images).__name__
            raise ValueError(f"probes should be images (B, C, H, W), got {got}")
        if len(images) > MAX_PROBES:
            raise ValueError(f"expected 1 to {MAX_PROBES} probes, got {len(images)}; pass a few")
        if labels is not None and labels.shape != images.shape[:1]:
            raise ValueError(
                f"expected a class for each of {len(images)} probes, got {tuple(labels.shape)}"
            )
        self.network = network
        self.images = images.detach().cpu().float().clone()
        self.labels = torch.full((len(images),), UNLABELLED) if labels is None else labels.cpu()
        self._transformers: list[_Transformer] = []
        self._written: list[tuple[int, float]] | None = None  # the extents of B in the folder

    def begin(self, folder: Path) -> dict[str, Any]:
        """Write the probes, and say what there is to be recorded: of each transformer its name, the
        sizes at which U and V are drawn, and how U is read.

        Raises ValueError for a transformer in three dimensions, and as ``look``.
        """
        seen = self._look()
        modules = modules_of(self.network)
        low, high = _ends(self.images)
        if low >= 0 and high <= 1:
            low, high = 0.0, 1.0
        entries = []
        for name, warp in seen.warps.items():
            if warp.grid.shape[-1] != 2:
                raise ValueError(
                    f"the transformer {name!r} reads volumes; only those of images are recorded"
                )
            size, lengths = tuple(warp.grid.shape[1:3]), tuple(warp.input.shape[2:])
            basis = GrowingBasis(_shrunk(size), (lengths[0], lengths[1]), self._close(lengths))
            given = self._are_probes(warp.input.cpu().float(), (high - low) / 255)
            self._transformers.append(_Transformer(name, basis, given))
            kernel, padding = _reading(modules.get(name), warp)
            entries.append(
                {
                    "name": name,
                    "size": basis.size,
                    "input_size": _shrunk(lengths),
                    "kernel": kernel,
                    "padding": padding,
                    "given": given,
                    "outside": (0 - low) / (high - low) if given else 0.0,
                }
            )
        pictures = _pictures(self.images, low, high)
        write_arrays(folder / PROBES, images=pictures, labels=self.labels.numpy())
        return {"transformers": entries}

    def snapshot(self, folder: Path, step: int) -> None:
        """Write what the network does now. Raises NonFiniteError for a grid that is not finite, and
        RunError if a transformer is not used any more."""
        seen = self._look()
        arrays: dict[str, Any] = {"step": step, **self._read(seen.logits)}
        for n, (name, basis, given) in enumerate(self._transformers):
            warp = seen.warps.get(name)
            if warp is None:
                raise RunError(f"the transformer {name!r} was not used on the probes")
            check_finite("the grid", warp.grid)
            arrays[f"theta_{n}"] = basis.theta(_resized(warp.grid, basis.size)).numpy()
            if not given:
                arrays[f"image_{n}"] = _pictures(warp.input.cpu().float(), *_ends(warp.input))
        if self._written != (extents := self._extents()):  # an earlier look may have failed
            bases = [one.basis for one in self._transformers]
            arrays_of_b = {f"rows_{n}": basis.rows().numpy() for n, basis in enumerate(bases)}
            residuals = np.array([basis.residual for basis in bases])
            write_arrays(folder / BASIS, residual=residuals, **arrays_of_b)
            self._written = extents
        write_arrays(folder / SNAPSHOTS / f"{step}.npz", **arrays)

    def _close(self, lengths: tuple[int, ...]) -> float:
        """How far a point of a grid may be off, in pixels: in half precision it is by itself."""
        tensors = (t for m in modules_of(self.network).values() for t in m.parameters(False))
        coarsest = [torch.finfo(t.dtype).eps for t in tensors if t.is_floating_point()]
        return max(CLOSE_PIXELS, max(coarsest, default=0) * max(lengths) / 2)

    def _are_probes(self, images: Tensor, shade: float) -> bool:
        """Whether a U is drawn as the probes are, in half precision too."""
        same = images.shape == self.images.shape
        return same and torch.allclose(images, self.images, rtol=0, atol=shade)

    def _extents(self) -> list[tuple[int, float]]:
        """How many rows each B has, and what is left out of it."""
        bases = (one.basis for one in self._transformers)
        return [(len(basis.components), basis.residual) for basis in bases]

    def _look(self) -> Look:
        return look(self.network, self.images)

    def _read(self, logits: Tensor | None) -> dict[str, Any]:
        """Logits (B, classes), of none if the network gives no such, and how many probes are
        misread, in per cent; NaN without their classes."""
        if logits is None or not torch.isfinite(logits).all():
            return {"logits": np.zeros((len(self.images), 0)), "measure": np.nan}
        wrong = 100 * (logits.argmax(1) != self.labels).float().mean().item()
        known = bool((self.labels != UNLABELLED).all())
        return {"logits": logits.numpy(), "measure": wrong if known else np.nan}


def _reading(module: nn.Module | None, warp: Warp | GridSample) -> tuple[str, str]:
    """With which kernel and padding a transformer reads its U."""
    if isinstance(warp, GridSample):
        return warp.kernel, warp.padding
    assert isinstance(module, SpatialTransformer)
    kernel = module.kernel if isinstance(module.kernel, str) else "bilinear"
    return kernel, module.padding


def _ends(images: Tensor) -> tuple[float, float]:
    """What is drawn black, 0 or less, and what white."""
    finite = images[torch.isfinite(images)]
    low, high = (finite.min().item(), finite.max().item()) if finite.numel() else (0.0, 1.0)
    low = min(low, 0.0)
    return low, high if high > low else low + 1


def _pictures(images: Tensor, low: float, high: float) -> np.ndarray:
    """(B, C, H, W) as uint8: one channel, the mean of others than three."""
    images = images.detach()
    if images.shape[1] not in (1, 3):
        images = images.mean(1, keepdim=True)
    images = F.interpolate(images, _shrunk(tuple(images.shape[2:])), mode="area")
    shares = ((images - low) / (high - low)).nan_to_num(0).clamp(0, 1)
    return (255 * shares).round().to(torch.uint8).numpy()


def _resized(grid: Tensor, size: tuple[int, int]) -> Tensor:
    """A grid (B, H', W', 2) with fewer points, that lie between its own."""
    if tuple(grid.shape[1:3]) == size:
        return grid
    points = F.interpolate(grid.movedim(-1, 1), size, mode="bilinear", align_corners=False)
    return points.movedim(1, -1)


def _shrunk(size: tuple[int, ...]) -> tuple[int, int]:
    """A size whose longer side is at most MAX_SIDE, in the same proportion."""
    factor = min(1.0, MAX_SIDE / max(size))
    height, width = (max(1, round(n * factor)) for n in size)
    return height, width
