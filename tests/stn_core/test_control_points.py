"""Families of control points against SciPy's and their definitions (Sect. 3.2, 4.1)."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.interpolate import RBFInterpolator

from stn_core.transforms import (
    NonFiniteError,
    PiecewiseAffine,
    ShapeError,
    ThinPlateSpline,
    lattice,
)
from tests.stn_core.reference_grids import SIZES, around_identity, regular

# Control points that are not a square lattice, as in other people's networks.
CONTROLS = {
    "pieces of 3 x 5": lambda: PiecewiseAffine((3, 5)),
    "spline of 2 x 10": lambda: ThinPlateSpline((2, 10)),
    "spline of 12 x 11": lambda: ThinPlateSpline((12, 11)),
    "spline up to 0.9": lambda: ThinPlateSpline(points=0.9 * lattice(4)),
    "spline of any 20": lambda: ThinPlateSpline(points=np.random.default_rng(0).random((20, 2))),
    "spline of 3": lambda: ThinPlateSpline(points=[[-1, -1], [1, -1], [0, 1]]),
}


def test_rectangular_lattice_runs_row_by_row():
    assert lattice((2, 3)).tolist() == [[-1, -1], [0, -1], [1, -1], [-1, 1], [0, 1], [1, 1]]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", CONTROLS)
def test_identity_of_any_control_points_gives_the_regular_grid(name, size):
    transform = CONTROLS[name]()
    grid = transform.grid(transform.identity()[None], size)
    np.testing.assert_allclose(grid[0], regular(*size), atol=1e-5)
    assert len(set(transform.parameter_names)) == transform.num_params == len(transform.identity())


@pytest.mark.parametrize("side", [2, 3, 5])
def test_piecewise_affine_is_exact_at_its_control_points(side):
    weights = PiecewiseAffine(side).target_at(lattice(side, dtype=torch.float64).T)
    np.testing.assert_allclose(weights, np.eye(side**2), atol=1e-12)


@pytest.mark.parametrize("side", [2, 3, 4])
def test_piecewise_affine_is_affine_in_each_triangle(side, generator):
    transform = PiecewiseAffine(side)
    theta = around_identity(transform, 1, generator)
    sources = theta.numpy().reshape(-1, 2)
    controls = np.stack(np.meshgrid(*[np.linspace(-1, 1, side)] * 2), axis=-1).reshape(-1, 2)
    triangles = []
    for row in range(side - 1):
        for column in range(side - 1):
            first = row * side + column
            last = first + side + 1  # the diagonal runs from the first corner to the last
            triangles += [(first, first + 1, last), (first, first + side, last)]

    def expected(point: np.ndarray) -> np.ndarray:
        for triangle in triangles:
            corners = np.vstack([controls[list(triangle)].T, np.ones(3)])
            weights = np.linalg.solve(corners, [*point, 1])
            if (weights > -1e-9).all():
                return weights @ sources[list(triangle)]
        raise AssertionError(f"{point} is in no triangle")

    grid = transform.grid(theta, (11, 8))[0].numpy()
    reference = np.apply_along_axis(expected, -1, regular(11, 8))
    np.testing.assert_allclose(grid, reference, atol=1e-9)


@pytest.mark.parametrize("side", [3, 4, 5])
def test_thin_plate_spline_is_scipy_s(side, generator):
    transform = ThinPlateSpline(side)
    theta = around_identity(transform, 2, generator)
    controls = np.stack(np.meshgrid(*[np.linspace(-1, 1, side)] * 2), axis=-1).reshape(-1, 2)
    grid = transform.grid(theta, (9, 13)).numpy()
    for item, points in zip(theta.numpy(), grid, strict=True):
        spline = RBFInterpolator(
            controls, item.reshape(-1, 2), kernel="thin_plate_spline", degree=1
        )
        np.testing.assert_allclose(points.reshape(-1, 2), spline(regular(9, 13).reshape(-1, 2)))


@pytest.mark.parametrize("name", [n for n in CONTROLS if n.startswith("spline")])
def test_thin_plate_spline_through_any_points_is_scipy_s(name, generator):
    transform = CONTROLS[name]()
    theta = around_identity(transform, 1, generator)
    spline = RBFInterpolator(
        transform.controls.numpy(),
        theta[0].numpy().reshape(-1, 2),
        kernel="thin_plate_spline",
        degree=1,
    )
    grid = transform.grid(theta, (9, 13))[0].numpy()
    np.testing.assert_allclose(grid.reshape(-1, 2), spline(regular(9, 13).reshape(-1, 2)))


@pytest.mark.parametrize("kind", [PiecewiseAffine, ThinPlateSpline])
def test_rectangular_lattice_is_read_where_theta_says(kind, generator):
    transform = kind((3, 5))
    theta = around_identity(transform, 2, generator)
    read = transform.at(theta, lattice((3, 5), dtype=torch.float64).T)
    np.testing.assert_allclose(read, theta.unflatten(1, (-1, 2)), atol=1e-9)
    assert transform.control_names[5] == "2, 1" and transform.parameter_names[10:12] == (
        "x21",
        "y21",
    )


def test_square_lattice_by_its_points_is_the_lattice(generator):
    theta = around_identity(ThinPlateSpline(4), 2, generator)
    by_points = ThinPlateSpline(points=lattice(4, dtype=torch.float64))
    expected = ThinPlateSpline((4, 4)).grid(theta, (5, 9))
    assert torch.equal(by_points.grid(theta, (5, 9)), expected)
    assert torch.equal(ThinPlateSpline(4).grid(theta, (5, 9)), expected)


@pytest.mark.parametrize(
    ("points", "error", "words"),
    [
        (torch.zeros(4, 3), ShapeError, r"expects points \(K, 2\), got \(4, 3\)"),
        ([[0, 0], [1, 1]], ValueError, "at least three points that are not on one line"),
        ([[0, 0], [1, 1], [0.5, 0.5], [-1, -1]], ValueError, "not on one line"),
        ([[0, 0], [1, 1], [1, 0], [1, 0]], ValueError, "two are the same"),
        ([[0, 0], [1, 1], [1, float("nan")]], NonFiniteError, "finite points"),
    ],
    ids=["3d", "two", "line", "twice", "nan"],
)
def test_control_points_of_no_spline_are_an_error(points, error, words):
    with pytest.raises(error, match=words):
        ThinPlateSpline(points=points)


@pytest.mark.parametrize("kind", [PiecewiseAffine, ThinPlateSpline])
def test_lattice_of_one_row_is_refused(kind):
    with pytest.raises(ValueError, match=r"at least 2 × 2, got \(1, 10\)"):
        kind((1, 10))


@pytest.mark.parametrize("kind", [PiecewiseAffine, ThinPlateSpline])
def test_lattice_of_one_point_is_refused(kind):
    with pytest.raises(ValueError, match=f"{kind.__name__} needs a lattice of at least 2 × 2"):
        kind(side=1)
