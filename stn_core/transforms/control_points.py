"""Families whose θ is where control points go: piecewise affine, thin plate spline (Sect. 3.2)."""

from __future__ import annotations

import torch
from torch import Tensor

from stn_core.transforms.grids import lattice
from stn_core.transforms.transform import Transform


class _ControlPoints(Transform):
    """θ is where the source of each control point lies: (x, y), row by row of a regular lattice."""

    def __init__(self, side: int = 4) -> None:
        super().__init__()
        if side < 2:
            raise ValueError(f"{type(self).__name__} needs a lattice of at least 2 × 2, got {side}")
        self.side = side
        self.num_params = 2 * side * side
        self.target_names = tuple(f"B{k + 1}" for k in range(side * side))
        self.parameter_names = tuple(
            f"{axis}{row + 1}{column + 1}"
            for row in range(side)
            for column in range(side)
            for axis in "xy"
        )

    def extra_repr(self) -> str:
        return f"side={self.side}"

    def matrix(self, theta: Tensor) -> Tensor:
        return theta.unflatten(1, (-1, 2)).transpose(1, 2)  # (B, 2K) -> (B, 2, K)

    def identity(self) -> Tensor:
        return lattice(self.side).flatten()


class PiecewiseAffine(_ControlPoints):
    """A regular lattice of control points, each triangle between them affine (Sect. 3.2).

    Each cell is cut from its first corner (−x, −y) to its last. B holds, for every output pixel,
    the barycentric weights of the three control points around it.
    """

    def target_at(self, points: Tensor) -> Tensor:
        side, cells = self.side, self.side - 1
        x, y = (points + 1) * cells / 2  # in units of cells
        column, row = (v.floor().clamp(0, cells - 1) for v in (x, y))
        u, v = x - column, y - row  # in [0, 1] within the cell
        first = (row * side + column).long()
        # Above the diagonal (u >= v) the third corner is the one to the right, else the one below.
        third = torch.where(u >= v, first + 1, first + side)
        target = points.new_zeros(side * side, x.numel())
        pixel = torch.arange(x.numel())
        target[first, pixel] = 1 - torch.maximum(u, v)
        target[first + side + 1, pixel] = torch.minimum(u, v)
        target[third, pixel] = (u - v).abs()
        return target


class ThinPlateSpline(_ControlPoints):
    """The thin plate spline through side² control points, 16 by default (Sect. 4.1, [2]).

    Exact interpolation with the least bending energy. B holds, for every output pixel, the weight
    of each control point; the linear system is solved once, in float64.
    """

    def __init__(self, side: int = 4) -> None:
        super().__init__(side)
        controls = lattice(side, device="cpu", dtype=torch.float64)
        system = torch.zeros(
            len(controls) + 3, len(controls) + 3, device="cpu", dtype=torch.float64
        )
        system[: len(controls), : len(controls)] = radial(controls, controls)
        system[: len(controls), len(controls) :] = polynomial(controls)
        system[len(controls) :, : len(controls)] = polynomial(controls).T
        self._controls = controls
        # weights = rows · system⁻¹, of which the first K columns act on θ: (K + 3, K)
        self._solved = torch.linalg.inv(system)[:, : len(controls)]

    def target_at(self, points: Tensor) -> Tensor:
        targets = points.T.double()  # (N, 2)
        controls, solved = self._controls.to(points.device), self._solved.to(points.device)
        rows = torch.cat([radial(targets, controls), polynomial(targets)], dim=1)  # (N, K + 3)
        return (rows @ solved).T


def radial(points: Tensor, others: Tensor) -> Tensor:
    """r² log r² of the distances between points, 0 at r = 0: (N, 2), (K, 2) -> (N, K)."""
    squared = (points.unsqueeze(1) - others).square().sum(-1)
    return squared * squared.clamp(min=torch.finfo(squared.dtype).tiny).log()


def polynomial(points: Tensor) -> Tensor:
    """(N, 2) -> (1, x, y): (N, 3)."""
    return torch.cat([points.new_ones(points.shape[0], 1), points], dim=1)
