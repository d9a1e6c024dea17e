"""Families that are a matrix on homogeneous coordinates (Eq. 1, 2; Sect. 3.2; Eq. 10)."""

from __future__ import annotations

import torch
from torch import Tensor

from stn_core.transforms.transform import Transform


def homogeneous(points: Tensor) -> Tensor:
    """(x, y(, z)) -> (x, y(, z), 1): (2 or 3, N) -> (3 or 4, N).

    >>> homogeneous(torch.tensor([[0.5], [0.25]])).tolist()
    [[0.5], [0.25], [1.0]]
    """
    return torch.cat([points, points.new_ones(1, points.shape[1])])


class _Homogeneous(Transform):
    """A family whose B is the target points in homogeneous coordinates."""

    target_names: tuple[str, ...] = ("x^t", "y^t", "1")

    def target_at(self, points: Tensor) -> Tensor:
        return homogeneous(points)


class Attention(_Homogeneous):
    """Isotropic scale and translation, θ = (s, t_x, t_y) (Eq. 2). The box is [t − s, t + s].

    >>> Attention().grid(torch.tensor([[0.5, 0.5, 0.0]]), (1, 2)).tolist()  # the right half
    [[[[0.25, 0.0], [0.75, 0.0]]]]
    """

    num_params = 3
    parameter_names = ("s", "t_x", "t_y")

    def matrix(self, theta: Tensor) -> Tensor:
        s, x, y = theta.unbind(1)
        zero = torch.zeros_like(s)
        return torch.stack([s, zero, x, zero, s, y], dim=1).unflatten(1, (2, 3))

    def identity(self) -> Tensor:
        return torch.tensor([1.0, 0, 0])


class FixedScaleAttention(_Homogeneous):
    """Attention whose scale is fixed, θ = (t_x, t_y) (App. A.6). The box is [t − s, t + s].

    With s < 1 no θ is the identity: ``identity`` gives the centre. Raises ValueError unless
    0 < s <= 1.

    >>> FixedScaleAttention(0.5).grid(torch.tensor([[0.5, 0.0]]), (1, 2)).tolist()
    [[[[0.25, 0.0], [0.75, 0.0]]]]
    """

    num_params = 2
    parameter_names = ("t_x", "t_y")

    def __init__(self, scale: float) -> None:
        super().__init__()
        if not 0 < scale <= 1:
            raise ValueError(f"a scale should be above 0 and at most 1, got {scale}")
        self.scale = scale

    def matrix(self, theta: Tensor) -> Tensor:
        x, y = theta.unbind(1)
        s, zero = torch.full_like(x, self.scale), torch.zeros_like(x)
        return torch.stack([s, zero, x, zero, s, y], dim=1).unflatten(1, (2, 3))

    def identity(self) -> Tensor:
        """The window in the middle: (2,)."""
        return torch.zeros(2)

    def extra_repr(self) -> str:
        return f"{self.scale:g}"


class Affine(_Homogeneous):
    """The 2 × 3 matrix of Eq. 1, θ = (θ11, θ12, θ13, θ21, θ22, θ23).

    >>> Affine().grid(Affine().identity()[None], (1, 2)).tolist()
    [[[[-0.5, 0.0], [0.5, 0.0]]]]
    """

    num_params = 6
    parameter_names = ("θ11", "θ12", "θ13", "θ21", "θ22", "θ23")

    def matrix(self, theta: Tensor) -> Tensor:
        return theta.unflatten(1, (2, 3))

    def identity(self) -> Tensor:
        return torch.tensor([1.0, 0, 0, 0, 1, 0])


class Projective(_Homogeneous):
    """A plane projective transformation: a 3 × 3 matrix, row by row, whose last entry is 1 (8).

    Where the denominator is within 1e-6 of zero (the horizon), it is held at ±1e-6.

    >>> Projective().grid(Projective().identity()[None], (1, 2)).tolist()
    [[[[-0.5, 0.0], [0.5, 0.0]]]]
    """

    num_params = 8
    divide = True
    parameter_names = ("θ11", "θ12", "θ13", "θ21", "θ22", "θ23", "θ31", "θ32")

    def matrix(self, theta: Tensor) -> Tensor:
        return torch.cat([theta, theta.new_ones(theta.shape[0], 1)], dim=1).unflatten(1, (3, 3))

    def identity(self) -> Tensor:
        return torch.tensor([1.0, 0, 0, 0, 1, 0, 0, 0])


class Affine3D(_Homogeneous):
    """The 3 × 4 matrix of Eq. 10 (App. A.3), θ its 12 entries row by row.

    >>> Affine3D().grid(Affine3D().identity()[None], (2, 2, 2)).shape
    torch.Size([1, 2, 2, 2, 3])
    """

    num_params = 12
    dimensions = 3
    target_names = ("x^t", "y^t", "z^t", "1")
    parameter_names = tuple(f"θ{r}{c}" for r in (1, 2, 3) for c in (1, 2, 3, 4))

    def matrix(self, theta: Tensor) -> Tensor:
        return theta.unflatten(1, (3, 4))

    def identity(self) -> Tensor:
        return torch.eye(3, 4).flatten()
