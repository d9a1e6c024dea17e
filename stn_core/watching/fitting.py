"""A family and a θ for grids of which only the points are known."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from stn_core.transforms import Affine, Affine3D, LearnedBasis, Transform, regular_grid
from stn_core.transforms.matrices import homogeneous

# How far a point may be off, in pixels: V then is within 1e-4 of the range of U.
PIXELS = 4e-5


class Fitted(NamedTuple):
    """A family and the θ (B, P) in it that give a grid.

    >>> Fitted(Affine(), torch.zeros(1, 6)).transform
    Affine()
    """

    transform: Transform
    theta: Tensor

    def size_for(self, size: tuple[int, ...]) -> tuple[int, ...]:
        """In which size V can be drawn: in this one, but of a ``LearnedBasis`` in its own only.

        >>> Fitted(LearnedBasis((4, 5)), torch.zeros(1, 12)).size_for((48, 48))
        (4, 5)
        """
        return self.transform.size if isinstance(self.transform, LearnedBasis) else size


class NearestAffine(NamedTuple):
    """The affine θ nearest to a grid, by least squares.

    theta: (B, 6), or (B, 12) of volumes; residual: (B,), how far the farthest point of the grid is
    from where this θ takes it, in pixels of U.

    >>> NearestAffine(torch.zeros(1, 6), torch.zeros(1)).residual.item()
    0.0
    """

    theta: Tensor
    residual: Tensor


def nearest_affine(grid: Tensor, lengths: tuple[int, ...]) -> NearestAffine:
    """By least squares over the points of each grid (B, H', W', 2) or (B, D', H', W', 3).

    lengths: U's (H, W) or (D, H, W), for the residual.

    >>> grid = Affine().grid(torch.tensor([[1.0, 0.5, 0, 0, 1, 0.25]]), (4, 4))
    >>> theta, residual = nearest_affine(grid, (8, 8))
    >>> theta.tolist()[0][1], residual.item() < 1e-5
    (0.5, True)
    """
    matrix, rest = affine_and_rest(grid, lengths)
    return NearestAffine(matrix.flatten(1).to(grid.dtype), rest.norm(dim=1).amax(1).to(grid.dtype))


def fit(grid: Tensor, lengths: tuple[int, ...]) -> Fitted:
    """``Affine`` where every grid is; else a ``LearnedBasis`` that holds them all.

    That basis is x, y, 1, for each grid's nearest affine θ, and as many components of what those
    leave, through an SVD over the batch, as bring every point to within 4e-5 pixels.
    Raises ValueError for grids in three dimensions that are not affine.

    >>> wave = regular_grid((6, 6)).T.reshape(1, 6, 6, 2).sin()
    >>> transform, theta = fit(wave, (20, 20))
    >>> transform
    LearnedBasis(size=(6, 6), rank=5)
    >>> (transform.grid(theta, (6, 6)) - wave).abs().max().item() < 1e-6
    True
    """
    matrix, rest = affine_and_rest(grid, lengths)
    volumes = grid.shape[-1] == 3
    if rest.norm(dim=1).amax() <= PIXELS:
        return Fitted(Affine3D() if volumes else Affine(), matrix.flatten(1).to(grid.dtype))
    if volumes:
        raise ValueError("the grid is not affine, and of no other family in three dimensions")
    components, coefficients = _components(rest.flatten(0, 1))
    transform = LearnedBasis((grid.shape[1], grid.shape[2]), rank=3 + len(components))
    transform.requires_grad_(False)
    transform.B[3:] = components.to(transform.B.dtype)
    shares = coefficients.unflatten(0, (len(grid), 2)) / half(lengths, coefficients)
    return Fitted(transform.to(grid.device), torch.cat([matrix, shares], 2).flatten(1).float())


def half(lengths: tuple[int, ...], like: Tensor) -> Tensor:
    """Pixels in one unit of a normalised coordinate, x first: (2 or 3, 1).

    >>> half((8, 6), torch.zeros(())).tolist()
    [[3.0], [4.0]]
    """
    return like.new_tensor(tuple(reversed(lengths))).unsqueeze(1) / 2


def affine_and_rest(grid: Tensor, lengths: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """The nearest M_θ (B, 2, 3) or (B, 3, 4), and what it leaves of the grid, in pixels, (B, 2 or
    3, N); lengths: U's. In float64.

    >>> matrix, rest = affine_and_rest(Affine().grid(torch.eye(2, 3).view(1, 6), (4, 4)), (8, 8))
    >>> matrix.shape, rest.shape, bool(rest.abs().max() < 1e-6)
    (torch.Size([1, 2, 3]), torch.Size([1, 2, 16]), True)
    """
    points = grid.double().flatten(1, -2).transpose(1, 2)
    size = tuple(grid.shape[1:-1])
    target = homogeneous(regular_grid(size, dtype=torch.float64, device=grid.device))
    matrix = points @ torch.linalg.pinv(target)
    return matrix, (points - matrix @ target) * half(lengths, points)


def _components(rows: Tensor) -> tuple[Tensor, Tensor]:
    """The fewest principal components (K, N) and coefficients (R, K) that give rows (R, N) to
    PIXELS."""
    # The left singular vectors, from the R × R product: N is far larger than R.
    _, left = torch.linalg.eigh(rows @ rows.T)
    left = left.flip(1)
    parts = left.T @ rows
    rest, count = rows, 0
    while count < len(rows) and rest.abs().amax() > PIXELS:
        rest = rest - left[:, count, None] * parts[count]
        count += 1
    scale = parts[:count].square().mean(1).sqrt()  # so that a component's numbers are about 1
    return parts[:count] / scale[:, None], left[:, :count] * scale
