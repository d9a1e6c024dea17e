"""Transformers in depth, multiplied out: where on the input image a deep grid reads (Table 2, (b)).

Each transformer reads the feature map before it, which covers what the map before that one covers:
convolutions are padded and poolings halve, so a place keeps its normalised coordinates.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from stn_core.sampling import sample
from stn_core.transforms import Affine


def multiplied_out(thetas: Sequence[Tensor]) -> list[Tensor]:
    """Affine θ (…, 6) of the first transformer, of the first two after each other, and so on.

    T1 and then T2 reads the image at A1·A2.

    >>> zoom = torch.tensor([0.5, 0, 0, 0, 0.5, 0.2])
    >>> multiplied_out([zoom, zoom])[1].tolist()
    [0.25, 0.0, 0.0, 0.0, 0.25, 0.30000001192092896]
    """
    last = torch.tensor([[0.0, 0, 1]], device=thetas[0].device)
    whole = torch.eye(3, device=last.device)
    products = []
    for theta in thetas:
        rows = theta.float().unflatten(-1, (2, 3))  # (…, 2, 3)
        whole = whole @ torch.cat([rows, last.expand(*rows.shape[:-2], 1, 3)], -2)
        products.append(whole[..., :2, :].flatten(-2))
    return products


def views(image: Tensor, thetas: Sequence[Tensor]) -> list[Tensor]:
    """The image as it is read by each θ: (B, C, H, W) of its own size.

    >>> view, = views(torch.ones(1, 3, 8, 8), [Affine().identity()[None]])
    >>> view.shape
    torch.Size([1, 3, 8, 8])
    """
    size = tuple(image.shape[2:])
    return [sample(image.float(), Affine().grid(theta, size)) for theta in thetas]
