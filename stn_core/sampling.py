"""Differentiable image sampling, V = U read at T_θ(G) by a kernel (Sect. 3.3, Eq. 3-5, 7; Eq. 9).

The conventions are those of :mod:`stn_core.transforms`. Eq. 7 as printed gives U itself at integer
coordinates; the derivative taken there is autograd's of the fast path.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_core.departures import OTHERWISE, SILENT, Departure
from stn_core.transforms import ShapeError, check_finite, check_floating

Kernel = Callable[[Tensor], Tensor]  # k(d; Φ): distances x^s − m in pixels -> weights
PADDINGS = ("zeros", "border")
# How far from a half a position still is one: float32's coordinates in [−1, 1] lose it.
TIE_SHARE = 1e-6  # of the length, enough for 4 to 448 pixels
TIE_PIXELS = 1e-4


def sample(
    image: Tensor,
    grid: Tensor,
    kernel: str | Kernel | Sequence[str | Kernel] = "bilinear",
    padding: str = "zeros",
) -> Tensor:
    """V of Eq. 3: the image (or volume) read at the grid.

    image: (B, C, H, W) or (B, C, D, H, W); grid: (B, H', W', 2) or (B, D', H', W', 3), normalised.
    kernel: ``"integer"`` (Eq. 4, half up, where a position short of a half by a millionth of the
    image's length is one: normalised float32 coordinates lose it; its gradient with respect to the
    grid is zero),
    ``"bilinear"`` (Eq. 5; trilinear on volumes, Eq. 9), or any k(d; Φ), a function of the distance
    in pixels, used along every axis by the literal sum of Eq. 3. A pair is one for x and one for y
    (Φ_x and Φ_y), a triple for x, y and z, by the literal sum too.
    padding: ``"zeros"`` reads 0 outside the image, ``"border"`` moves outside points to the centre
    of the nearest border pixel first.
    Returns (B, C, H', W') or (B, C, D', H', W'), differentiable with respect to image and grid; of
    the wider of their dtypes, computed in float32 at least.
    Raises ShapeError, DtypeError (integers), NonFiniteError (naming the batch items), or ValueError
    for an unknown name.

    >>> image = torch.tensor([[[[0.0, 1.0, 2.0, 3.0]]]])
    >>> grid = torch.tensor([[[[0.0, 0.0], [0.5, 0.0]]]])  # at pixels 1.5 and 2.5
    >>> sample(image, grid).tolist()
    [[[[1.5, 2.5]]]]
    >>> sample(image, grid, "integer").tolist()
    [[[[2.0, 3.0]]]]
    >>> sample(image, grid, (bicubic_kernel, "bilinear")).shape  # one along x, another along y
    torch.Size([1, 1, 1, 2])
    """
    dimensions = image.ndim - 2
    if dimensions not in (2, 3) or grid.ndim != image.ndim or grid.shape[-1] != dimensions:
        raise ShapeError(
            "sample expects image (B, C, H, W) with grid (B, H', W', 2), or image (B, C, D, H, W) "
            "with grid (B, D', H', W', 3); "
            f"got image {tuple(image.shape)}, grid {tuple(grid.shape)}"
        )
    if 0 in image.shape[2:]:
        raise ShapeError(f"sample expects an image with pixels, got {tuple(image.shape)}")
    if image.shape[0] != grid.shape[0]:  # len() would fix the batch that a trace is made for
        raise ShapeError(f"sample got a batch of {image.shape[0]} images and {grid.shape[0]} grids")
    if padding not in PADDINGS:
        raise ValueError(f"padding should be one of {PADDINGS}, got {padding!r}")
    check_floating("the image", image, "0 to 255 becomes [0, 1] by image.float() / 255")
    check_floating("the grid", grid, "use grid.float()")
    check_finite("grid", grid)
    dtype = torch.promote_types(image.dtype, grid.dtype)
    wide = torch.promote_types(dtype, torch.float32)
    return _read(image.to(wide), grid.to(wide), kernel, padding).to(dtype)


def _read(
    image: Tensor,
    grid: Tensor,
    kernel: str | Kernel | Sequence[str | Kernel],
    padding: str,
) -> Tensor:
    if kernel == "bilinear":
        return F.grid_sample(
            image, grid, mode="bilinear", padding_mode=padding, align_corners=False
        )
    if kernel == "integer":
        return _sample_integer(image, grid, padding)
    dimensions = image.ndim - 2
    if isinstance(kernel, str) or not isinstance(kernel, Sequence):
        kernel = (kernel,) * dimensions
    if len(kernel) != dimensions:
        raise ValueError(
            f"expected one kernel for each of the {dimensions} axes, x first, got {len(kernel)}"
        )
    return _literal_sum(image, grid, [_function(k) for k in kernel], padding)


def _function(kernel: str | Kernel) -> Kernel:
    """k(d; Φ) of a kernel that may be a name."""
    if callable(kernel):
        return kernel
    if kernel in NAMED_KERNELS:
        return NAMED_KERNELS[kernel]
    raise ValueError(
        f"kernel should be 'integer', 'bilinear' or a function of the distance, got {kernel!r}"
    )


def bilinear_kernel(distance: Tensor) -> Tensor:
    """k(d) = max(0, 1 − |d|), the kernel of Eq. 5 (and of Eq. 9).

    >>> bilinear_kernel(torch.tensor([-1.0, -0.25, 0.0, 0.5])).tolist()
    [0.0, 0.75, 1.0, 0.5]
    """
    return (1 - distance.abs()).clamp(min=0)


def integer_kernel(distance: Tensor) -> Tensor:
    """k(d) = δ(⌊x + 0.5⌋ − m), the kernel of Eq. 4: 1 where −1/2 <= d < 1/2, the nearest pixel.

    A tie may be short of its half by 1e-4 pixels, since it is told no length (see ``sample``).

    >>> integer_kernel(torch.tensor([-0.5, 0.0, 0.5])).tolist()
    [1.0, 1.0, 0.0]
    """
    shifted = distance + TIE_PIXELS
    return ((shifted >= -0.5) & (shifted < 0.5)).to(distance.dtype)


NAMED_KERNELS: dict[str, Kernel] = {"bilinear": bilinear_kernel, "integer": integer_kernel}


def bicubic_kernel(distance: Tensor) -> Tensor:
    """The cubic convolution kernel (Keys, 1981), with slope −3/4 at 1, as torch and OpenCV have it.

    One more that Eq. 3 admits: smoother than Eq. 5, over 4 × 4 pixels, and negative in places.

    >>> bicubic_kernel(torch.tensor([0.0, 0.5, 1.0, 1.5])).tolist()
    [1.0, 0.59375, 0.0, -0.09375]
    """
    a, t = -0.75, distance.abs()
    near = ((a + 2) * t - (a + 3)) * t * t + 1
    far = ((a * t - 5 * a) * t + 8 * a) * t - 4 * a
    return torch.where(t <= 1, near, torch.where(t < 2, far, torch.zeros_like(t)))


def tent_kernel(half_width: float) -> Kernel:
    """k(d; Φ) = max(0, 1 − |d|/Φ)/Φ with Φ the half width in pixels: a wide kernel for Eq. 3.

    For downsampling: with Φ as wide as the grid's step it averages what Eq. 5 would skip. Φ = 1
    is Eq. 5. Raises ValueError for a Φ below 1, which would leave gaps between the pixels.

    >>> tent_kernel(2)(torch.tensor([0.0, 1.0, 2.0])).tolist()
    [0.5, 0.25, 0.0]
    """
    if not half_width >= 1:
        raise ValueError(f"tent_kernel expects a half width of at least 1 pixel, got {half_width}")
    return lambda distance: bilinear_kernel(distance / half_width) / half_width


def pixel_coordinates(image: Tensor, grid: Tensor, padding: str) -> list[Tensor]:
    """The grid in the image's pixels, x first, pixel centres at integers: each (B, N).

    >>> x, y = pixel_coordinates(torch.zeros(1, 1, 2, 4), torch.zeros(1, 1, 1, 2), "zeros")
    >>> x.item(), y.item()
    (1.5, 0.5)
    """
    lengths = tuple(reversed(image.shape[2:]))  # W, H(, D)
    pixels = []
    for normalised, length in zip(grid.flatten(1, -2).unbind(-1), lengths, strict=True):
        pixel = ((normalised + 1) * length - 1) / 2
        pixels.append(pixel.clamp(0, length - 1) if padding == "border" else pixel)
    return pixels


def _sample_integer(image: Tensor, grid: Tensor, padding: str) -> Tensor:
    lengths = image.shape[2:]  # (D,) H, W
    pixels = pixel_coordinates(image, grid, padding)
    inside = torch.ones_like(pixels[0], dtype=torch.bool)
    index = torch.zeros_like(pixels[0], dtype=torch.int64)
    for pixel, length in zip(reversed(pixels), lengths, strict=True):
        # floor(x + 1/2): half up, where grid_sample's nearest mode rounds half to even.
        nearest = torch.floor(pixel + (0.5 + TIE_SHARE * length))
        inside = inside & (nearest >= 0) & (nearest <= length - 1)
        index = index * length + nearest.clamp(0, length - 1).long()
    index = index.unsqueeze(1).expand(-1, image.shape[1], -1)  # (B, C, N)
    values = image.flatten(2).gather(2, index) * inside.unsqueeze(1)
    # Eq. 4 is constant in x and y wherever it is smooth: a gradient of zero, but there.
    values = values + 0 * torch.stack(pixels).sum(0).unsqueeze(1)
    return values.unflatten(2, grid.shape[1:-1])


def _literal_sum(image: Tensor, grid: Tensor, kernels: list[Kernel], padding: str) -> Tensor:
    """Eq. 3, with kernels for x, y(, z)."""
    weights = []
    lengths = tuple(reversed(image.shape[2:]))
    pixels = pixel_coordinates(image, grid, padding)
    for kernel, pixel, length in zip(kernels, pixels, lengths, strict=True):
        index = torch.arange(length, device=image.device, dtype=pixel.dtype)
        weights.append(kernel(pixel.unsqueeze(-1) - index))  # (B, N, length)
    equation = "bchw,bnw,bnh->bcn" if image.ndim == 4 else "bcdhw,bnw,bnh,bnd->bcn"
    return torch.einsum(equation, image, *weights).unflatten(2, grid.shape[1:-1])


DEPARTURES = (
    Departure(
        kind=SILENT,
        where="Sect. 3.3",
        paper="What is read outside of U is not given.",
        ours="0. The background of all images is 0, and no mean is subtracted before the sampler.",
        why="Where the background differs from what is read outside, the transformer sees the "
        "image's border.",
    ),
    Departure(
        kind=OTHERWISE,
        where="Sect. 3.3, Eq. 7",
        paper="At integer coordinates the printed derivative is U's own value, not a difference of "
        "two.",
        ours="The derivative of the bilinear kernel from one side, autograd's.",
        why="It is a subgradient, as the paper calls it; U's value is none.",
    ),
)
