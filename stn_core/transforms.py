"""Parameterised sampling grids T_θ(G) = M_θ B (Sect. 3.2, Eq. 1, 2; App. A.3, Eq. 10).

Convention, kept everywhere in this library:

- Coordinates are normalised, the last axis is (x, y) or (x, y, z); x runs along the width W,
  y along the height H, z along the depth D. −1 and +1 are the *outer edges* of the border pixels
  (torch's ``align_corners=False``), so the centre of pixel i of n lies at (2i + 1)/n − 1.
- θ maps the output to the input (target -> source): s < 1 zooms in.
- Images are (B, C, H, W) and volumes (B, C, D, H, W), float32 in [0, 1], 0 being the background;
  θ is (B, P); grids are (B, H', W', 2) or (B, D', H', W', 3). A size is (H', W') or (D', H', W').

Every family is the paper's general form T_θ(G) = M_θ B: a family says what M_θ is
(:meth:`Transform.matrix`) and what B is (:meth:`Transform.target`); the rest is shared.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

MIN_DENOMINATOR = 1e-6  # a projective |w| below this becomes ±this, so that the grid stays finite
MAX_TARGETS = 16  # sizes whose B a family remembers


class ShapeError(ValueError):
    """A tensor's shape is not the one expected."""


class NonFiniteError(ValueError):
    """A tensor has NaN or infinite entries; the message names the batch items."""


def check_finite(name: str, tensor: Tensor) -> None:
    """Raise :class:`NonFiniteError` naming the items along axis 0 that are not finite.

    Not while a CUDA graph is captured: whoever replays it looks at the results.
    """
    if tensor.is_cuda and torch.cuda.is_current_stream_capturing():
        return
    if torch.isfinite(tensor.sum()):  # a fortieth of the time that a look at every number takes
        return
    finite = torch.isfinite(tensor)
    if not finite.all():  # else it was the sum that overflowed
        items = (~finite.flatten(1).all(1)).nonzero().flatten().tolist()
        shown = ", ".join(map(str, items[:8])) + (", ..." if len(items) > 8 else "")
        raise NonFiniteError(
            f"{name} must be finite; it is NaN or infinite in batch items {shown} "
            f"({len(items)} of {len(tensor)})"
        )


def regular_grid(size: tuple[int, ...], *, device=None, dtype=torch.float32) -> Tensor:
    """The regular grid G: the normalised centres of the output pixels, x first.

    size: (H', W') or (D', H', W'). Returns (2 or 3, N) with N = H'W' or D'H'W', row by row.
    """
    axes = [(2 * torch.arange(n, device=device, dtype=dtype) + 1) / n - 1 for n in size]
    coordinates = torch.meshgrid(*axes, indexing="ij")
    return torch.stack([c.flatten() for c in reversed(coordinates)])


def lattice(side: int, *, device=None, dtype=torch.float32) -> Tensor:
    """A regular side × side lattice of control points on [−1, 1]²: (side², 2), row by row."""
    axis = torch.linspace(-1, 1, side, device=device, dtype=dtype)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], dim=-1)


class MatrixForm(NamedTuple):
    """M_θ = slope · θ + offset, (R, K, P) and (R, K), to be multiplied by B and ``divide``d."""

    slope: Tensor
    offset: Tensor
    divide: bool


class LinearForm(NamedTuple):
    """T_θ(G) = basis · θ + offset, divided by its last row if ``divide``.

    basis: (N, R, P); offset: (N, R). R is 2 or 3 coordinates, or 3 rows of which two are left
    after the division.
    """

    basis: Tensor
    offset: Tensor
    divide: bool


