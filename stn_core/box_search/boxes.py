"""Square boxes (s, t_x, t_y), θ of Attention: what stands in them, and how far they agree."""

from __future__ import annotations

import torch
from torch import Tensor

from stn_core.sampling import sample
from stn_core.transforms import Attention


def crops(images: Tensor, boxes: Tensor) -> Tensor:
    """I^T: what stands in the boxes, θ of Attention (B, 3), at 28×28. Differentiable."""
    return sample(images, Attention().grid(boxes, (28, 28)))


def overlap(boxes: Tensor, others: Tensor) -> Tensor:
    """Intersection over union of square boxes (s, t_x, t_y), one by one: (B, 3) ×2 -> (B,)."""
    low = torch.maximum(boxes[:, 1:] - boxes[:, :1], others[:, 1:] - others[:, :1])
    high = torch.minimum(boxes[:, 1:] + boxes[:, :1], others[:, 1:] + others[:, :1])
    both = (high - low).clamp(min=0).prod(1)
    return both / (4 * boxes[:, 0].square() + 4 * others[:, 0].square() - both)


def random_boxes(count: int, scale: float, generator: torch.Generator) -> Tensor:
    """Boxes of one size anywhere inside an image: (count, 3)."""
    shift = 2 * torch.rand(count, 2, generator=generator) - 1
    return torch.cat([torch.full((count, 1), scale), (1 - scale) * shift], 1)


def jittered(boxes: Tensor, amount: float, generator: torch.Generator) -> Tensor:
    """Boxes a little off, still inside the image: t and log s by so much (standard deviation)."""
    noise = amount * torch.randn(boxes.shape, generator=generator)
    scale = (boxes[:, :1] * noise[:, :1].exp()).clamp(max=1)
    shift = (boxes[:, 1:] + noise[:, 1:]).clamp(-(1 - scale), 1 - scale)
    return torch.cat([scale, shift], 1)
