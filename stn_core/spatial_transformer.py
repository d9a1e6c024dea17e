"""The spatial transformer module: localisation network, grid generator, sampler (Fig. 2)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import cast

import torch
from torch import Tensor, nn

from stn_core.sampling import Kernel, sample
from stn_core.trace import Warp
from stn_core.transforms import Transform, at_least_float32, check_floating


class Recording:
    """The warps of one transformer, while a network is watched.

    Under ``nn.DataParallel`` each replica has a share of the images: what the replicas record is
    put together when all of them are done, in their order. on_first: called before the first one;
    at: gives the grid to read at, by the number of the use and the grid of the network's own θ.

    >>> Recording().warps
    []
    """

    def __init__(
        self,
        on_first: Callable[[], object] = lambda: None,
        at: Callable[[int, Tensor], Tensor] | None = None,
    ) -> None:
        self.warps: list[Warp] = []
        self._on_first, self._at = on_first, at
        self._replicas: list[Recording] | None = None  # None: of no DataParallel

    def add(self, warp: Warp) -> None:
        """Record one more."""
        if not self.warps:
            self._on_first()
        self.warps.append(warp)

    def grid(self, grid: Tensor) -> Tensor:
        """Where the transformer is to read next."""
        return self._at(len(self.warps) + 1, grid) if self._at else grid

    def expect_replicas(self) -> None:
        """Before a forward pass of the DataParallel that the transformer is in."""
        self._replicas = []

    def of_a_replica(self) -> Recording:
        """Where a replica of the transformer records; called once for each, in their order."""
        if self._replicas is None:
            return self
        self._replicas.append(Recording())
        return self._replicas[-1]

    def join_replicas(self) -> None:
        """After that forward pass: of each use of the transformer one Warp, of all images."""
        shares = [replica.warps for replica in self._replicas or () if replica.warps]
        for uses in zip(*shares, strict=True):
            device = uses[0].output.device
            fields = zip(*uses, strict=True)
            self.add(Warp(*(torch.cat([t.to(device) for t in f]) for f in fields)))
        self._replicas = None


class _Thread(threading.local):
    sampling = False


_THREAD = _Thread()


def is_sampling() -> bool:
    """Whether this thread is in the sampler of a transformer that is watched, and records itself.

    >>> is_sampling()
    False
    """
    return _THREAD.sampling


@contextmanager
def _sampling() -> Iterator[None]:
    _THREAD.sampling = True
    try:
        yield
    finally:
        _THREAD.sampling = False


class SpatialTransformer(nn.Module):
    """V = U read at T_θ(G), θ = f_loc(U). Can be put into a network at any point (Sect. 3.4).

    localisation: a module U (B, C, H, W) -> θ (B, P); transform: the family of T_θ;
    size: the output's (H', W'), by default the input's; kernel, padding: see ``sampling.sample``.

    >>> from stn_core import Affine, ConvolutionalBody, Localisation
    >>> localisation = Localisation(ConvolutionalBody((1, 28, 28)), Affine().identity())
    >>> transformer = SpatialTransformer(localisation, Affine(), size=(14, 14))
    >>> transformer(torch.rand(8, 1, 28, 28)).shape
    torch.Size([8, 1, 14, 14])
    """

    def __init__(
        self,
        localisation: nn.Module,
        transform: Transform,
        size: tuple[int, ...] | None = None,
        kernel: str | Kernel | Sequence[str | Kernel] = "bilinear",
        padding: str = "zeros",
    ) -> None:
        super().__init__()
        self.localisation = localisation
        self.transform = transform
        self.size = size
        self.kernel = kernel
        self.padding = padding
        self._watched_by: list[Recording] = []  # see ``watching``

    def forward(self, image: Tensor) -> Tensor:
        """U (B, C, H, W) -> V (B, C, H', W')."""
        return self.warp(image).output

    def warps(self, image: Tensor, *thetas: Tensor | None) -> tuple[Warp, ...]:
        """The one Warp, as ``ParallelTransformers`` gives several."""
        return (self.warp(image, *thetas),)

    def warp(self, image: Tensor, theta: Tensor | None = None) -> Warp:
        """U -> Warp, with θ from the localisation network unless it is given: (B, P).

        θ, the grid and the sampling are in float32 at least, the localisation network in its own
        dtype. V has U's dtype; under autocast, where layers cast for themselves, float32.
        Raises DtypeError for an image of integers, and as ``Transform.grid`` and ``sample`` do.
        """
        check_floating("the image", image, "0 to 255 becomes [0, 1] by image.float() / 255")
        autocast = not image.is_meta and torch.is_autocast_enabled(image.device.type)
        with torch.autocast(image.device.type, enabled=False) if autocast else nullcontext():
            if autocast:  # deeper in a network, its convolutions hand over half precision
                image = at_least_float32(image)
            if theta is None:
                theta = self.localisation(image.to(dtype_of(self.localisation, image.dtype)))
            if theta.is_floating_point():
                theta = at_least_float32(theta)
            grid = self.transform.grid(theta, self.size or tuple(image.shape[2:]))
            for recording in self._watched_by:
                grid = recording.grid(grid)
            with _sampling() if self._watched_by else nullcontext():
                output = sample(image, grid, self.kernel, self.padding).to(image.dtype)
        warp = Warp(image, theta, grid, output)
        for recording in self._watched_by:
            recording.add(warp)
        return warp

    def _replicate_for_data_parallel(self) -> SpatialTransformer:
        replica = super()._replicate_for_data_parallel()
        replica._watched_by = [recording.of_a_replica() for recording in self._watched_by]
        return replica


def dtype_of(network: nn.Module, default: torch.dtype) -> torch.dtype:
    """The dtype of a network's parameters; the default where it has none.

    >>> dtype_of(nn.Linear(1, 1).half(), torch.float32)
    torch.float16
    """
    parameters = network.parameters() if isinstance(network, nn.Module) else ()
    return next((p.dtype for p in parameters if p.is_floating_point()), default)


class _Transformers(nn.Module):
    """Several spatial transformers, in their order."""

    def __init__(self, transformers: Iterable[SpatialTransformer]) -> None:
        super().__init__()
        self.transformers = nn.ModuleList(transformers)

    def __len__(self) -> int:
        return len(self.transformers)

    def __iter__(self) -> Iterator[SpatialTransformer]:
        return cast(Iterator[SpatialTransformer], iter(self.transformers))

    def one_each(self, thetas: tuple[Tensor | None, ...]) -> tuple[Tensor | None, ...]:
        """One theta a transformer, None after the last. Raises ValueError for too many."""
        if len(thetas) > len(self):
            raise ValueError(f"{len(thetas)} thetas for {len(self)} transformers")
        return thetas + (None,) * (len(self) - len(thetas))


class ParallelTransformers(_Transformers):
    """N spatial transformers on one U, their outputs side by side (Sect. 3.4, 4.3, App. A.1).

    Each has its own localisation network, sees all channels of U and warps all of them.

    >>> from stn_core import Affine, FullyConnectedBody, Localisation
    >>> def transformer():
    ...     localisation = Localisation(FullyConnectedBody((1, 9, 9)), Affine().identity())
    ...     return SpatialTransformer(localisation, Affine())
    >>> ParallelTransformers([transformer(), transformer()])(torch.rand(2, 1, 9, 9)).shape
    torch.Size([2, 2, 9, 9])
    """

    def forward(self, image: Tensor) -> Tensor:
        """U (B, C, H, W) -> the outputs, one after the other as channels (B, N·C, H', W')."""
        return torch.cat([warp.output for warp in self.warps(image)], 1)

    def warps(self, image: Tensor, *thetas: Tensor | None) -> tuple[Warp, ...]:
        """U -> N Warps. thetas: instead of what is predicted, in order; None leaves one alone."""
        pairs = zip(self, self.one_each(thetas), strict=True)
        return tuple(transformer.warp(image, theta) for transformer, theta in pairs)


class TransformersInDepth(_Transformers):
    """Spatial transformers one after the other, each before a convolution (Table 2, right, (a)).

    >>> from stn_core import Affine, FullyConnectedBody, Localisation
    >>> localisation = Localisation(FullyConnectedBody((3, 8, 8), layers=2), Affine().identity())
    >>> len(TransformersInDepth([SpatialTransformer(localisation, Affine())]))
    1
    """
