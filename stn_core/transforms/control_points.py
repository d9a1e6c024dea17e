"""Families whose θ is where control points go: piecewise affine, thin plate spline (Sect. 3.2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from stn_core.transforms.grids import NonFiniteError, ShapeError, lattice
from stn_core.transforms.transform import Transform


class _ControlPoints(Transform):
    """θ is where the source of each control point lies: (x, y), one after the other.

    ``controls``: where they lie in the output, (K, 2), float64 on the CPU; ``control_names``: one
    for each, on a lattice its row and column; ``side``: of a square lattice, or its (rows,
    columns), None where the points are free.
    """

    def __init__(
        self, controls: Tensor, side: int | tuple[int, int] | None, names: Iterable[str]
    ) -> None:
        super().__init__()
        self.controls, self.side = controls, side
        self.control_names = tuple(names)
        self.num_params = 2 * len(controls)
        self.target_names = tuple(f"B{k + 1}" for k in range(len(controls)))
        short = [name.replace(", ", "") for name in self.control_names]
        if len(set(short)) < len(short):  # 1, 11 and 11, 1
            short = [name.replace(" ", "") for name in self.control_names]
        self.parameter_names = tuple(f"{axis}{name}" for name in short for axis in "xy")

    def extra_repr(self) -> str:
        return f"side={self.side}" if self.side else f"points={len(self.controls)}"

    def matrix(self, theta: Tensor) -> Tensor:
        return theta.unflatten(1, (-1, 2)).transpose(1, 2)  # (B, 2K) -> (B, 2, K)

    def identity(self) -> Tensor:
        if self.side is None:
            return self.controls.float().flatten()
        return lattice(self.side, device="cpu").flatten()


def _lattice(kind: type, side: int | tuple[int, int]) -> tuple[Tensor, list[str]]:
    """The points of a lattice and their names. Raises ValueError for one without a cell."""
    rows, columns = (side, side) if isinstance(side, int) else side
    if min(rows, columns) < 2:
        raise ValueError(f"{kind.__name__} needs a lattice of at least 2 × 2, got {side}")
    names = [f"{row + 1}, {column + 1}" for row in range(rows) for column in range(columns)]
    return lattice((rows, columns), device="cpu", dtype=torch.float64), names


class PiecewiseAffine(_ControlPoints):
    """A regular lattice of control points, each triangle between them affine (Sect. 3.2).

    side: of a square lattice, or (rows, columns). Each cell is cut from its first corner (−x, −y)
    to its last. B holds, for every output pixel, the barycentric weights of the three control
    points around it.

    >>> PiecewiseAffine((2, 3)).identity().tolist()
    [-1.0, -1.0, 0.0, -1.0, 1.0, -1.0, -1.0, 1.0, 0.0, 1.0, 1.0, 1.0]
    """

    def __init__(self, side: int | tuple[int, int] = 4) -> None:
        points, names = _lattice(type(self), side)
        super().__init__(points, side, names)
        self._shape = (side, side) if isinstance(side, int) else side

    def target_at(self, points: Tensor) -> Tensor:
        rows, columns = self._shape
        x, y = (points[0] + 1) * (columns - 1) / 2, (points[1] + 1) * (rows - 1) / 2  # in cells
        column, row = x.floor().clamp(0, columns - 2), y.floor().clamp(0, rows - 2)
        u, v = x - column, y - row  # in [0, 1] within the cell
        first = (row * columns + column).long()
        # Above the diagonal (u >= v) the third corner is the one to the right, else the one below.
        third = torch.where(u >= v, first + 1, first + columns)
        target = points.new_zeros(rows * columns, x.numel())
        pixel = torch.arange(x.numel(), device=points.device)
        target[first, pixel] = 1 - torch.maximum(u, v)
        target[first + columns + 1, pixel] = torch.minimum(u, v)
        target[third, pixel] = (u - v).abs()
        return target


class ThinPlateSpline(_ControlPoints):
    """The thin plate spline through control points, a lattice of 4 × 4 by default (Sect. 4.1, [2]).

    side: of a square lattice on [−1, 1]², or its (rows, columns); points: in place of a lattice any
    control points, (K, 2), x first, in the output's coordinates, at least three that are on no
    line: ``0.9 * lattice((2, 10))``, say. θ is where each of them is read.

    Exact interpolation with the least bending energy. B holds, for every output pixel, the weight
    of each control point; the linear system is solved once, in float64.

    >>> ThinPlateSpline().num_params, ThinPlateSpline((2, 10)).num_params
    (32, 40)
    >>> ThinPlateSpline(points=0.9 * lattice((2, 10)))
    ThinPlateSpline(points=20)
    """

    def __init__(
        self, side: int | tuple[int, int] = 4, *, points: Tensor | Sequence | None = None
    ) -> None:
        if points is None:
            controls, names = _lattice(type(self), side)
            super().__init__(controls, side, names)
        else:
            controls = _free_points(points)
            super().__init__(controls, None, (str(k + 1) for k in range(len(controls))))
        count = len(controls)
        system = torch.zeros(count + 3, count + 3, device="cpu", dtype=torch.float64)
        system[:count, :count] = radial(controls, controls)
        system[:count, count:] = polynomial(controls)
        system[count:, :count] = polynomial(controls).T
        # weights = rows · system⁻¹, of which the first K columns act on θ: (K + 3, K)
        self._solved = torch.linalg.inv(system)[:, :count]

    def target_at(self, points: Tensor) -> Tensor:
        targets = points.T.double()  # (N, 2)
        controls, solved = self.controls.to(points.device), self._solved.to(points.device)
        rows = torch.cat([radial(targets, controls), polynomial(targets)], dim=1)  # (N, K + 3)
        return (rows @ solved).T


def _free_points(points: Tensor | Sequence) -> Tensor:
    """Control points as (K, 2), float64 on the CPU. Raises ValueError for those of no spline."""
    controls = torch.as_tensor(points).detach().to("cpu", torch.float64).clone()
    if controls.ndim != 2 or controls.shape[1] != 2:
        raise ShapeError(f"ThinPlateSpline expects points (K, 2), got {tuple(controls.shape)}")
    if not torch.isfinite(controls).all():
        raise NonFiniteError("ThinPlateSpline expects finite points")
    if len(controls) < 3 or torch.linalg.matrix_rank(polynomial(controls), rtol=1e-6) < 3:
        raise ValueError("ThinPlateSpline expects at least three points that are not on one line")
    if torch.pdist(controls).min() < 1e-6:
        raise ValueError("ThinPlateSpline expects distinct points; two are the same")
    return controls


def radial(points: Tensor, others: Tensor) -> Tensor:
    """r² log r² of the distances between points, 0 at r = 0: (N, 2), (K, 2) -> (N, K).

    >>> radial(torch.zeros(1, 2), torch.tensor([[1.0, 0.0], [0.0, 1.0]])).tolist()
    [[0.0, 0.0]]
    """
    squared = (points.unsqueeze(1) - others).square().sum(-1)
    return squared * squared.clamp(min=torch.finfo(squared.dtype).tiny).log()


def polynomial(points: Tensor) -> Tensor:
    """(N, 2) -> (1, x, y): (N, 3).

    >>> polynomial(torch.tensor([[0.5, 0.25]])).tolist()
    [[1.0, 0.5, 0.25]]
    """
    return torch.cat([points.new_ones(points.shape[0], 1), points], dim=1)
