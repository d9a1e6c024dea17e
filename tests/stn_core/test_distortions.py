"""Every distortion against OpenCV's and SciPy's warps, and against its own θ (App. A.4)."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from scipy import ndimage
from scipy.interpolate import RBFInterpolator

from stn_core.distortions import RTS, TC, E, P, R, homography
from stn_core.sampling import sample
from stn_core.transforms import Affine, Projective, similarity_theta

ALL = {"R": R(), "RTS": RTS(), "P": P(), "E": E(), "TC": TC()}
CANVAS = {"R": 28, "RTS": 42, "P": 28, "E": 28, "TC": 60}
# Nothing is cut off at the border of these or squeezed flat, and no clutter covers the digit.
WHOLE = {
    "R": R(canvas=42),
    "RTS": RTS(),
    "P": P(canvas=60, corner_std_pixels=2),
    "TC": TC(patches=0),
}
# Without their ranges they do nothing, to an image whose ink reaches every border.
STILL = {
    "R": R(max_angle_degrees=0),
    "RTS": RTS(canvas=28, max_angle_degrees=0, min_scale=1, max_scale=1),
    "P": P(min_scale=1, corner_std_pixels=0),
    "E": E(min_scale=1, point_std_pixels=0),
    "TC": TC(canvas=28, patches=0),
}
FRAME = np.float32([[-0.5, -0.5], [27.5, -0.5], [27.5, 27.5], [-0.5, 27.5]])  # in pixels


@pytest.fixture
def images(source) -> torch.Tensor:
    """Ten gallery digits of each class: uint8 (100, 28, 28)."""
    return source.gallery.images[::10]


@pytest.fixture
def smooth(images) -> torch.Tensor:
    """Digits so blurred that interpolation changes little."""
    blurred = ndimage.gaussian_filter(images.float().numpy(), (0, 1.5, 1.5))
    return torch.from_numpy(blurred).round().to(torch.uint8)


def noise(generator: torch.Generator, count: int = 8) -> torch.Tensor:
    """Images whose ink fills the frame."""
    return torch.randint(1, 256, (count, 28, 28), generator=generator, dtype=torch.uint8)


def read(image: torch.Tensor, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A uint8 image read bilinearly at pixels, 0 outside, by SciPy."""
    return ndimage.map_coordinates(image.numpy() / 255, [y, x], order=1, mode="grid-constant")


def canvas_pixels(canvas: int) -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[:canvas, :canvas].astype(float)
    return x, y


# -- what all of them share


@pytest.mark.parametrize("name", ALL)
def test_distorted_images_have_the_canvas_and_range_that_is_promised(name, images, generator):
    distorted = ALL[name](images, generator).images
    assert ALL[name].image_shape == (1, CANVAS[name], CANVAS[name])
    assert distorted.shape == (len(images), *ALL[name].image_shape)
    assert distorted.dtype == torch.float32
    assert distorted.min() >= 0
    assert 0.5 < distorted.amax((1, 2, 3)).min() <= distorted.max() <= 1


@pytest.mark.parametrize("name", ALL)
def test_same_generator_state_gives_the_same_images_and_another_gives_others(name, images):
    def distort(seed: int) -> torch.Tensor:
        return ALL[name](images, torch.Generator().manual_seed(seed)).images

    assert torch.equal(distort(3), distort(3))
    assert not torch.equal(distort(3), distort(4))


@pytest.mark.parametrize("name", ALL)
def test_global_seed_has_no_influence(name, images):
    results = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        results.append(ALL[name](images, torch.Generator().manual_seed(3)).images)
    assert torch.equal(*results)


@pytest.mark.parametrize("name", STILL)
def test_distortion_without_its_ranges_is_the_identity(name, generator):
    images = noise(generator)
    result = STILL[name](images, generator).images
    torch.testing.assert_close(result[:, 0], images / 255, atol=1e-4, rtol=0)


