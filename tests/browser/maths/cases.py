"""Images, grids and readings on which the browser's maths is compared with the library's."""

from __future__ import annotations

import torch

from stn_core.sampling import bicubic_kernel, tent_kernel

SIZE, INNER = (24, 33), (19, 27)  # of U and V
READINGS = {
    "integer": "integer",
    "bilinear": "bilinear",
    "bicubic": bicubic_kernel,
    "tent": tent_kernel(2.5),
}


def near_identity(transform, generator) -> torch.Tensor:
    noise = torch.randn(transform.num_params, generator=generator)
    return transform.identity() + 0.15 * noise


def in_pixels(grid: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Normalised (..., 2) to pixels, whose centres are at the integers."""
    return ((grid + 1) * torch.tensor(size[::-1]) - 1) / 2


def source(image: torch.Tensor) -> dict:
    """An image (C, H, W) of 0 to 255, as the component has it."""
    channels, height, width = image.shape
    values = image.flatten().tolist()
    return {"pixels": values, "channels": channels, "height": height, "width": width}
