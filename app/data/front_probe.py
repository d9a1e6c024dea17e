"""The front page's digit as a tensor: apart from ``browser_networks``, which needs no torch."""

from __future__ import annotations

import torch

from app.data import browser_networks


def front_probe(digit: int = browser_networks.FIRST_DIGIT) -> torch.Tensor:
    """One of the front page's digits as it is at first: (1, 1, H, W)."""
    images, _ = browser_networks.probes()
    return torch.from_numpy(images[[digit]])[:, None].float() / 255
