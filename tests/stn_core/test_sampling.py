"""V against the literal double sum of Eq. 3, SciPy's and OpenCV's samplers (Sect. 3.3)."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy import ndimage

from stn_core.sampling import (
    bicubic_kernel,
    bilinear_kernel,
    integer_kernel,
    sample,
    tent_kernel,
)
from stn_core.transforms import DtypeError, NonFiniteError, ShapeError

PADDINGS = ["zeros", "border"]
IMAGE_SHAPE = (2, 3, 4, 5)  # (B, C, H, W)
GRID_SHAPE = (2, 3, 4, 2)
VOLUME_SHAPE = (2, 2, 3, 4, 2)  # (B, C, D, H, W)
VOLUME_GRID_SHAPE = (2, 2, 3, 2, 3)


def integer_weight(d: float) -> float:
    """δ(⌊x + 0.5⌋ − m) of Eq. 4, d = x − m."""
    return float(np.floor(d + 0.5) == 0)


def bilinear_weight(d: float) -> float:
    """max(0, 1 − |x − m|) of Eq. 5."""
    return max(0.0, 1 - abs(d))


def gaussian_weight(d: float) -> float:
    return float(np.exp(-(d**2)))


# How ``sample`` is asked for a kernel, and k(d) in plain Python.
KERNELS = {
    "integer": ("integer", integer_weight),
    "bilinear": ("bilinear", bilinear_weight),
    "integer-by-the-sum": (integer_kernel, integer_weight),
    "bilinear-by-the-sum": (bilinear_kernel, bilinear_weight),
    "gaussian-by-the-sum": (lambda d: torch.exp(-d.square()), gaussian_weight),
    "tent-by-the-sum": (tent_kernel(2.5), lambda d: bilinear_weight(d / 2.5) / 2.5),
}


def double_sum(image, grid, weight, padding: str) -> np.ndarray:
    """Eq. 3 with plain loops; over three axes the sum of Eq. 9."""
    image, grid = image.detach().double().numpy(), grid.detach().double().numpy()
    lengths = image.shape[2:]
    output = np.zeros((*image.shape[:2], *grid.shape[1:-1]))
    for place in itertools.product(*map(range, output.shape)):
        item, channel, *where = place
        point = grid[(item, *where)][::-1]  # y before x, as the image's axes are
        pixel = [((p + 1) * n - 1) / 2 for p, n in zip(point, lengths, strict=True)]
        if padding == "border":
            pixel = [min(max(p, 0), n - 1) for p, n in zip(pixel, lengths, strict=True)]
        for index in itertools.product(*map(range, lengths)):
            product = np.prod([weight(p - i) for p, i in zip(pixel, index, strict=True)])
            output[place] += image[(item, channel, *index)] * product
    return output


def wide_grid(shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    """Random points in [−1.6, 1.6], so that some lie outside of the image."""
    return 3.2 * torch.rand(shape, generator=generator) - 1.6


def at_pixels(pixels: np.ndarray, size: tuple[int, int]) -> torch.Tensor:
    """The grid (1, N, 1, 2) that reads at these (x, y) in pixels."""
    height, width = size
    grid = (2 * np.asarray(pixels, float) + 1) / [width, height] - 1
    return torch.from_numpy(grid).float()[None, :, None]


# -- against the equations and other libraries


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize(("kernel", "weight"), KERNELS.values(), ids=KERNELS)
def test_image_is_read_by_the_double_sum_of_eq_3(kernel, weight, padding, generator):
    image = torch.rand(IMAGE_SHAPE, generator=generator)
    grid = wide_grid(GRID_SHAPE, generator)
    expected = double_sum(image, grid, weight, padding)
    np.testing.assert_allclose(sample(image, grid, kernel, padding), expected, atol=1e-5)


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize(("kernel", "weight"), KERNELS.values(), ids=KERNELS)
def test_volume_is_read_by_the_triple_sum_of_eq_9(kernel, weight, padding, generator):
    volume = torch.rand(VOLUME_SHAPE, generator=generator)
    grid = wide_grid(VOLUME_GRID_SHAPE, generator)
    expected = double_sum(volume, grid, weight, padding)
    np.testing.assert_allclose(sample(volume, grid, kernel, padding), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("padding", "mode"), [("zeros", "grid-constant"), ("border", "nearest")], ids=PADDINGS
)
@pytest.mark.parametrize(("kernel", "order"), [("integer", 0), ("bilinear", 1)])
@pytest.mark.parametrize("shape", [(1, 1, 6, 9), (1, 1, 3, 5, 4)], ids=["image", "volume"])
def test_sampler_is_scipy_s_map_coordinates(shape, kernel, order, padding, mode, generator):
    image = torch.rand(shape, generator=generator)
    grid = wide_grid((1, 200, *[1] * (len(shape) - 3), len(shape) - 2), generator)
    lengths = np.array(shape[2:])[:, None]
    coordinates = ((grid.flatten(0, -2).T.flip(0).double().numpy() + 1) * lengths - 1) / 2
    expected = ndimage.map_coordinates(image[0, 0].numpy(), coordinates, order=order, mode=mode)
    np.testing.assert_allclose(sample(image, grid, kernel, padding).flatten(), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("padding", "border"),
    [("zeros", cv2.BORDER_CONSTANT), ("border", cv2.BORDER_REPLICATE)],
    ids=PADDINGS,
)
def test_bilinear_sampler_is_opencv_s_remap(padding, border, generator):
    image = torch.rand(1, 1, 12, 16, generator=generator)
    # OpenCV keeps five bits of a pixel's fraction: points on 32nds of a pixel are exact.
    pixels = torch.randint(-3 * 32, 19 * 32, (200, 2), generator=generator).numpy() / 32
    x, y = pixels.astype(np.float32).T
    expected = cv2.remap(
        image[0, 0].numpy(), x, y, interpolation=cv2.INTER_LINEAR, borderMode=border
    )
    result = sample(image, at_pixels(pixels, (12, 16)), padding=padding)
    np.testing.assert_allclose(result.flatten(), expected.flatten(), atol=1e-5)


def test_bicubic_kernel_is_torch_s(generator):
    image = torch.rand(2, 3, 9, 12, generator=generator)
    grid = wide_grid((2, 8, 7, 2), generator)
    expected = F.grid_sample(image, grid, mode="bicubic", padding_mode="zeros", align_corners=False)
    torch.testing.assert_close(sample(image, grid, bicubic_kernel), expected, atol=1e-5, rtol=0)


def test_bicubic_kernel_is_opencv_s(generator):
    image = torch.rand(1, 1, 12, 16, generator=generator)
    pixels = torch.randint(-3 * 32, 19 * 32, (200, 2), generator=generator).numpy() / 32
    x, y = pixels.astype(np.float32).T
    expected = cv2.remap(
        image[0, 0].numpy(), x, y, interpolation=cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT
    )
    result = sample(image, at_pixels(pixels, (12, 16)), bicubic_kernel)
    np.testing.assert_allclose(result.flatten(), expected.flatten(), atol=1e-4)


def test_pair_of_kernels_reads_by_one_along_x_and_the_other_along_y(generator):
    image = torch.rand(1, 1, 6, 7, generator=generator)
    grid = wide_grid((1, 4, 5, 2), generator)
    wide, narrow = KERNELS["tent-by-the-sum"], KERNELS["bilinear-by-the-sum"]
    found = sample(image, grid, (wide[0], narrow[0]))
    x, y = ((grid.flatten(0, 2).double().numpy() + 1) * [7, 6] - 1).T / 2
    for value, at_x, at_y in zip(found.flatten().tolist(), x, y, strict=True):
        along = [wide[1](at_x - m) for m in range(7)]
        down = [narrow[1](at_y - n) for n in range(6)]
        assert value == pytest.approx(down @ image[0, 0].numpy() @ along, abs=1e-5)
    other = sample(image, grid, (narrow[0], wide[0]))
    assert not torch.allclose(found, other, atol=0.01)
    flipped = sample(image.transpose(2, 3), grid.flip(-1), (narrow[0], wide[0]))
    torch.testing.assert_close(found, flipped, atol=1e-6, rtol=0)


def test_triple_of_kernels_has_one_for_each_axis_of_a_volume(generator):
    volume = torch.rand(VOLUME_SHAPE, generator=generator)
    grid = wide_grid(VOLUME_GRID_SHAPE, generator)
    mixed = sample(volume, grid, (tent_kernel(2), "integer", bicubic_kernel))
    turned = sample(
        volume.transpose(2, 4), grid.flip(-1), (bicubic_kernel, "integer", tent_kernel(2))
    )
    torch.testing.assert_close(mixed, turned, atol=1e-5, rtol=0)


def test_pair_of_names_is_the_name(generator):
    image = torch.rand(IMAGE_SHAPE, generator=generator)
    grid = wide_grid(GRID_SHAPE, generator)
    for name in ("bilinear", "integer"):
        pair = sample(image, grid, (name, name))
        torch.testing.assert_close(pair, sample(image, grid, name), atol=1e-5, rtol=0)


def test_kernels_for_another_number_of_axes_are_an_error():
    with pytest.raises(ValueError, match="each of the 2 axes, x first, got 3"):
        sample(torch.zeros(1, 1, 3, 3), torch.zeros(1, 2, 2, 2), (bilinear_kernel,) * 3)
    with pytest.raises(ValueError, match="each of the 3 axes, x first, got 2"):
        sample(torch.zeros(1, 1, 3, 3, 3), torch.zeros(1, 2, 2, 2, 3), ("bilinear",) * 2)
    with pytest.raises(ValueError, match="a function of the distance, got 'cubic'"):
        sample(torch.zeros(1, 1, 3, 3), torch.zeros(1, 2, 2, 2), ("bilinear", "cubic"))


def test_tent_of_half_width_1_is_the_bilinear_kernel(generator):
    image = torch.rand(IMAGE_SHAPE, generator=generator)
    grid = wide_grid(GRID_SHAPE, generator)
    torch.testing.assert_close(
        sample(image, grid, tent_kernel(1)), sample(image, grid), atol=1e-6, rtol=0
    )


@pytest.mark.parametrize("half_width", [1, 2, 4, 8])
def test_tent_of_a_whole_half_width_weighs_1_wherever_it_stands(half_width, generator):
    place = torch.rand(50, 1, generator=generator, dtype=torch.float64)
    weights = tent_kernel(half_width)(place - torch.arange(-10, 12))
    torch.testing.assert_close(weights.sum(1), torch.ones(50, dtype=torch.float64))


def test_tent_reaches_as_far_as_its_half_width():
    weights = tent_kernel(2.5)(torch.tensor([-2.51, -2.49, 0, 2.49, 2.51], dtype=torch.float64))
    assert (weights > 0).tolist() == [False, True, True, True, False]


@pytest.mark.parametrize("half_width", [0.99, 0, -2, float("nan")])
def test_tent_that_would_leave_gaps_is_refused(half_width):
    with pytest.raises(ValueError, match=f"at least 1 pixel, got {half_width}"):
        tent_kernel(half_width)


def test_every_channel_is_sampled_identically(generator):
    one = torch.rand(1, 1, 5, 6, generator=generator)
    grid = wide_grid((1, 4, 4, 2), generator)
    result = sample(torch.cat([one, 2 * one, one], dim=1), grid)
    torch.testing.assert_close(result[:, 1], 2 * result[:, 0])
    torch.testing.assert_close(result[:, 2], result[:, 0])
    torch.testing.assert_close(result[:, :1], sample(one, grid))


def test_integer_kernel_rounds_half_up():
    image = torch.arange(1.0, 5).expand(1, 1, 4, 4)  # columns 0 to 3 hold 1 to 4
    x = np.array([-0.75, -0.5, 0.25, 0.5, 1.5, 2.5, 3.25, 3.5])
    grid = at_pixels(np.stack([x, np.ones_like(x)], axis=1), (4, 4))
    expected = [0, 1, 1, 2, 3, 4, 4, 0]  # at −0.5 column 0, at 3.5 outside
    assert sample(image, grid, "integer").flatten().tolist() == expected
    assert sample(image, grid, integer_kernel).flatten().tolist() == expected


@pytest.mark.parametrize("kernel", ["integer", integer_kernel])
def test_every_tie_of_every_width_rounds_up(kernel):
    for width in range(4, 449):
        x = np.arange(width + 1) - 0.5  # from the left edge to the right one
        image = torch.arange(1.0, width + 1).expand(1, 1, 1, width)
        grid = at_pixels(np.stack([x, np.zeros_like(x)], axis=1), (1, width))
        read = sample(image, grid, kernel).flatten()
        assert read.tolist() == [*range(1, width + 1), 0], width


@pytest.mark.parametrize("kernel", ["integer", integer_kernel])
def test_ties_along_y_and_z_round_up(kernel):
    image = torch.arange(1.0, 43).expand(1, 1, 1, 42).transpose(2, 3)  # 42 rows of one pixel
    y = np.arange(43) - 0.5
    grid = at_pixels(np.stack([np.zeros_like(y), y], axis=1), (42, 1))
    expected = [*range(1, 43), 0]
    assert sample(image, grid, kernel).flatten().tolist() == expected
    volume, depth = image.unsqueeze(4), grid[..., [1, 0, 0]][:, :, None]  # z, and 0 in x and y
    depth = torch.stack([depth[..., 1] * 0, depth[..., 1] * 0, depth[..., 0]], dim=-1)
    assert sample(volume, depth, kernel).flatten().tolist() == expected


@pytest.mark.parametrize("kernel", ["integer", integer_kernel])
def test_position_before_a_tie_still_rounds_down(kernel):
    x = np.arange(1, 28) - 0.5 - 1e-3
    image = torch.arange(28.0).expand(1, 1, 1, 28)
    grid = at_pixels(np.stack([x, np.zeros_like(x)], axis=1), (1, 28))
    assert sample(image, grid, kernel).flatten().tolist() == list(range(27))


# -- gradients


def inner_grid(shape: tuple[int, ...], lengths: tuple[int, ...], generator) -> torch.Tensor:
    """Points inside, at least a tenth of a pixel from integer coordinates and from halves."""
    whole = [torch.randint(0, n - 1, shape[:-1], generator=generator) for n in lengths]
    fraction = 0.1 + 0.3 * torch.rand(shape, generator=generator, dtype=torch.float64)
    pixels = torch.stack(whole, dim=-1) + fraction
    return (2 * pixels + 1) / torch.tensor(lengths) - 1


@pytest.mark.parametrize(
    ("image_shape", "grid_shape"),
    [((2, 2, 4, 5), (2, 2, 3, 2)), ((1, 2, 3, 4, 3), (1, 2, 2, 2, 3))],
    ids=["image", "volume"],
)
@pytest.mark.parametrize(
    "kernel", ["integer", "bilinear", bilinear_kernel, bicubic_kernel, tent_kernel(1.5)]
)
def test_gradients_are_those_of_finite_differences(kernel, image_shape, grid_shape, generator):
    image = torch.rand(image_shape, generator=generator, dtype=torch.float64)
    grid = inner_grid(grid_shape, image_shape[:1:-1], generator)
    inputs = image.requires_grad_(), grid.requires_grad_()
    assert torch.autograd.gradcheck(lambda image, grid: sample(image, grid, kernel), inputs)


@pytest.mark.parametrize("axis", [0, 1], ids=["x", "y"])
def test_gradient_of_the_grid_is_eq_7(axis, generator):
    image = torch.rand(1, 1, 5, 6, generator=generator, dtype=torch.float64)
    grid = inner_grid((1, 3, 3, 2), (6, 5), generator).requires_grad_()
    sample(image, grid).sum().backward()
    lengths = (6, 5)
    for place in itertools.product(range(3), range(3)):
        pixel = [((grid[0][place][a].item() + 1) * lengths[a] - 1) / 2 for a in (0, 1)]
        total = 0.0
        for m, n in itertools.product(range(6), range(5)):
            along, across = (m, n) if axis == 0 else (n, m)
            distance = along - pixel[axis]
            sign = 0 if abs(distance) >= 1 else (1 if distance >= 0 else -1)
            across_weight = bilinear_weight(pixel[1 - axis] - across)
            total += image[0, 0, n, m].item() * across_weight * sign
        expected = total * lengths[axis] / 2  # a pixel is 2/W of a normalised coordinate
        assert grid.grad[0][place][axis].item() == pytest.approx(expected)


def test_gradient_of_the_image_is_the_kernel_s_weight(generator):
    """Eq. 6: every source pixel gets the weights that it is read with."""
    image = torch.rand(1, 1, 3, 4, generator=generator, dtype=torch.float64).requires_grad_()
    grid = wide_grid((1, 1, 1, 2), generator).double()
    sample(image, grid).sum().backward()
    for m, n in itertools.product(range(4), range(3)):
        one = torch.zeros(1, 1, 3, 4)
        one[..., n, m] = 1
        expected = double_sum(one, grid, bilinear_weight, "zeros").item()
        assert image.grad[0, 0, n, m].item() == pytest.approx(expected)


def test_integer_kernel_s_grid_gradient_is_there_and_zero(generator):
    image = torch.rand(IMAGE_SHAPE, generator=generator).requires_grad_()
    grid = wide_grid(GRID_SHAPE, generator).requires_grad_()
    sample(image, grid, "integer").sum().backward()
    assert torch.equal(grid.grad, torch.zeros(GRID_SHAPE))
    assert image.grad.abs().sum() > 0


# -- errors


def test_grid_that_is_not_finite_is_an_error_that_names_the_batch_items():
    grid = torch.zeros(4, 2, 2, 2)
    grid[0, 1, 1, 0], grid[2, 0, 0, 1] = float("nan"), float("-inf")
    with pytest.raises(NonFiniteError, match=r"grid .* batch items 0, 2 \(2 of 4\)"):
        sample(torch.zeros(4, 1, 3, 3), grid)


@pytest.mark.parametrize(
    ("image_shape", "grid_shape"),
    [
        ((1, 3, 3), (1, 2, 2, 2)),
        ((1, 1, 3, 3), (1, 2, 2, 3)),
        ((1, 1, 3, 3), (1, 2, 2, 2, 3)),
        ((1, 1, 3, 3, 3), (1, 2, 2, 2)),
    ],
    ids=str,
)
def test_image_and_grid_that_do_not_belong_together_are_an_error(image_shape, grid_shape):
    with pytest.raises(ShapeError) as caught:
        sample(torch.zeros(image_shape), torch.zeros(grid_shape))
    assert f"got image {image_shape}, grid {grid_shape}" in str(caught.value)


def test_batches_of_different_lengths_are_an_error():
    with pytest.raises(ShapeError, match="2 images and 3 grids"):
        sample(torch.zeros(2, 1, 3, 3), torch.zeros(3, 2, 2, 2))


@pytest.mark.parametrize(
    ("image", "grid", "words"),
    [
        (torch.uint8, torch.float32, r"image must be .* got torch.uint8: .* image.float\(\) / 255"),
        (
            torch.float32,
            torch.int64,
            r"grid must be floating-point, got torch.int64: use",
        ),
        (torch.complex64, torch.float32, "image must be floating-point, got torch.complex64"),
    ],
    ids=str,
)
@pytest.mark.parametrize("kernel", ["integer", "bilinear", bilinear_kernel])
def test_dtype_that_is_not_floating_point_is_an_error(image, grid, words, kernel):
    with pytest.raises(DtypeError, match=words):
        sample(torch.zeros(1, 1, 3, 3, dtype=image), torch.zeros(1, 2, 2, 2, dtype=grid), kernel)


def test_image_without_pixels_is_an_error():
    with pytest.raises(ShapeError, match=r"an image with pixels, got \(1, 1, 0, 3\)"):
        sample(torch.zeros(1, 1, 0, 3), torch.zeros(1, 2, 2, 2))


@pytest.mark.parametrize("shapes", [(IMAGE_SHAPE, GRID_SHAPE), (VOLUME_SHAPE, VOLUME_GRID_SHAPE)])
@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("kernel", ["integer", "bilinear", bilinear_kernel])
def test_mixed_dtypes_give_the_wider_one(kernel, padding, shapes, generator):
    image = torch.rand(shapes[0], generator=generator).half()
    grid = wide_grid(shapes[1], generator)
    exact = sample(image.float(), grid, kernel, padding)
    assert torch.equal(sample(image, grid, kernel, padding), exact)
    assert sample(image.double(), grid, kernel, padding).dtype == torch.float64
    assert sample(image, grid.double(), kernel, padding).dtype == torch.float64
    both = sample(image, grid.half(), kernel, padding)
    assert both.dtype == torch.float16
    expected = sample(image.float(), grid.half().float(), kernel, padding)
    assert torch.equal(both, expected.half())  # nothing but the result is rounded


@pytest.mark.parametrize("kernel", ["integer", "bilinear", bilinear_kernel])
def test_empty_batch_and_empty_output_have_their_shapes(kernel):
    assert sample(torch.zeros(0, 3, 4, 5), torch.zeros(0, 2, 6, 2), kernel).shape == (0, 3, 2, 6)
    assert sample(torch.zeros(2, 3, 4, 5), torch.zeros(2, 0, 6, 2), kernel).shape == (2, 3, 0, 6)
    assert sample(torch.zeros(2, 0, 4, 5), torch.zeros(2, 2, 6, 2), kernel).shape == (2, 0, 2, 6)


def test_unknown_kernel_is_an_error_that_lists_the_kernels():
    with pytest.raises(ValueError, match="'integer', 'bilinear' or a function .* got 'bicubic'"):
        sample(torch.zeros(1, 1, 3, 3), torch.zeros(1, 2, 2, 2), "bicubic")


def test_unknown_padding_is_an_error_that_lists_the_paddings():
    with pytest.raises(ValueError, match=r"one of \('zeros', 'border'\), got 'reflection'"):
        sample(torch.zeros(1, 1, 3, 3), torch.zeros(1, 2, 2, 2), padding="reflection")


@pytest.mark.parametrize("kernel", [None, 3, ("bilinear", None)])
def test_what_is_no_kernel_is_an_error_that_says_what_is(kernel):
    with pytest.raises(ValueError, match="kernel should be 'integer', 'bilinear' or a function"):
        sample(torch.zeros(1, 1, 4, 4), torch.zeros(1, 2, 2, 2), kernel)
