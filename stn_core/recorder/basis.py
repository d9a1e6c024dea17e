"""A family in which all the grids of a training are: M_θ B with a B that only grows (Sect. 3.2)."""

from __future__ import annotations

import torch
from torch import Tensor

from stn_core.transforms import Affine, LearnedBasis, Transform
from stn_core.watching.fitting import affine_and_rest, half

CLOSE_PIXELS = 0.01  # of U: no eye sees that a point of the grid is off by less
MAX_COMPONENTS = 29  # with x, y and 1 a B of 32 rows


class GrowingBasis:
    """x, y and 1, and the directions in which the grids of one transformer have left what these
    give. A new grid may add some at the end; the others stay, so that an earlier θ needs only
    zeros.

    size: V's (H', W'); lengths: U's (H, W); close_pixels: how far a point may be off.

    >>> basis = GrowingBasis((4, 4), (28, 28))
    >>> grid = Affine().grid(torch.tensor([[0.5, 0, 0, 0, 0.5, 0.25]]), (4, 4))
    >>> basis.theta(grid).shape, basis.transform()
    (torch.Size([1, 2, 3]), Affine())
    >>> basis.theta(grid**3).shape[2] > 3, basis.transform()  # what is no affine grid adds rows
    (True, LearnedBasis(size=(4, 4), rank=5))
    """

    def __init__(
        self,
        size: tuple[int, int],
        lengths: tuple[int, int],
        close_pixels: float = CLOSE_PIXELS,
    ) -> None:
        self.size, self.lengths, self.close_pixels = size, lengths, close_pixels
        self.components = torch.zeros(0, size[0] * size[1], dtype=torch.float64)  # orthonormal
        self.residual = 0.0  # how far a point has been off for want of more rows, in pixels

    def theta(self, grid: Tensor) -> Tensor:
        """θ of grids (B, H', W', 2) as a matrix (B, 2, K), K rows of B being there by now."""
        matrix, rest = affine_and_rest(grid.detach().cpu(), self.lengths)
        left = self._left(rest)
        if left.norm(dim=1).amax() > self.close_pixels:
            self._grow(left.flatten(0, 1))
            self.residual = max(self.residual, self._left(rest).norm(dim=1).amax().item())
        shares = rest @ self.components.T / half(self.lengths, rest)
        return torch.cat([matrix, shares / self._scale], 2).float()

    @property
    def _scale(self) -> float:
        """By which a component is longer in B, so that its numbers are about 1."""
        return float(self.components.shape[1]) ** 0.5

    def _left(self, rest: Tensor) -> Tensor:
        return rest - rest @ self.components.T @ self.components

    def _grow(self, rows: Tensor) -> None:
        """The fewest directions more that bring all of these within close_pixels."""
        _, _, directions = torch.linalg.svd(rows, full_matrices=False)
        for direction in directions[: MAX_COMPONENTS - len(self.components)]:
            if rows.unflatten(0, (-1, 2)).norm(dim=1).amax() <= self.close_pixels:
                return
            self.components = torch.cat([self.components, direction[None]])
            rows = rows - (rows @ direction)[:, None] * direction

    def rows(self) -> Tensor:
        """What B has below x, y and 1: (K − 3, H'W')."""
        return (self.components * self._scale).float()

    def transform(self) -> Transform:
        """The family: affine as long as all grids have been."""
        return transform_of(self.rows(), self.size)


def transform_of(rows: Tensor, size: tuple[int, int]) -> Transform:
    """``Affine`` where B has no row below x, y and 1; else the ``LearnedBasis`` with these.

    >>> transform_of(torch.zeros(0, 16), (4, 4))
    Affine()
    """
    if not len(rows):
        return Affine()
    transform = LearnedBasis(size, rank=3 + len(rows)).requires_grad_(False)
    transform.B[3:] = rows
    return transform
