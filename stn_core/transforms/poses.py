"""θ from angles, scales and shifts, and back: rotations, rigid motions, affine maps."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from stn_core.transforms.grids import is_traced


def similarity_theta(angle: Tensor, scale: Tensor, shift_x: Tensor, shift_y: Tensor) -> Tensor:
    """Affine θ that reads with a rotated, scaled and shifted frame.

    angle: radians, from x towards y (clockwise on the screen); scale and shifts normalised.
    All (B,). Returns (B, 6): [scale·R(angle) | shift].

    >>> angle, scale, shift = torch.zeros(1), torch.tensor([0.5]), torch.tensor([0.25])
    >>> similarity_theta(angle, scale, shift, -shift).tolist()
    [[0.5, -0.0, 0.25, 0.0, 0.5, -0.25]]
    """
    cos, sin = scale * torch.cos(angle), scale * torch.sin(angle)
    return torch.stack([cos, -sin, shift_x, sin, cos, shift_y], dim=1)


def euler_rotation(angles: Tensor) -> Tensor:
    """Rotations about z, then y, then x: Rx · Ry · Rz. angles: radians (B, 3), x first.

    About z it goes from x towards y, about x from y towards z, about y from z towards x.
    Returns (B, 3, 3).

    >>> euler_rotation(torch.zeros(1, 3)).squeeze().tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
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

    >>> quarter = torch.tensor([[0.0, 0.0, math.pi / 2]])  # about z
    >>> rigid_theta(quarter, torch.zeros(1, 3)).round().int().unflatten(1, (3, 4))[0, :2].tolist()
    [[0, -1, 0, 0], [1, 0, 0, 0]]
    """
    x, y, z = rotation.unbind(1)
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], 1).unflatten(1, (3, 3))
    # On CUDA the host would wait for the norms that matrix_exp chooses its series by, and a trace
    # cannot wait for them.
    closed = cross.is_cuda or is_traced(cross)
    matrix = rodrigues(cross) if closed else torch.linalg.matrix_exp(cross)
    return torch.cat([matrix, shift.unsqueeze(2)], 2).flatten(1)


def rodrigues(cross: Tensor) -> Tensor:
    """The rotations exp(K) of cross-product matrices K, (B, 3, 3), by Rodrigues' formula.

    I + sin(a)/a · K + (1 − cos(a))/a² · K², its factors by their series near a = 0.

    >>> torch.equal(rodrigues(torch.zeros(1, 3, 3))[0], torch.eye(3))
    True
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

    >>> straight = rigid_theta(torch.zeros(1, 3), torch.zeros(1, 3))
    >>> turned = rigid_theta(torch.tensor([[math.pi / 6, 0.0, 0.0]]), torch.zeros(1, 3))
    >>> round(facing_degrees(straight, turned).item())
    30
    """
    one, two = (t.unflatten(1, (3, 4))[:, :, 2].double() for t in (theta, other))
    across = torch.linalg.vector_norm(torch.linalg.cross(one, two), dim=1)
    return torch.rad2deg(torch.atan2(across, (one * two).sum(1)))


def invert_affine(theta: Tensor) -> Tensor:
    """The affine θ of the inverse map: (B, 6) -> (B, 6).

    >>> invert_affine(torch.tensor([[2.0, 0, 1, 0, 2, 0]])).tolist()
    [[0.5, -0.0, -0.5, -0.0, 0.5, -0.0]]
    """
    a, b, x, c, d, y = theta.unbind(1)
    determinant = a * d - b * c
    ia, ib, ic, id_ = d / determinant, -b / determinant, -c / determinant, a / determinant
    return torch.stack([ia, ib, -(ia * x + ib * y), ic, id_, -(ic * x + id_ * y)], dim=1)


def decompose_affine(theta: Tensor) -> dict[str, Tensor]:
    """θ of Eq. 1 as a rotation, two scales, a shear and a translation: each (B,).

    The left 2 × 2 part is R(angle) · [[1, shear], [0, 1]] · diag(scale_x, scale_y); the angle is
    in degrees, from x towards y, the translation normalised.

    >>> round(decompose_affine(torch.tensor([[0.0, -1, 0, 1, 0, 0]]))["angle_degrees"].item())
    90
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
