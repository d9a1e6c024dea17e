"""Square boxes (s, t_x, t_y), θ of Attention: what stands in them, and how far they agree."""

from __future__ import annotations

import torch
from torch import Tensor

from stn_core.sampling import sample
from stn_core.transforms import Attention


def crops(images: Tensor, boxes: Tensor) -> Tensor:
    """I^T: the content of the boxes, θ of Attention (B, 3), at 28×28. Differentiable.

    >>> crops(torch.rand(2, 1, 84, 84), torch.tensor([[1 / 3, 0, 0], [1, 0, 0]])).shape
    torch.Size([2, 1, 28, 28])
    """
    return sample(images, Attention().grid(boxes, (28, 28)))


def overlap(boxes: Tensor, others: Tensor) -> Tensor:
    """Intersection over union of square boxes (s, t_x, t_y), one by one: (B, 3) ×2 -> (B,).

    >>> box = torch.tensor([[0.5, 0, 0]])
    >>> overlap(box, box), overlap(box, torch.tensor([[0.5, 1, 0]]))
    (tensor([1.]), tensor([0.]))
    """
    low = torch.maximum(boxes[:, 1:] - boxes[:, :1], others[:, 1:] - others[:, :1])
    high = torch.minimum(boxes[:, 1:] + boxes[:, :1], others[:, 1:] + others[:, :1])
    both = (high - low).clamp(min=0).prod(1)
    return both / (4 * boxes[:, 0].square() + 4 * others[:, 0].square() - both)


def random_boxes(count: int, scale: float, generator: torch.Generator) -> Tensor:
    """Boxes of one size anywhere inside an image: (count, 3).

    >>> boxes = random_boxes(100, 0.5, torch.Generator())
    >>> boxes.shape, bool((boxes[:, 1:].abs() <= 0.5).all())
    (torch.Size([100, 3]), True)
    """
    shift = 2 * torch.rand(count, 2, generator=generator) - 1
    return torch.cat([torch.full((count, 1), scale), (1 - scale) * shift], 1)


def jittered(boxes: Tensor, amount: float, generator: torch.Generator) -> Tensor:
    """Boxes (B, 3) a little off, still inside the image: normal noise on t and log s.

    amount: its standard deviation.

    >>> boxes = jittered(torch.tensor([[0.9, 0, 0]]), 0.2, torch.Generator())
    >>> bool((boxes[:, 1:].abs() + boxes[:, :1] <= 1).all())
    True
    """
    noise = amount * torch.randn(boxes.shape, generator=generator)
    scale = (boxes[:, :1] * noise[:, :1].exp()).clamp(max=1)
    shift = (boxes[:, 1:] + noise[:, 1:]).clamp(-(1 - scale), 1 - scale)
    return torch.cat([scale, shift], 1)