@pytest.mark.parametrize("name", WHOLE)
def test_reading_through_theta_undoes_the_distortion(name, smooth, generator):
    distortion = WHOLE[name]
    distorted = distortion(smooth, generator)
    grid = distortion.family.grid(distorted.theta, (28, 28))
    undone = sample(distorted.images, grid)[:, 0]
    # The border's pixels are blended with the zeros around them.
    torch.testing.assert_close(
        undone[:, 2:-2, 2:-2], (smooth / 255)[:, 2:-2, 2:-2], atol=0.12, rtol=0
    )


def test_elastic_distortion_names_no_theta_that_would_undo_it(images, generator):
    assert E().family is None
    assert E()(images, generator).theta is None


# -- the ranges of App. A.4


def spread(values: torch.Tensor, low: float, high: float) -> bool:
    """Whether values fill [low, high], uniformly as it seems, and nothing else."""
    width = high - low
    return (
        low <= values.min() < low + 0.05 * width
        and high - 0.05 * width < values.max() <= high
        and abs(values.mean() - (low + high) / 2) < 0.05 * width
        and abs(values.std() - width / math.sqrt(12)) < 0.03 * width
    )


@pytest.mark.parametrize(
    ("distortion", "quantity", "low", "high"),
    [
        (R(), "angle_degrees", -90, 90),
        (RTS(), "angle_degrees", -45, 45),
        (RTS(), "scale", 0.7, 1.2),
        (P(), "scale", 0.75, 1),
        (E(), "scale", 0.75, 1),
        (TC(), "shift_x_pixels", -16, 16),
        (TC(), "shift_y_pixels", -16, 16),
    ],
    ids=lambda value: value if isinstance(value, str) else getattr(value, "name", None),
)
def test_pose_is_uniform_in_the_paper_s_range(distortion, quantity, low, high, source, generator):
    pose = distortion(source.gallery.images, generator).pose[quantity]
    assert pose.shape == (1000,)
    assert spread(pose, low, high)


def test_points_of_e_move_normally_by_the_paper_s_pixels(source, generator):
    shift = E()(source.gallery.images, generator).pose["point_shift_pixels"]
    assert shift.shape == (1000, 16, 2)
    assert shift.std().item() == pytest.approx(1.5, rel=0.05)
    assert shift.mean((0, 1)).abs().max() < 0.15
    assert shift.abs().max() > 2.5 * 1.5


def test_corners_of_p_are_stretched_by_the_paper_s_pixels_in_any_direction(source, generator):
    pose = P()(source.gallery.images, generator).pose
    shift = pose["corner_shift_pixels"] / pose["scale"][:, None, None]  # before it is scaled
    assert shift.shape == (1000, 4, 2)
    amount, turn = shift.norm(dim=-1), torch.atan2(shift[..., 1], shift[..., 0])
    assert amount.square().mean().sqrt().item() == pytest.approx(5, rel=0.05)
    assert amount.mean().item() == pytest.approx(5 * (2 / np.pi) ** 0.5, rel=0.05)
    counts = torch.histc(turn, 8, -np.pi, np.pi)  # of 4,000 directions, 500 in each eighth
    assert (counts - 500).abs().max() < 80
    assert np.abs(np.corrcoef(shift.flatten(1).T) - np.eye(8)).max() < 0.15


# -- R and RTS


@pytest.mark.parametrize("name", ["R", "RTS"])
def test_digit_is_turned_and_scaled_as_opencv_would_by_the_pose(name, images, generator):
    distorted = ALL[name](images, generator)
    canvas = CANVAS[name]
    pose = {key: value.tolist() for key, value in distorted.pose.items()}
    for index, image in enumerate(images):
        angle = pose["angle_degrees"][index]
        scale = pose["scale"][index] if name == "RTS" else 1
        x, y = (
            pose[k][index] if name == "RTS" else 0 for k in ("shift_x_pixels", "shift_y_pixels")
        )
        # OpenCV's angles run counter-clockwise on the screen, ours from x towards y.
        matrix = cv2.getRotationMatrix2D((13.5, 13.5), -angle, scale)
        matrix[:, 2] += (canvas - 28) / 2 + np.array([x, y])
        a, b, c, d = np.linalg.inv(matrix[:, :2]).ravel()
        u, v = canvas_pixels(canvas)
        u, v = u - matrix[0, 2], v - matrix[1, 2]
        expected = read(image, a * u + b * v, c * u + d * v)
        np.testing.assert_allclose(distorted.images[index, 0], expected, atol=1e-3)


