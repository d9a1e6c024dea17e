"""One call of ``F.grid_sample``, as it is recorded."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_core.transforms import Affine, Affine3D, Transform, check_finite
from stn_core.watching.conventions import Reading, our_grid, our_theta
from stn_core.watching.fitting import Fitted, NearestAffine, fit, nearest_affine


class AffineGrid(NamedTuple):
    """One call of ``F.affine_grid``. theta: (B, 2, 3) or (B, 3, 4); size: (B, C, H', W'), say;
    autocast: the dtype of the autocast that was on, if any.

    >>> AffineGrid(torch.eye(2, 3)[None], (1, 1, 4, 4), False).shape
    (1, 4, 4)
    """

    theta: Tensor
    size: tuple[int, ...]
    align_corners: bool
    autocast: torch.dtype | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Of its grid, without the coordinates."""
        return (len(self.theta), *self.size[2:])

    def grid(self) -> Tensor:
        """What it gave, made again."""
        size = [len(self.theta), *self.size[1:]]
        kind, cast = self.theta.device.type, self.autocast is not None
        with torch.autocast(kind, self.autocast, enabled=cast):
            return F.affine_grid(self.theta, size, align_corners=self.align_corners)


@dataclass(frozen=True, eq=False)
class GridSample:
    """One call of ``F.grid_sample`` at work, in our convention, without gradients.

    input: U (B, C, H, W) or (B, C, D, H, W); grid: (B, H', W', 2) or (B, D', H', W', 3); output: V
    (B, C, H', W') or (B, C, D', H', W'); each in float32 at least. ``sample(input, grid, kernel,
    padding)`` is V, whatever the call's own ``align_corners``; for a bicubic call, whose kernel is
    "bicubic", that is refused.
    reading: the call's own mode, padding_mode and align_corners.

    >>> from torch import nn
    >>> from stn_core import sample, watch
    >>> class Half(nn.Module):  # as anybody writes it
    ...     def forward(self, image):
    ...         grid = F.affine_grid(0.5 * torch.eye(2, 3)[None], (1, 1, 4, 4), align_corners=True)
    ...         return F.grid_sample(image, grid, align_corners=True)
    >>> with watch(Half()) as warps:
    ...     output = Half()(torch.rand(1, 1, 8, 8))
    >>> [call] = warps["Half"]
    >>> torch.allclose(sample(call.input, call.grid, call.kernel, call.padding), output, atol=1e-6)
    True
    >>> call.transform, [round(n, 3) for n in call.theta.tolist()[0]]
    (Affine(), [0.583, 0.0, 0.0, 0.0, 0.583, 0.0])
    >>> call.affine.residual.item() < 1e-5  # in pixels
    True
    """

    TENSORS: ClassVar = ("input", "grid", "output")
    input: Tensor
    grid: Tensor
    output: Tensor
    reading: Reading
    affine_grids: tuple[AffineGrid, ...] = field(default=(), repr=False)  # that it may come from

    @property
    def kernel(self) -> str:
        """Ours: "bilinear" or "integer"; "bicubic" for what a file cannot hold."""
        return self.reading.kernel

    @property
    def padding(self) -> str:
        """Ours: "zeros" or "border"; for bicubic reading also "reflection"."""
        return self.reading.padding

    @property
    def transform(self) -> Transform:
        """The family of the grid: ``Affine``, or a ``LearnedBasis`` made for it.

        Raises ValueError for a grid in three dimensions that is not affine, and NonFiniteError.
        """
        return self._fitted.transform

    @property
    def theta(self) -> Tensor:
        """θ (B, P) of ``transform``: what ``F.affine_grid`` was given where the grid is its, in our
        convention. Raises as ``transform``."""
        return self._fitted.theta

    @cached_property
    def affine(self) -> NearestAffine:
        """The nearest affine θ, and how far from it the grid is, in pixels."""
        return nearest_affine(self.grid, tuple(self.input.shape[2:]))

    @cached_property
    def _fitted(self) -> Fitted:
        return self.fitted(len(self.grid), tuple(self.grid.shape[1:-1]))

    def fitted(self, count: int, size: tuple[int, ...]) -> Fitted:
        """A family and a θ for so many images of the batch, the first ones, and for a V of this
        size: a smaller one's points lie between the grid's. Raises as ``transform``."""
        theta = self._theta_given()
        if theta is not None:
            return Fitted(Affine3D() if theta.shape[1] == 12 else Affine(), theta[:count])
        check_finite("the grid", self.grid)
        grid = self.grid[:count]
        if size != tuple(grid.shape[1:-1]):
            points = F.interpolate(grid.movedim(-1, 1), size, mode="bilinear", align_corners=False)
            grid = points.movedim(1, -1)
        return fit(grid, tuple(self.input.shape[2:]))

    def _theta_given(self) -> Tensor | None:
        """That of the ``F.affine_grid`` call whose grid this is; None if it is no such, or if one
        of its points was reflected, or lay half way between two pixels in nearest mode."""
        unmoved = self.reading._replace(mode="bilinear", padding_mode="zeros")
        device = self.grid.device
        for made in reversed(self.affine_grids):
            grid = made.grid().to(device)  # which may have been made on another
            if torch.equal(our_grid(self.input, grid, unmoved), self.grid):
                theta, size = made.theta.to(device), tuple(made.size[2:])
                return our_theta(theta, size, made.align_corners, self.input, self.reading)
        return None
