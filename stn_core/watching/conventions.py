"""``F.grid_sample`` and ``F.affine_grid`` in the convention of :mod:`stn_core.sampling`.

There −1 and 1 are the edges of the image, as with ``align_corners=False``; with True they are the
centres of its outermost pixels, so that the grid is our grid but for a factor (W − 1)/W.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from stn_core.sampling import TIE_SHARE, pixel_coordinates

MODES = ("bilinear", "nearest", "bicubic")  # in the order of torch.grid_sampler's numbers
PADDING_MODES = ("zeros", "border", "reflection")
KERNELS = {"bilinear": "bilinear", "nearest": "integer", "bicubic": "bicubic"}


class Reading(NamedTuple):
    """How ``F.grid_sample`` was asked to read an image.

    >>> Reading("nearest", "border", True).kernel
    'integer'
    """

    mode: str
    padding_mode: str
    align_corners: bool

    @property
    def kernel(self) -> str:
        """Our name; "bicubic" is one that ``sample`` has as a function only."""
        return KERNELS[self.mode]

    @property
    def padding(self) -> str:
        """Of a reflected grid, whose points are all inside, "border"."""
        reflected = self.padding_mode == "reflection" and self.mode != "bicubic"
        return "border" if reflected else self.padding_mode


def our_grid(image: Tensor, grid: Tensor, reading: Reading) -> Tensor:
    """The grid at which our sampler reads what ``F.grid_sample`` read: a new tensor.

    With reflection padding each point is where it was reflected to; in nearest mode a point half
    way between two pixels is at the centre of the one that was read. Bicubic mode reflects pixels,
    not points: its grid stays.

    >>> grid = torch.tensor([[[[-1.0, 0.0], [1.0, 0.0]]]])
    >>> our_grid(torch.zeros(1, 1, 4, 4), grid, Reading("bilinear", "zeros", True)).tolist()
    [[[[-0.75, 0.0], [0.75, 0.0]]]]
    """
    wide = torch.promote_types(grid.dtype, torch.float32)
    if reading.align_corners:  # row by row: an innermost axis of two numbers takes thrice the time
        lengths = _lengths(image, grid.to(wide))
        factors = ((lengths - 1) / lengths).repeat(grid.shape[-2])
        grid = (grid.to(wide).flatten(-2) * factors).view(grid.shape)
    else:
        grid = grid.to(wide, copy=True)
    if reading.mode == "bicubic":
        return grid
    if reading.padding_mode == "reflection":
        grid = _reflected(grid, _lengths(image, grid), reading.align_corners)
    return _settled(image, grid, reading) if reading.mode == "nearest" else grid


def their_grid(image: Tensor, grid: Tensor, align_corners: bool) -> Tensor:
    """The grid at which ``F.grid_sample`` reads what our sampler reads at this one.

    >>> grid = torch.tensor([[[[-0.75, 0.0], [0.75, 0.0]]]])
    >>> their_grid(torch.zeros(1, 1, 4, 4), grid, True).tolist()
    [[[[-1.0, 0.0], [1.0, 0.0]]]]
    """
    if not align_corners:
        return grid
    lengths = _lengths(image, grid)
    return grid * (lengths / (lengths - 1).clamp(min=1))


def our_theta(
    theta: Tensor, size: tuple[int, ...], aligned: bool, image: Tensor, reading: Reading
) -> Tensor:
    """The θ (B, P) of whose grid we read what was read at ``F.affine_grid``'s.

    theta: (B, 2, 3) or (B, 3, 4); size: (H', W') or (D', H', W'); aligned: how the grid was made.

    >>> theta, image = torch.eye(2, 3)[None], torch.zeros(1, 1, 4, 4)
    >>> our_theta(theta, (2, 2), True, image, Reading("bilinear", "zeros", True)).tolist()
    [[1.5, 0.0, 0.0, 0.0, 1.5, 0.0]]
    """
    matrix = theta.double()
    if aligned:
        outward = [n / (n - 1) if n > 1 else 1.0 for n in reversed(size)]
        matrix = matrix * matrix.new_tensor([*outward, 1.0])
    if reading.align_corners:
        lengths = _lengths(image, matrix)
        matrix = matrix * ((lengths - 1) / lengths).unsqueeze(1)
    return matrix.flatten(1).to(torch.promote_types(theta.dtype, torch.float32))


def _lengths(image: Tensor, like: Tensor) -> Tensor:
    """W, H(, D) of an image."""
    return like.new_tensor(tuple(reversed(image.shape[2:])))


def _reflected(grid: Tensor, lengths: Tensor, aligned: bool) -> Tensor:
    """Points beyond the edges (aligned: beyond the outermost pixels' centres) reflected there."""
    edge = (lengths - 1) / lengths if aligned else torch.ones_like(lengths)
    distance = torch.where(edge > 0, (grid + edge).remainder(4 * edge), edge)
    folded = torch.where(distance > 2 * edge, 4 * edge - distance, distance) - edge
    return torch.where(grid.abs() <= edge, grid, folded)


def _settled(image: Tensor, grid: Tensor, reading: Reading) -> Tensor:
    """Points half way between two pixels: ``F.grid_sample`` rounds to the even one, Eq. 4 up."""
    settled = []
    pixels = pixel_coordinates(image, grid, reading.padding)
    lengths = reversed(image.shape[2:])
    for axis, (pixel, length) in enumerate(zip(pixels, lengths, strict=True)):
        read, ours = pixel.round(), torch.floor(pixel + (0.5 + TIE_SHARE * length))
        centre = ((2 * read + 1) / length - 1).unflatten(1, grid.shape[1:-1])
        same = (read == ours).unflatten(1, grid.shape[1:-1])
        settled.append(torch.where(same, grid[..., axis], centre))
    return torch.stack(settled, -1)
