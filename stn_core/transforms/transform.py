"""What every family of transformations shares: T_θ(G) = M_θ B, made from M_θ and B (Sect. 3.2)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from stn_core.transforms.grids import (
    ShapeError,
    at_least_float32,
    check_finite,
    check_floating,
    is_traced,
    regular_grid,
)

MIN_DENOMINATOR = 1e-6  # a projective |w| below this becomes ±this, so that the grid stays finite
MAX_TARGETS = 16  # sizes whose B a family remembers


class MatrixForm(NamedTuple):
    """M_θ = slope · θ + offset, (R, K, P) and (R, K), to be multiplied by B and ``divide``d.

    >>> from stn_core import Attention
    >>> Attention().matrix_form().slope.shape  # M_θ is 2 × 3, θ has 3 numbers
    torch.Size([2, 3, 3])
    """

    slope: Tensor
    offset: Tensor
    divide: bool


class LinearForm(NamedTuple):
    """T_θ(G) = basis · θ + offset, divided by its last row if ``divide``.

    basis: (N, R, P); offset: (N, R). R is 2 or 3 coordinates, or 3 rows of which two are left
    after the division.

    >>> from stn_core import Attention
    >>> Attention().linear_form((4, 5)).basis.shape  # 20 pixels, (x, y), 3 numbers
    torch.Size([20, 2, 3])
    """

    basis: Tensor
    offset: Tensor
    divide: bool


class Transform(nn.Module):
    """A family of transformations T_θ. A subclass gives M_θ, B and the identity.

    ``num_params`` is P, ``dimensions`` 2 or 3, ``parameter_names`` the P names in order,
    ``target_names`` those of B's rows.

    >>> class Shift(Transform):
    ...     num_params, parameter_names, target_names = 2, ("x", "y"), ("x^t", "y^t", "1")
    ...     def matrix(self, theta):
    ...         return torch.cat([torch.eye(2).expand(len(theta), 2, 2), theta.unsqueeze(2)], 2)
    ...     def target_at(self, points):
    ...         return torch.cat([points, torch.ones_like(points[:1])])
    ...     def identity(self):
    ...         return torch.zeros(2)
    >>> Shift().grid(torch.tensor([[0.5, 0.0]]), (1, 2)).flatten().tolist()
    [0.0, 0.0, 1.0, 0.0]
    """

    num_params: int
    dimensions = 2
    divide = False  # homogeneous coordinates, to be divided by the last row
    parameter_names: tuple[str, ...]
    target_names: tuple[str, ...]

    def __init__(self) -> None:
        super().__init__()
        self._targets: dict[tuple, Tensor] = {}

    def matrix(self, theta: Tensor) -> Tensor:
        """M_θ: (B, P) -> (B, R, K), affine in θ."""
        raise NotImplementedError

    def target_at(self, points: Tensor) -> Tensor:
        """The target grid representation B at any target points: (2 or 3, N) -> (K, N)."""
        raise NotImplementedError

    def identity(self) -> Tensor:
        """The θ for which T_θ(G) = G: (P,) float32."""
        raise NotImplementedError

    def target(self, size: tuple[int, ...], like: Tensor) -> Tensor:
        """B for an output of this size, made once for each device and dtype: (K, N)."""
        key = (tuple(size), like.device, like.dtype)
        target = self._targets.get(key)
        if target is not None:
            return target
        if is_traced(like):  # what is made now belongs to the trace
            return self._made_target(size, like)
        # Remembered for whatever comes next, so not as inference mode's, which has no gradient.
        with torch.inference_mode(False):
            target = self._made_target(size, like)
        if len(self._targets) >= MAX_TARGETS:
            self._targets.clear()
        self._targets[key] = target
        return target

    def _made_target(self, size: tuple[int, ...], like: Tensor) -> Tensor:
        points = regular_grid(size, device="cpu", dtype=torch.float64)
        return self.target_at(points).to(like.device, like.dtype)

    def points(self, theta: Tensor, size: tuple[int, ...]) -> Tensor:
        """M_θ B before any division: (B, R, N)."""
        theta = self._checked(theta)
        if len(size) != self.dimensions:
            raise ShapeError(
                f"{self!r} makes {self.dimensions}D grids and expects a size with "
                f"{self.dimensions} numbers, got {tuple(size)}"
            )
        return _product(self.matrix(theta), self.target(size, theta))

    def _checked(self, theta: Tensor) -> Tensor:
        """θ of the right shape, floating-point and finite, and in float32 at least."""
        if theta.ndim != 2 or theta.shape[1] != self.num_params:
            raise ShapeError(
                f"{self!r} expects theta (B, {self.num_params}), got {tuple(theta.shape)}"
                + _did_you_mean(theta)
            )
        check_floating("theta", theta, "use theta.float()")
        check_finite("theta", theta)
        return at_least_float32(theta)

    def at(self, theta: Tensor, points: Tensor) -> Tensor:
        """Where T_θ takes any target points: (B, P), (2 or 3, N) -> (B, N, 2 or 3).

        Raises as ``grid`` does, and ShapeError or DtypeError for such points.
        """
        theta = self._checked(theta)
        if points.ndim != 2 or points.shape[0] != self.dimensions:
            raise ShapeError(
                f"{self!r} expects points ({self.dimensions}, N), got {tuple(points.shape)}"
            )
        check_floating("points", points, "use points.float()")
        target = self.target_at(points).to(theta.dtype)
        return self._divided(_product(self.matrix(theta), target)).transpose(1, 2)

    def _divided(self, points: Tensor) -> Tensor:
        """Homogeneous coordinates, (B, R, N), divided by the last row; else as they are."""
        if not self.divide:
            return points
        w = points[:, -1:]
        smallest = torch.where(w < 0, -MIN_DENOMINATOR, MIN_DENOMINATOR).to(w.dtype)
        return points[:, :-1] / torch.where(w.abs() < MIN_DENOMINATOR, smallest, w)

    def grid(self, theta: Tensor, size: tuple[int, ...]) -> Tensor:
        """The sampling grid T_θ(G).

        theta: (B, P); size: (H', W') or (D', H', W').
        Returns (B, H', W', 2) or (B, D', H', W', 3), normalised source coordinates, in float32 also
        for a θ of half precision.
        Raises ShapeError for a θ or size of the wrong shape, DtypeError for a θ of integers,
        NonFiniteError for a NaN in θ.
        """
        points = self._divided(self.points(theta, size))
        return points.transpose(1, 2).unflatten(1, tuple(size))  # (B, 2, N) -> (B, H', W', 2)

    def matrix_form(self) -> MatrixForm:
        """M_θ written as slope · θ + offset: T_θ = M_θ B for whoever knows no families."""
        # M_θ is affine in θ, so its values at 0 and at the unit vectors say all of it.
        probes = torch.cat([torch.zeros(1, self.num_params), torch.eye(self.num_params)])
        matrices = self.matrix(probes)  # (1 + P, R, K)
        slope = (matrices[1:] - matrices[:1]).permute(1, 2, 0).contiguous()
        return MatrixForm(slope, matrices[0].contiguous(), self.divide)

    def linear_form(self, size: tuple[int, ...]) -> LinearForm:
        """T_θ(G) written as basis · θ + offset; ``matrix_form`` and B are its smaller factors."""
        slope, offset, divide = self.matrix_form()
        target = self.target(size, slope).detach().cpu()
        return LinearForm(
            basis=torch.einsum("rkp,kn->nrp", slope, target),
            offset=torch.einsum("rk,kn->nr", offset, target),
            divide=divide,
        )


def _product(matrix: Tensor, target: Tensor) -> Tensor:
    """M_θ B as one product of all rows of the batch: (B, R, K) @ (K, N) -> (B, R, N)."""
    return (matrix.flatten(0, 1) @ target).unflatten(0, matrix.shape[:2])


def _did_you_mean(theta: Tensor) -> str:
    names = {3: "Attention", 6: "Affine", 8: "Projective", 12: "Affine3D", 32: "ThinPlateSpline"}
    name = names.get(theta.shape[1]) if theta.ndim == 2 else None
    return f"; did you mean {name}?" if name else ""