def test_rts_loses_no_ink(images, generator):
    """The ink of a scaled digit is scale² of what it was, wherever it was put."""
    distorted = RTS()(images, generator)
    ratio = distorted.images.sum((1, 2, 3)) / (images / 255).sum((1, 2))
    torch.testing.assert_close(ratio, distorted.pose["scale"] ** 2, atol=0, rtol=0.03)


def test_rts_reaches_every_side_of_its_canvas(source, generator):
    ink = RTS()(source.gallery.images, generator).images > 0.05
    columns, rows = ink.any(2).any(0).squeeze(), ink.any(3).any(0).squeeze()
    assert columns.all()
    assert rows.all()


@pytest.mark.parametrize("kind", [R, RTS, P, E, TC])
def test_empty_batch_is_distorted_into_an_empty_batch(kind, generator):
    empty = torch.zeros(0, 28, 28, dtype=torch.uint8)
    distorted = kind()(empty, generator)
    assert distorted.images.shape == (0, *kind().image_shape)
    assert distorted.theta is None or len(distorted.theta) == 0
    assert all(len(value) == 0 for value in distorted.pose.values())


def test_clutter_without_other_digits_is_an_error(generator):
    none = torch.zeros(0, 28, 28, dtype=torch.uint8)
    with pytest.raises(ValueError, match="clutter is cut from other digits, so at least two"):
        TC()(noise(generator), generator, none)


def test_rts_of_an_empty_image_is_an_empty_image(generator):
    distorted = RTS()(torch.zeros(3, 28, 28, dtype=torch.uint8), generator)
    assert (distorted.images == 0).all()
    assert distorted.theta.isfinite().all()


# -- P


def quadrilaterals(distortion: P, pose: dict[str, torch.Tensor]) -> np.ndarray:
    """Where the frame's corners, clockwise from the upper left, went: (B, 4, 2) in pixels."""
    scale = pose["scale"].numpy()[:, None, None]
    centre = (distortion.canvas - 1) / 2
    return (FRAME - 13.5) * scale + centre + pose["corner_shift_pixels"].numpy()


def test_projected_frame_is_a_convex_quadrilateral(source, generator):
    distortion = replace(P(), corner_std_pixels=6)  # of which one in fifteen would not be convex
    pose = distortion(source.gallery.images, generator).pose
    for corners in quadrilaterals(distortion, pose):
        assert cv2.isContourConvex(corners.astype(np.float32))


@pytest.mark.parametrize("distortion", [P(), P(canvas=84)], ids=["28-pixels", "84-pixels"])
def test_digit_is_projected_as_opencv_would_and_nothing_lies_beyond_the_horizon(
    distortion, generator
):
    images = noise(generator, count=40)
    distorted = distortion(images, generator)
    x, y = canvas_pixels(distortion.canvas)
    points = np.stack([x, y, np.ones_like(x)], axis=-1)
    for index, corners in enumerate(quadrilaterals(distortion, distorted.pose)):
        matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), FRAME)
        u, v, w = np.moveaxis(points @ matrix.T, -1, 0)
        front = w * (matrix[2] @ [*corners.mean(0), 1]) > 0
        safe = np.where(front, w, 1)
        expected = np.where(front, read(images[index], u / safe, v / safe), 0)
        np.testing.assert_allclose(distorted.images[index, 0], expected, atol=5e-3)


def test_homography_takes_four_points_to_four(generator):
    source, target = torch.rand(2, 5, 4, 2, generator=generator, dtype=torch.float64)
    theta = homography(source, target)
    for item, before, after in zip(theta.numpy(), source.numpy(), target.numpy(), strict=True):
        matrix = np.append(item, 1).reshape(3, 3)
        moved = cv2.perspectiveTransform(before[None], matrix)[0]
        np.testing.assert_allclose(moved, after, atol=1e-6)
    assert theta.shape == (5, Projective().num_params)


