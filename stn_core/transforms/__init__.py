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

from stn_core.transforms.control_points import PiecewiseAffine, ThinPlateSpline
from stn_core.transforms.grids import (
    DtypeError,
    NonFiniteError,
    ShapeError,
    at_least_float32,
    check_finite,
    check_floating,
    lattice,
    regular_grid,
)
from stn_core.transforms.learned_basis import LearnedBasis
from stn_core.transforms.matrices import (
    Affine,
    Affine3D,
    Attention,
    FixedScaleAttention,
    Projective,
)
from stn_core.transforms.poses import (
    decompose_affine,
    euler_rotation,
    facing_degrees,
    invert_affine,
    rigid_theta,
    rodrigues,
    similarity_theta,
)
from stn_core.transforms.transform import MIN_DENOMINATOR, LinearForm, MatrixForm, Transform

__all__ = [
    "MIN_DENOMINATOR",
    "Affine",
    "Affine3D",
    "Attention",
    "DtypeError",
    "FixedScaleAttention",
    "LearnedBasis",
    "LinearForm",
    "MatrixForm",
    "NonFiniteError",
    "PiecewiseAffine",
    "Projective",
    "ShapeError",
    "ThinPlateSpline",
    "Transform",
    "at_least_float32",
    "check_finite",
    "check_floating",
    "decompose_affine",
    "euler_rotation",
    "facing_degrees",
    "invert_affine",
    "lattice",
    "regular_grid",
    "rigid_theta",
    "rodrigues",
    "similarity_theta",
]