class Transform(nn.Module):
    """A family of transformations T_θ. A subclass gives M_θ, B and the identity.

    ``num_params`` is P, ``dimensions`` 2 or 3, ``parameter_names`` the P names in order,
    ``target_names`` those of B's rows.
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
        if key not in self._targets:
            if len(self._targets) >= MAX_TARGETS:
                self._targets.clear()
            target = self.target_at(regular_grid(size, dtype=torch.float64))
            self._targets[key] = target.to(like.device, like.dtype)
        return self._targets[key]

    def points(self, theta: Tensor, size: tuple[int, ...]) -> Tensor:
        """M_θ B before any division: (B, R, N)."""
        if theta.ndim != 2 or theta.shape[1] != self.num_params:
            raise ShapeError(
                f"{self!r} expects theta (B, {self.num_params}), got {tuple(theta.shape)}"
                + _did_you_mean(theta)
            )
        if len(size) != self.dimensions:
            raise ShapeError(
                f"{self!r} makes {self.dimensions}D grids and expects a size of "
                f"{self.dimensions} numbers, got {tuple(size)}"
            )
        check_finite("theta", theta)
        return _product(self.matrix(theta), self.target(size, theta))

    def at(self, theta: Tensor, points: Tensor) -> Tensor:
        """Where T_θ takes any target points: (B, P), (2 or 3, N) -> (B, N, 2 or 3)."""
        check_finite("theta", theta)
        target = self.target_at(points).to(theta.dtype)
        return self._divided(_product(self.matrix(theta), target)).transpose(1, 2)

    def _divided(self, points: Tensor) -> Tensor:
        """Homogeneous coordinates, (B, R, N), divided by the last row; else as they are."""
        if not self.divide:
            return points
        w = points[:, -1:]
        smallest = torch.copysign(torch.full_like(w, MIN_DENOMINATOR), w)
        return points[:, :-1] / torch.where(w.abs() < MIN_DENOMINATOR, smallest, w)

    def grid(self, theta: Tensor, size: tuple[int, ...]) -> Tensor:
        """The sampling grid T_θ(G).

        theta: (B, P); size: (H', W') or (D', H', W').
        Returns (B, H', W', 2) or (B, D', H', W', 3), normalised source coordinates.
        Raises ShapeError for a θ or size of the wrong shape, NonFiniteError for a NaN in θ.
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


def _homogeneous(points: Tensor) -> Tensor:
    """(x, y(, z)) -> (x, y(, z), 1): (2 or 3, N) -> (3 or 4, N)."""
    return torch.cat([points, points.new_ones(1, points.shape[1])])


class _Homogeneous(Transform):
    """A family whose B is the target points in homogeneous coordinates."""

    target_names = ("x^t", "y^t", "1")

    def target_at(self, points: Tensor) -> Tensor:
        return _homogeneous(points)


class Attention(_Homogeneous):
    """Isotropic scale and translation, θ = (s, t_x, t_y) (Eq. 2). The box is [t − s, t + s]."""

    num_params = 3
    parameter_names = ("s", "t_x", "t_y")

    def matrix(self, theta: Tensor) -> Tensor:
        s, x, y = theta.unbind(1)
        zero = torch.zeros_like(s)
        return torch.stack([s, zero, x, zero, s, y], dim=1).unflatten(1, (2, 3))

    def identity(self) -> Tensor:
        return torch.tensor([1.0, 0, 0])


class Affine(_Homogeneous):
    """The 2 × 3 matrix of Eq. 1, θ = (θ11, θ12, θ13, θ21, θ22, θ23)."""

    num_params = 6
    parameter_names = ("θ11", "θ12", "θ13", "θ21", "θ22", "θ23")

    def matrix(self, theta: Tensor) -> Tensor:
        return theta.unflatten(1, (2, 3))

    def identity(self) -> Tensor:
        return torch.tensor([1.0, 0, 0, 0, 1, 0])


class Projective(_Homogeneous):
    """A plane projective transformation: a 3 × 3 matrix, row by row, whose last entry is 1 (8).

    Where the denominator is within 1e-6 of zero (the horizon), it is held at ±1e-6.
    """

    num_params = 8
    divide = True
    parameter_names = ("θ11", "θ12", "θ13", "θ21", "θ22", "θ23", "θ31", "θ32")

    def matrix(self, theta: Tensor) -> Tensor:
        return torch.cat([theta, theta.new_ones(len(theta), 1)], dim=1).unflatten(1, (3, 3))

    def identity(self) -> Tensor:
        return torch.tensor([1.0, 0, 0, 0, 1, 0, 0, 0])


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

    def target_at(self, points: Tensor) -> Tensor:
        controls = lattice(self.side, dtype=torch.float64)
        count = len(controls)

        def kernel(a: Tensor, b: Tensor) -> Tensor:
            squared = torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist").square()
            return torch.special.xlogy(squared, squared)  # r² log r², 0 at r = 0

        def polynomial(p: Tensor) -> Tensor:
            return torch.cat([p.new_ones(len(p), 1), p], dim=1)

        system = torch.zeros(count + 3, count + 3, dtype=torch.float64)
        system[:count, :count] = kernel(controls, controls)
        system[:count, count:] = polynomial(controls)
        system[count:, :count] = polynomial(controls).T
        targets = points.T.double()  # (N, 2)
        rows = torch.cat([kernel(targets, controls), polynomial(targets)], dim=1)  # (N, K + 3)
        # The system is symmetric: weights = rows · system⁻¹, of which the first K columns act on θ.
        return torch.linalg.solve(system, rows.T)[:count]


class LearnedBasis(Transform):
    """T_θ = M_θ B with B itself a parameter, learnt for the task at hand (end of Sect. 3.2).

    M_θ is a free 2 × rank matrix, θ its entries row by row. B starts as the homogeneous regular
    grid with small random rows below it. It keeps the output size that it was made for.

    generator: draws the random rows; without one they are zero at first.
    """

    def __init__(
        self, size: tuple[int, int], rank: int = 6, generator: torch.Generator | None = None
    ) -> None:
        super().__init__()
        if rank < 3:
            raise ValueError(f"LearnedBasis needs a rank of at least 3 (x, y, 1), got {rank}")
        self.size, self.rank = tuple(size), rank
        self.num_params = 2 * rank
        self.parameter_names = tuple(f"θ{r}{k}" for r in (1, 2) for k in range(1, rank + 1))
        self.target_names = tuple(f"B{k}" for k in range(1, rank + 1))
        start = _homogeneous(regular_grid(self.size))
        rows = torch.zeros(rank - 3, start.shape[1])
        if generator is not None:
            rows.normal_(0, 0.1, generator=generator)
        self.B = nn.Parameter(torch.cat([start, rows]))

    def extra_repr(self) -> str:
        return f"size={self.size}, rank={self.rank}"

    def matrix(self, theta: Tensor) -> Tensor:
        return theta.unflatten(1, (2, self.rank))

    def target(self, size: tuple[int, ...], like: Tensor) -> Tensor:
        if tuple(size) != self.size:
            raise ShapeError(
                f"this LearnedBasis was made for an output of {self.size}, got {tuple(size)}; "
                "its B has one column for each output pixel"
            )
        return self.B.to(like.dtype)

    def target_at(self, points: Tensor) -> Tensor:
        """B is known at its own pixels: between them it is read linearly, and so on beyond them."""
        height, width = self.size
        x, y = points
        column, row = (x + 1) * width / 2 - 0.5, (y + 1) * height / 2 - 0.5
        left = column.floor().clamp(0, max(width - 2, 0)).long()
        top = row.floor().clamp(0, max(height - 2, 0)).long()
        right, bottom = (left + 1).clamp(max=width - 1), (top + 1).clamp(max=height - 1)
        u, v = (column - left).float(), (row - top).float()
        upper = self.B[:, top * width + left] * (1 - u) + self.B[:, top * width + right] * u
        lower = self.B[:, bottom * width + left] * (1 - u) + self.B[:, bottom * width + right] * u
        return upper * (1 - v) + lower * v

    def identity(self) -> Tensor:
        return torch.eye(2, self.rank).flatten()


class Affine3D(_Homogeneous):
    """The 3 × 4 matrix of Eq. 10 (App. A.3), θ its 12 entries row by row."""

    num_params = 12
    dimensions = 3
    target_names = ("x^t", "y^t", "z^t", "1")
    parameter_names = tuple(f"θ{r}{c}" for r in (1, 2, 3) for c in (1, 2, 3, 4))

    def matrix(self, theta: Tensor) -> Tensor:
        return theta.unflatten(1, (3, 4))

    def identity(self) -> Tensor:
        return torch.eye(3, 4).flatten()


def similarity_theta(angle: Tensor, scale: Tensor, shift_x: Tensor, shift_y: Tensor) -> Tensor:
    """Affine θ that reads with a rotated, scaled and shifted frame.

    angle: radians, from x towards y (clockwise on the screen); scale and shifts normalised.
    All (B,). Returns (B, 6): [scale·R(angle) | shift].
    """
    cos, sin = scale * torch.cos(angle), scale * torch.sin(angle)
    return torch.stack([cos, -sin, shift_x, sin, cos, shift_y], dim=1)


def euler_rotation(angles: Tensor) -> Tensor:
    """Rotations about z, then y, then x: Rx · Ry · Rz. angles: radians (B, 3), x first.

    About z it goes from x towards y, about x from y towards z, about y from z towards x.
    Returns (B, 3, 3).
    """
    one, zero = torch.ones_like(angles[:, 0]), torch.zeros_like(angles[:, 0])
    (cx, cy, cz), (sx, sy, sz) = angles.cos().unbind(1), angles.sin().unbind(1)
    rows = (
        (one, zero, zero, zero, cx, -sx, zero, sx, cx),
        (cy, zero, sy, zero, one, zero, -sy, zero, cy),
        (cz, -sz, zero, sz, cz, zero, zero, zero, one),
    )
    about_x, about_y, about_z = (torch.stack(r, 1).unflatten(1, (3, 3)) for r in rows)
    return about_x @ about_y @ about_z


def rigid_theta(rotation: Tensor, shift: Tensor) -> Tensor:
    """θ of ``Affine3D`` that reads with a turned and shifted frame, lengths kept: [R | shift].

    rotation: a rotation vector (B, 3), its length the angle in radians; shift: (B, 3), normalised.
    Returns (B, 12). Differentiable, also where there is no rotation.
    """
    x, y, z = rotation.unbind(1)
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], 1).unflatten(1, (3, 3))
    # On CUDA the host would wait for the norms that matrix_exp chooses its series by.
    matrix = rodrigues(cross) if cross.is_cuda else torch.linalg.matrix_exp(cross)
    return torch.cat([matrix, shift.unsqueeze(2)], 2).flatten(1)


