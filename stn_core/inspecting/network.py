"""A network, images of its own, and what a forward pass of it shows."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from stn_core.errors import InputError, printable
from stn_core.inspecting.outputs import probabilities_of, shape_of
from stn_core.sampling import PADDINGS
from stn_core.spatial_transformer import SpatialTransformer, dtype_of
from stn_core.threads import on_threads
from stn_core.trace import Warp
from stn_core.transforms import NonFiniteError, ShapeError, Transform, regular_grid
from stn_core.watching import GridSample, modules_of, watch
from stn_core.watching.calls import numbered
from stn_core.watching.fitting import Fitted

DRAWN_KERNELS = ("bilinear", "integer", "bicubic")
_LOCK = threading.Lock()  # one forward pass at a time: a network may keep what it does in itself


@dataclass(frozen=True, eq=False)
class Seen:
    """A transformer at work in one forward pass.

    input: U (B, C, H, W); grid: (B, H', W', 2), where it was read; output: V (B, C, H', W'). B can
    differ from the number of images, in a network that puts several crops of an image into a batch.
    kernel, padding: those of ``sample``, or "bicubic" and "reflection" (see ``GridSample``).

    >>> network = Inspected(nn.Sequential(Half()), torch.rand(2, 1, 8, 8))
    >>> seen = network.run(network.images).seen["0"]
    >>> seen.output.shape, seen.fitted(1).transform
    (torch.Size([2, 1, 8, 8]), Affine())
    """

    name: str
    warp: Warp | GridSample
    transformer: SpatialTransformer | None = None

    @property
    def input(self) -> Tensor:
        return self.warp.input

    @property
    def grid(self) -> Tensor:
        return self.warp.grid

    @property
    def output(self) -> Tensor:
        return self.warp.output

    @property
    def size(self) -> tuple[int, ...]:
        """V's (H', W')."""
        return tuple(self.grid.shape[1:-1])

    @property
    def kernel(self) -> Any:
        return self.transformer.kernel if self.transformer else self.warp.kernel  # type: ignore[union-attr]

    @property
    def padding(self) -> str:
        return self.transformer.padding if self.transformer else self.warp.padding  # type: ignore[union-attr]

    @property
    def why_not_drawn(self) -> str:
        """Why a page cannot draw it, in words; "" if it can."""
        if self.grid.shape[-1] != 2:
            return "it reads a volume"
        if self.kernel not in DRAWN_KERNELS or self.padding not in PADDINGS:
            return "its kernel or padding is not one that can be drawn"
        if not len(self.grid):
            return "it was given no images"
        return ""

    def fitted(self, item: int = 0, size: tuple[int, ...] | None = None) -> Fitted:
        """The family and θ (1, P) of one item of the batch, for a V of this size, by default its
        own. Of a foreign grid that is not affine, a ``LearnedBasis`` made for this one grid.

        Raises ValueError for a volume's grid that is not affine, and NonFiniteError.
        """
        one = slice(item, item + 1)
        if isinstance(self.warp, GridSample):
            made = tuple(a._replace(theta=a.theta[one]) for a in self.warp.affine_grids)
            tensors = {name: getattr(self.warp, name)[one] for name in GridSample.TENSORS}
            return replace(self.warp, **tensors, affine_grids=made).fitted(1, size or self.size)
        assert self.transformer is not None
        return Fitted(self.transformer.transform, self.warp.theta[one])

    def fitted_all(self, size: tuple[int, ...] | None = None) -> Fitted:
        """The one family and θ (B, P) of the whole batch; else as ``fitted``."""
        if isinstance(self.warp, GridSample):
            return self.warp.fitted(len(self.grid), size or self.size)
        assert self.transformer is not None
        return Fitted(self.transformer.transform, self.warp.theta)

    @torch.no_grad()
    def moved(self, fitted: Fitted, theta: Tensor, item: int = 0) -> Tensor:
        """The grid (B, H', W', 2) with one item's θ (1, P) set by hand; the others' as it is.

        fitted: the item's own. What its family leaves of the grid, which is next to nothing, stays.
        """
        points = regular_grid(self.size, dtype=torch.float64)
        transform: Transform = fitted.transform
        # In double precision a family's numbers are exact enough to cancel each other.
        change = transform.at(theta.double(), points) - transform.at(fitted.theta.double(), points)
        grid = self.grid.clone()
        grid[item] += change[0].unflatten(0, self.size).to(grid)
        return grid