# -- E


def test_elastic_distortion_is_scipy_s_spline_through_the_moved_points(images, generator):
    distorted = E()(images, generator)
    axis = np.linspace(-0.5, 27.5, 4)  # the lattice reaches the outer edges
    lattice = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    pixels = np.stack(canvas_pixels(28), axis=-1).reshape(-1, 2)
    for index in range(0, len(images), 10):
        moved = lattice + distorted.pose["point_shift_pixels"][index].numpy()
        spline = RBFInterpolator(lattice, moved, kernel="thin_plate_spline", degree=1)
        x, y = ((spline(pixels) - 13.5) / distorted.pose["scale"][index].item() + 13.5).T
        expected = read(images[index], x, y).reshape(28, 28)
        np.testing.assert_allclose(distorted.images[index, 0], expected, atol=1e-3)


def test_elastic_distortion_without_moved_points_is_a_pure_scaling(images, generator):
    distortion = E(point_std_pixels=0)
    distorted = distortion(images, generator)
    zero = torch.zeros(len(images))
    theta = similarity_theta(zero, 1 / distorted.pose["scale"], zero, zero)
    grid = Affine().grid(theta, (28, 28))
    torch.testing.assert_close(
        distorted.images, sample(images[:, None] / 255, grid), atol=1e-4, rtol=0
    )


# -- TC


def digit_corner(pose: dict[str, torch.Tensor], index: int) -> tuple[int, int]:
    """Row and column of the digit's first pixel in a 60×60 canvas."""
    return tuple(round(16 + pose[f"shift_{axis}_pixels"][index].item()) for axis in "yx")


def test_clutter_never_erases_the_digit(images, generator):
    distorted = TC()(images, generator)
    for index, image in enumerate(images):
        row, column = digit_corner(distorted.pose, index)
        window = distorted.images[index, 0, row : row + 28, column : column + 28]
        assert (window >= image / 255).all()


def test_without_clutter_the_canvas_holds_the_digit_and_nothing_else(images, generator):
    distorted = TC(patches=0)(images, generator)
    for index, image in enumerate(images):
        row, column = digit_corner(distorted.pose, index)
        expected = torch.zeros(60, 60)
        expected[row : row + 28, column : column + 28] = image / 255
        assert torch.equal(distorted.images[index, 0], expected)


def test_six_patches_of_six_by_six_pixels_are_laid_on(generator):
    white = torch.full((1, 28, 28), 255, dtype=torch.uint8)
    black = torch.zeros(200, 28, 28, dtype=torch.uint8)
    area = TC()(black, generator, white).images.sum((1, 2, 3))
    assert area.max() == 6 * 6 * 6  # where no two overlap
    assert area.min() >= 6 * 6


def test_patch_is_a_window_of_another_digit(images, generator):
    black = torch.zeros(50, 28, 28, dtype=torch.uint8)
    others = noise(generator, count=3)
    windows = others.unfold(1, 6, 1).unfold(2, 6, 1).reshape(-1, 36)
    for canvas in TC(patches=1)(black, generator, others).images[:, 0]:
        rows, columns = canvas.nonzero().unbind(1)
        patch = canvas[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        assert patch.shape == (6, 6)
        assert (windows == (patch * 255).round().flatten()).all(1).any()


def test_clutter_comes_from_the_batch_s_other_digits(generator):
    shades = torch.arange(1, 9, dtype=torch.uint8) * 30  # a shade for each digit
    images = shades[:, None, None].expand(8, 28, 28)
    distorted = TC()(images, generator)
    seen = set()
    for index in range(8):
        canvas = (distorted.images[index, 0] * 255).round()
        row, column = digit_corner(distorted.pose, index)
        canvas[row : row + 28, column : column + 28] = 0
        around = set(canvas.unique().tolist()) - {0.0}
        assert shades[index].item() not in around
        seen |= around
    assert seen == set(shades.tolist())


def test_single_digit_is_cluttered_with_itself(images, generator):
    assert TC()(images[:1], generator).images.shape == (1, 1, 60, 60)
