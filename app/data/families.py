"""The families of the page on the transformer, each with its equation and first θ; its presets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

QUADRATIC_RANK = 6


@dataclass(frozen=True)
class Family:
    """A family of T_θ. equation: its own, in LaTeX; start: the θ that is shown at first."""

    name: str
    make: Callable
    equation: str
    words: str
    start: tuple[float, ...] = field(default=())


def _quadratic(size: tuple[int, int]):
    """M_θ B whose B has the rows x, y, 1, x², xy, y²: one that is bent."""
    import torch

    from stn_core.transforms import LearnedBasis, regular_grid

    transform = LearnedBasis(size, rank=QUADRATIC_RANK)
    x, y = regular_grid(size)
    with torch.no_grad():
        transform.B[3:] = torch.stack([x * x, x * y, y * y])
    return transform


def families() -> dict[str, Family]:
    from stn_core.transforms import (
        Affine,
        Attention,
        PiecewiseAffine,
        Projective,
        ThinPlateSpline,
    )

    spline, pieces = ThinPlateSpline(4), PiecewiseAffine(4)
    listed = [
        Family(
            "Affine",
            lambda size: Affine(),
            r"\begin{bmatrix}x^s\\y^s\end{bmatrix}=\begin{bmatrix}\theta_{11}&\theta_{12}&"
            r"\theta_{13}\\\theta_{21}&\theta_{22}&\theta_{23}\end{bmatrix}"
            r"\begin{bmatrix}x^t\\y^t\\1\end{bmatrix}",
            "Eq. 1: crop, translation, rotation, scale and shear. Parallel lines stay parallel.",
            _pose(-25, 0.75, 0.75, 0.25, 0.1, 0.0),
        ),
        Family(
            "Attention",
            lambda size: Attention(),
            r"A_\theta=\begin{bmatrix}s&0&t_x\\0&s&t_y\end{bmatrix}",
            "Eq. 2: a box, $[t-s,\\,t+s]$ along each axis; crop, translation and one scale.",
            (0.5, -0.1, 0.1),
        ),
        Family(
            "Projective",
            lambda size: Projective(),
            r"x^s=\frac{\theta_{11}x^t+\theta_{12}y^t+\theta_{13}}{\theta_{31}x^t+\theta_{32}y^t+1}",
            "A plane seen at an angle. Straight lines stay straight; parallel lines need not stay "
            "parallel.",
            (0.8, 0.1, 0.0, 0.0, 0.7, 0.0, 0.0, 0.35),
        ),
        Family(
            "Piecewise affine",
            lambda size: pieces,
            r"T_\theta(G)=M_\theta B",
            "16 control points. Each triangle between them has its own affine map; $B_k$ is 1 at "
            "control point $k$ and falls to 0 at its neighbours.",
            _bent(0.12),
        ),
        Family(
            "Thin plate spline",
            lambda size: spline,
            r"\begin{aligned}T_\theta(G)&=M_\theta B\\B_k(p)&=a_k^\top\!(p,1)+\textstyle\sum_j"
            r"w_{kj}\,\varphi(|p-c_j|)\\\varphi(r)&=r^2\log r^2\end{aligned}",
            "16 control points $c_j$, interpolated by the surface that bends least (Sect. 4.1).",
            _bent(0.12),
        ),
        Family(
            "General",
            _quadratic,
            r"T_\theta(G)=M_\theta B",
            "Any target representation $B$ (end of Sect. 3.2). Here its rows are $x, y, 1, x^2, "
            "xy, y^2$; a network can also learn them.",
            (0.8, 0.0, 0.0, 0.0, 0.35, 0.0, 0.0, 0.8, 0.0, -0.2, 0.0, 0.2),
        ),
    ]
    return {family.name: family for family in listed}


def _pose(degrees: float, scale_x: float, scale_y: float, shear: float, x: float, y: float):
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    matrix = (
        np.array([[cos, -sin], [sin, cos]]) @ [[1, shear], [0, 1]] @ np.diag([scale_x, scale_y])
    )
    return tuple(float(v) for v in np.column_stack([matrix, [x, y]]).flatten())


def _bent(depth: float) -> tuple[float, ...]:
    """16 control points on waves of this depth."""
    row, column = np.mgrid[0:4, 0:4]
    x, y = 2 * column / 3 - 1, 2 * row / 3 - 1
    x, y = 0.85 * x + depth * np.sin(np.pi * y), 0.85 * y + depth * np.sin(np.pi * x)
    return tuple(float(v) for v in np.stack([x, y], -1).flatten().round(3))


def _folded() -> tuple[float, ...]:
    """The inner control points of the middle columns have changed places."""
    points = np.array(_bent(0.0)).reshape(4, 4, 2)
    points[1:3, [1, 2]] = points[1:3, [2, 1]]
    return tuple(float(v) for v in points.flatten())


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A state of the page, with what to look at in it."""

    words: str
    family: str
    theta: tuple[float, ...]
    image: str = "Test card"
    kernel: str = "bilinear"
    size: str = "1"
    pool: str = "none"
    gradient: bool = False