@dataclass(frozen=True, kw_only=True, eq=False)
class Pass:
    """One forward pass. probabilities: (B, classes), or None where the output has none; words: what
    the output is; seen: every transformer by its name, in the order of use.

    >>> Pass(probabilities=None, words="(1, 3, 8, 8)", seen={}).seen
    {}
    """

    probabilities: Tensor | None
    words: str
    seen: dict[str, Seen]


@dataclass(frozen=True, eq=False)
class Inspected:
    """A network and images (N, C, H, W), or volumes (N, C, D, H, W), that it is looked at with.

    labels: (N,) true classes; classes: their names; title: what it is called; left_out: what of the
    given images is not there, and why. The network is put into evaluation mode, on the CPU; of a
    DataParallel it is the module in it. Raises InputError as ``run`` does, for the first image, and
    for a network without a transformer.

    >>> network = Inspected(nn.Sequential(Half(), nn.Flatten()), torch.rand(2, 1, 8, 8))
    >>> list(network.names), network.class_name(3)
    (['0'], '3')
    """

    network: nn.Module
    images: Tensor
    labels: Tensor | None = None
    classes: tuple[str, ...] = ()
    title: str = "your network"
    left_out: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.network, nn.DataParallel):
            object.__setattr__(self, "network", self.network.module)
        self.network.eval().cpu()
        if not self.first.seen:
            raise InputError(
                f"{self.title} called neither F.grid_sample nor a SpatialTransformer for its first "
                "image, so there is no transformer to look at; expected a network that has one"
            )

    @cached_property
    def first(self) -> Pass:
        """The forward pass of the first image."""
        return self.run(self.images[:1])

    @property
    def names(self) -> tuple[str, ...]:
        """Of the transformers, in the order of their first use."""
        return tuple(self.first.seen)

    def class_name(self, index: int) -> str:
        """The name of a class, or its number."""
        return self.classes[index] if index < len(self.classes) else str(index)

    def label(self, image: int) -> int | None:
        """The true class of an image; None if it is not known, or no class."""
        label = -1 if self.labels is None else int(self.labels[image])
        return label if label >= 0 else None

    def run(self, images: Tensor, grids: Mapping[str, Tensor] | None = None) -> Pass:
        """A forward pass of a copy of the images, in inference mode, on one thread.

        Random numbers that the network draws are the same in every pass, so that what differs
        between two comes of their grids.

        images: (B, C, H, W); grids: by the names of transformers, (B, H', W', 2) in our convention,
        where they read instead (see ``watch``). Raises InputError with what the network raised, for
        a network that cannot be watched, and for an output that is not finite; ShapeError and
        NonFiniteError for such grids.
        """
        # A copy: the network may change it in place.
        images = images.to(dtype_of(self.network, torch.float32), copy=True)
        try:
            with (
                _LOCK, on_threads(1), torch.random.fork_rng(devices=[]), torch.inference_mode(),
                watch(self.network, grids) as warps,
            ):  # fmt: skip
                torch.default_generator.manual_seed(0)  # torch.manual_seed would seed CUDA's too
                output = self.network(images)
                # Outside of the lock another pass may write into what the network gave.
                probabilities = probabilities_of(output, len(images))
        except (InputError, NonFiniteError, ShapeError):
            raise
        except Exception as error:  # a network can raise anything
            raise InputError(
                f"{self.title} raised {type(error).__name__} for images "
                f"{tuple(images.shape)}: {printable(error)}"
            ) from error
        modules = modules_of(self.network)
        seen = {}
        for name, recorded in warps.items():
            for use, warp in enumerate(recorded, 1):
                used = numbered(name, use)
                own = modules.get(name) if isinstance(warp, Warp) else None
                transformer = own if isinstance(own, SpatialTransformer) else None
                seen[used] = Seen(used, warp, transformer)
        return Pass(probabilities=probabilities, words=shape_of(output), seen=seen)


class Half(nn.Module):
    """As anybody writes it: a transformer that reads the middle half of an image. For examples.

    >>> Half()(torch.zeros(1, 1, 8, 8)).shape
    torch.Size([1, 1, 8, 8])
    """

    def forward(self, image: Tensor) -> Tensor:
        theta = 0.5 * torch.eye(2, 3).expand(len(image), 2, 3)
        grid = nn.functional.affine_grid(theta, list(image.shape), align_corners=True)
        return nn.functional.grid_sample(image, grid, align_corners=True)