def rodrigues(cross: Tensor) -> Tensor:
    """The rotations exp(K) of cross-product matrices K, (B, 3, 3), by Rodrigues' formula.

    I + sin(a)/a · K + (1 − cos(a))/a² · K², its factors by their series near a = 0.
    """
    square = cross.square().sum((1, 2), keepdim=True) / 2  # a²
    small = square < 1e-3
    angle = torch.where(small, torch.ones_like(square), square).sqrt()
    first = torch.where(small, 1 - square / 6 + square.square() / 120, angle.sin() / angle)
    second = torch.where(
        small, 0.5 - square / 24 + square.square() / 720, (1 - angle.cos()) / angle.square()
    )
    identity = torch.eye(3, device=cross.device, dtype=cross.dtype)
    return identity + first * cross + second * cross @ cross


def facing_degrees(theta: Tensor, other: Tensor) -> Tensor:
    """Angle between the axes along which two ``Affine3D`` read their depth: (B, 12) each -> (B,).

    The axis is the third column of Eq. 10's matrix. Summed along it, what faces the one is seen
    from so many degrees aside by the other; about the axis both may be turned as they like.
    """
    one, two = (t.unflatten(1, (3, 4))[:, :, 2].double() for t in (theta, other))
    across = torch.linalg.vector_norm(torch.linalg.cross(one, two), dim=1)
    return torch.rad2deg(torch.atan2(across, (one * two).sum(1)))


def invert_affine(theta: Tensor) -> Tensor:
    """The affine θ of the inverse map: (B, 6) -> (B, 6)."""
    a, b, x, c, d, y = theta.unbind(1)
    determinant = a * d - b * c
    ia, ib, ic, id_ = d / determinant, -b / determinant, -c / determinant, a / determinant
    return torch.stack([ia, ib, -(ia * x + ib * y), ic, id_, -(ic * x + id_ * y)], dim=1)


def decompose_affine(theta: Tensor) -> dict[str, Tensor]:
    """θ of Eq. 1 as a rotation, two scales, a shear and a translation: each (B,).

    The left 2 × 2 part is R(angle) · [[1, shear], [0, 1]] · diag(scale_x, scale_y); the angle is
    in degrees, from x towards y, the translation normalised.
    """
    a, b, x, c, d, y = theta.unbind(1)
    scale_x = torch.hypot(a, c)
    determinant = a * d - b * c
    scale_y = determinant / scale_x
    return {
        "angle_degrees": torch.atan2(c, a) * 180 / math.pi,
        "scale_x": scale_x,
        "scale_y": scale_y,
        "shear": (a * b + c * d) / (scale_x * scale_y),
        "shift_x": x,
        "shift_y": y,
    }