PRESETS = {
    "Fig. 3(a)": Preset(
        words="At the identity, where θ starts, each output pixel reads the same place in the "
        "image, so V equals U. Drag the grid, and V changes.",
        family="Affine",
        theta=(1, 0, 0, 0, 1, 0),
    ),
    "Fig. 3(b)": Preset(
        words="An affine grid. The yellow corner is the top left corner of V. Find it on U.",
        family="Affine",
        theta=_pose(-25, 0.75, 0.75, 0.25, 0.1, 0.0),
    ),
    "Attention crop": Preset(
        words="A scale s < 1 zooms in: V is the box on U, enlarged. Drag the box.",
        family="Attention",
        theta=(0.45, -0.05, 0.0),
    ),
    "Mirror": Preset(
        words="A negative determinant flips the grid (tinted), and V shows the F mirrored.",
        family="Affine",
        theta=(-1, 0, 0, 0, 1, 0),
    ),
    "Zoom out": Preset(
        words="A scale s > 1 reads outside U, where pixels are 0. Compare with the padding "
        "*border*.",
        family="Attention",
        theta=(1.7, 0.0, 0.0),
    ),
    "Horizon": Preset(
        words="The horizon is where the denominator is 0. Beyond it (tinted), the plane appears "
        "upside down.",
        family="Projective",
        theta=(0.6, 0, 0, 0, 0.6, 0, 0, 1.6),
    ),
    "Fold": Preset(
        words="Where two control points have changed places, the grid folds, and the tinted part "
        "is flipped. Drag the points apart.",
        family="Thin plate spline",
        theta=_folded(),
    ),
    "Aliasing": Preset(
        words="At size ¼, the bilinear kernel reads 4 pixels of U for each output pixel and skips "
        "12, so false rings appear (aliasing, Sect. 3.4). Choose the tent kernel with Φ = 4, or "
        "size 1 with 4 × 4 pooling.",
        family="Affine",
        theta=(1, 0, 0, 0, 1, 0),
        image="Rings",
        size="¼",
    ),
    "Pull": Preset(
        words="When the grid is close, the arrows point the right way. Press *Descend*, and θ "
        "reaches the target.",
        family="Affine",
        theta=_pose(12, 0.9, 0.95, 0.05, 0.1, -0.08),
        image="Digit",
        gradient=True,
    ),
    "Too far": Preset(
        words="As long as V and the target do not overlap, the gradient has no direction to "
        "follow. Press *Descend*.",
        family="Affine",
        theta=(1, 0, 1.5, 0, 1, 1.4),
        image="Digit",
        gradient=True,
    ),
    "Dead gradient": Preset(
        words="The same as *Pull*, with the integer kernel: the gradient is zero, so there are no "
        "arrows.",
        family="Affine",
        theta=_pose(12, 0.9, 0.95, 0.05, 0.1, -0.08),
        image="Digit",
        kernel="integer",
        gradient=True,
    ),
}
