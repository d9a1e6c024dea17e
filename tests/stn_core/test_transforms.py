"""T_θ(G) against its definitions, SciPy's and OpenCV's (Sect. 3.2)."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from stn_core.sampling import sample
from stn_core.transforms import (
    Affine,
    Affine3D,
    Attention,
    DtypeError,
    NonFiniteError,
    PiecewiseAffine,
    Projective,
    ShapeError,
    check_finite,
    lattice,
    regular_grid,
)
from tests.stn_core.reference_grids import SIZES, around_identity, centres, regular

# -- the convention


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_regular_grid_holds_the_pixel_centres_x_first_row_by_row(size):
    expected = regular(*size).reshape(-1, 2).T
    np.testing.assert_allclose(regular_grid(size, dtype=torch.float64), expected, atol=1e-12)


def test_lattice_reaches_the_outer_edges_row_by_row():
    assert lattice(2).tolist() == [[-1, -1], [1, -1], [-1, 1], [1, 1]]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_identity_theta_gives_the_regular_grid(family, size):
    transform = family(size)
    grid = transform.grid(transform.identity().expand(2, -1), size)
    assert grid.shape == (2, *size, 2)
    np.testing.assert_allclose(
        grid.detach(), np.broadcast_to(regular(*size), grid.shape), atol=1e-5
    )


def test_identity_theta_in_3d_gives_the_regular_grid():
    grid = Affine3D().grid(Affine3D().identity()[None], (2, 3, 5))
    z, y, x = np.meshgrid(centres(2), centres(3), centres(5), indexing="ij")
    np.testing.assert_allclose(grid[0], np.stack([x, y, z], axis=-1), atol=1e-6)


def test_each_parameter_has_one_name(family):
    transform = family((6, 5))
    assert len(set(transform.parameter_names)) == transform.num_params


def test_grid_is_as_precise_as_theta_whatever_was_asked_for_before(family):
    transform = family((5, 9)).double()
    theta = transform.identity()[None]
    for dtype in (torch.float32, torch.float64):
        assert transform.grid(theta.to(dtype), (5, 9)).dtype == dtype


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_transform_takes_the_pixel_centres_to_its_grid(family, size, generator):
    transform = family(size)
    theta = around_identity(transform, 3, generator).float()
    points = torch.from_numpy(regular(*size).reshape(-1, 2).T.copy())
    found = transform.at(theta, points).detach()
    assert found.shape == (3, size[0] * size[1], 2)
    expected = transform.grid(theta, size).detach().flatten(1, 2)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=2e-5)


def test_transform_in_3d_takes_the_pixel_centres_to_its_grid(generator):
    theta = around_identity(Affine3D(), 2, generator).float()
    found = Affine3D().at(theta, regular_grid((2, 3, 4)))
    torch.testing.assert_close(found, Affine3D().grid(theta, (2, 3, 4)).flatten(1, 3))


def test_identity_takes_any_point_to_itself(family, generator):
    transform = family((8, 8))
    points = 2.4 * torch.rand(2, 40, generator=generator) - 1.2
    found = transform.at(transform.identity()[None], points).detach()
    np.testing.assert_allclose(found[0], points.T, atol=1e-5)


def test_theta_that_is_not_finite_takes_no_point_anywhere(family):
    transform = family((4, 4))
    theta = transform.identity().repeat(2, 1)
    theta[1, 0] = float("nan")
    with pytest.raises(NonFiniteError, match=r"theta .* batch items 1 \(1 of 2\)"):
        transform.at(theta, torch.zeros(2, 1))


def test_each_row_of_b_has_one_name(family):
    transform = family((6, 5))
    assert len(set(transform.target_names)) == len(transform.target((6, 5), torch.zeros(1)))


# -- T_θ(G) = M_θ B = basis · θ + offset


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_grid_is_the_basis_times_theta_plus_the_offset(family, size, generator):
    transform = family(size)
    theta = around_identity(transform, 4, generator).float()
    basis, offset, divide = (
        part.detach() if isinstance(part, torch.Tensor) else part
        for part in transform.linear_form(size)
    )
    rows = np.einsum("nrp,bp->bnr", basis.numpy(), theta.numpy()) + offset.numpy()
    points = rows[..., :2] / rows[..., 2:] if divide else rows
    grid = transform.grid(theta, size).detach().flatten(1, 2)
    np.testing.assert_allclose(grid, points, rtol=1e-4, atol=1e-5)


def test_only_the_projective_family_divides(family):
    transform = family((4, 4))
    assert transform.linear_form((4, 4)).divide == isinstance(transform, Projective)


def test_matrix_is_the_slope_times_theta_plus_the_offset(family, generator):
    transform = family((4, 4))
    theta = around_identity(transform, 3, generator).float()
    slope, offset, _ = transform.matrix_form()
    expected = np.einsum("rkp,bp->brk", slope.numpy(), theta.numpy()) + offset.numpy()
    np.testing.assert_allclose(transform.matrix(theta), expected, atol=1e-6)


def test_linear_form_in_3d_gives_the_grid(generator):
    theta = around_identity(Affine3D(), 2, generator).float()
    basis, offset, _ = Affine3D().linear_form((2, 3, 4))
    points = np.einsum("nrp,bp->bnr", basis.numpy(), theta.numpy()) + offset.numpy()
    grid = Affine3D().grid(theta, (2, 3, 4))
    np.testing.assert_allclose(grid.flatten(1, 3), points, atol=1e-5)


def test_grid_has_the_gradient_of_finite_differences(family, generator):
    transform = family((3, 4)).double()
    theta = around_identity(transform, 2, generator).requires_grad_()
    parameters = tuple(transform.parameters())
    assert torch.autograd.gradcheck(
        lambda theta, *_: transform.grid(theta, (3, 4)), (theta, *parameters)
    )


def test_grid_in_3d_has_the_gradient_of_finite_differences(generator):
    theta = around_identity(Affine3D(), 2, generator).requires_grad_()
    assert torch.autograd.gradcheck(lambda theta: Affine3D().grid(theta, (2, 3, 2)), (theta,))


# -- the families


def test_attention_box_reaches_from_t_minus_s_to_t_plus_s():
    s, x, y = 0.25, 0.5, -0.125
    grid = Attention().grid(torch.tensor([[s, x, y]]), (8, 4))[0].numpy()
    half = [s / 4, s / 8]  # from the centre of an output pixel to its edge, in x and in y
    np.testing.assert_allclose(grid[0, 0] - half, [x - s, y - s], atol=1e-6)
    np.testing.assert_allclose(grid[-1, -1] + half, [x + s, y + s], atol=1e-6)


def test_scale_of_a_third_cuts_28_pixels_out_of_84(generator):
    image = torch.rand(1, 1, 84, 84, generator=generator)
    theta = torch.tensor([[1 / 3, -2 / 3, 0]])
    box = sample(image, Attention().grid(theta, (28, 28)))
    torch.testing.assert_close(box, image[:, :, 28:56, :28], atol=1e-4, rtol=0)


def test_affine_grid_is_the_matrix_of_eq_1_times_each_point(generator):
    theta = around_identity(Affine(), 1, generator)
    matrix = theta[0].numpy().reshape(2, 3)
    grid = Affine().grid(theta, (5, 7))[0].numpy()
    for row, y in enumerate(centres(5)):
        for column, x in enumerate(centres(7)):
            np.testing.assert_allclose(grid[row, column], matrix @ [x, y, 1], atol=1e-12)


def test_first_one_transform_then_another_reads_at_the_product_of_their_matrices(generator):
    eighth = 2 / 8  # one pixel of eight
    first = np.array([[1, 0, 2 * eighth], [0, 1, -eighth], [0, 0, 1]])  # a shift
    second = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]])  # a quarter turn
    image = torch.zeros(1, 1, 8, 8)
    image[:, :, 2:6, 2:6] = torch.rand(4, 4, generator=generator)

    def warp(image: torch.Tensor, matrix: np.ndarray) -> torch.Tensor:
        theta = torch.from_numpy(matrix[:2]).float().reshape(1, 6)
        return sample(image, Affine().grid(theta, (8, 8)))

    in_turn = warp(warp(image, first), second)
    torch.testing.assert_close(warp(image, first @ second), in_turn, atol=1e-5, rtol=0)
    assert not torch.allclose(warp(image, second @ first), in_turn, atol=0.01)


def test_projective_grid_is_opencv_s_perspective_transform(generator):
    theta = around_identity(Projective(), 4, generator, spread=0.1)
    grid = Projective().grid(theta, (6, 5))
    for item, points in zip(theta.numpy(), grid.numpy(), strict=True):
        matrix = np.append(item, 1).reshape(3, 3)
        expected = cv2.perspectiveTransform(regular(6, 5), matrix)
        np.testing.assert_allclose(points, expected, rtol=1e-9)


def test_projective_grid_stays_finite_on_the_horizon():
    # w = 1 − 4x is exactly zero at x = 1/4, one of the four centres.
    theta = torch.tensor([[1.0, 0, 0, 0, 1, 0, -4, 0]], requires_grad=True)
    grid = Projective().grid(theta, (4, 4))
    grid.sum().backward()
    assert grid.isfinite().all()
    assert theta.grad.isfinite().all()
    assert grid[0, 0, 2, 0].item() == pytest.approx(0.25 / 1e-6)


def test_affine_3d_grid_is_the_matrix_of_eq_10_times_each_point(generator):
    theta = around_identity(Affine3D(), 1, generator)
    matrix = theta[0].numpy().reshape(3, 4)
    grid = Affine3D().grid(theta, (2, 3, 4))[0].numpy()
    for i, z in enumerate(centres(2)):
        for j, y in enumerate(centres(3)):
            for k, x in enumerate(centres(4)):
                np.testing.assert_allclose(grid[i, j, k], matrix @ [x, y, z, 1], atol=1e-12)


# -- errors


@pytest.mark.parametrize(
    ("transform", "shape", "near"),
    [
        (Affine(), (8, 3), "Attention"),
        (Attention(), (2, 6), "Affine"),
        (Affine(), (2, 8), "Projective"),
        (Affine(), (2, 12), "Affine3D"),
        (PiecewiseAffine(3), (2, 32), "ThinPlateSpline"),
    ],
    ids=str,
)
def test_theta_of_another_family_s_shape_is_an_error_that_names_that_family(transform, shape, near):
    with pytest.raises(ShapeError) as caught:
        transform.grid(torch.zeros(shape), (4, 4))
    message = str(caught.value)
    assert message.startswith(type(transform).__name__)
    assert f"expects theta (B, {transform.num_params}), got {shape}" in message
    assert message.endswith(f"; did you mean {near}?")


def test_theta_of_integers_is_an_error(family):
    transform = family((4, 4))
    theta = torch.ones(2, transform.num_params, dtype=torch.int64)
    for use in (
        lambda: transform.grid(theta, (4, 4)),
        lambda: transform.at(theta, torch.zeros(2, 1)),
    ):
        with pytest.raises(DtypeError, match="theta must be floating-point, got torch.int64: use"):
            use()


def test_points_of_integers_or_of_another_shape_are_an_error(family):
    transform = family((4, 4))
    theta = transform.identity()[None]
    with pytest.raises(DtypeError, match="points must be floating-point, got torch.int64"):
        transform.at(theta, torch.zeros(2, 5, dtype=torch.int64))
    with pytest.raises(ShapeError, match=r"expects points \(2, N\), got \(5, 2\)"):
        transform.at(theta, torch.zeros(5, 2))
    with pytest.raises(ShapeError, match="expects theta"):
        transform.at(theta[:, 1:], torch.zeros(2, 5))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_grid_of_a_half_precision_theta_is_in_float32(family, dtype, generator):
    transform = family((5, 9)).to(dtype)
    theta = around_identity(transform, 2, generator).to(dtype)
    expected = transform.grid(theta.float(), (5, 9))
    assert expected.dtype == torch.float32
    assert torch.equal(transform.grid(theta, (5, 9)), expected)
    points = regular_grid((5, 9))
    assert torch.equal(transform.at(theta, points), transform.at(theta.float(), points))


def test_empty_batch_of_theta_gives_an_empty_grid(family):
    transform = family((4, 5))
    theta = torch.zeros(0, transform.num_params)
    assert transform.grid(theta, (4, 5)).shape == (0, 4, 5, 2)
    assert transform.at(theta, torch.zeros(2, 3)).shape == (0, 3, 2)


@pytest.mark.parametrize("shape", [(6,), (1, 2, 3), (2, 7)], ids=str)
def test_theta_of_no_family_s_shape_is_an_error_without_a_guess(shape):
    with pytest.raises(ShapeError) as caught:
        Affine().grid(torch.zeros(shape), (4, 4))
    assert str(caught.value) == f"Affine() expects theta (B, 6), got {shape}"


@pytest.mark.parametrize(
    ("transform", "size"), [(Affine(), (2, 3, 4)), (Affine3D(), (3, 4))], ids=["2d", "3d"]
)
def test_size_of_the_wrong_dimension_is_an_error(transform, size):
    with pytest.raises(ShapeError, match=f"{transform.dimensions} numbers, got"):
        transform.grid(transform.identity()[None], size)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_theta_that_is_not_finite_is_an_error_that_names_the_batch_items(family, value):
    transform = family((4, 4))
    theta = transform.identity().repeat(5, 1)
    theta[1, 0] = theta[3, -1] = value
    with pytest.raises(NonFiniteError, match=r"theta .* batch items 1, 3 \(2 of 5\)"):
        transform.grid(theta, (4, 4))


def test_error_about_many_batch_items_names_the_first_eight():
    with pytest.raises(NonFiniteError, match=r"items 0, 1, 2, 3, 4, 5, 6, 7, \.\.\. \(20 of 20\)"):
        Affine().grid(torch.full((20, 6), float("nan")), (4, 4))


def test_finite_numbers_whose_sum_is_not_finite_are_finite():
    check_finite("theta", torch.full((2, 6), 3e38))


@pytest.mark.parametrize("values", [[float("nan")], [float("inf")], [float("inf"), float("-inf")]])
def test_what_is_not_finite_is_named_wherever_it_stands(values):
    tensor = torch.zeros(4, 3)
    tensor[2, : len(values)] = torch.tensor(values)
    with pytest.raises(NonFiniteError, match=r"theta .* batch items 2 \(1 of 4\)"):
        check_finite("theta", tensor)
