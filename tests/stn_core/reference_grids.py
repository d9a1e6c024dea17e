"""G and θ as the tests of the transforms compute them, by NumPy."""

from __future__ import annotations

import numpy as np
import torch

from stn_core.transforms import Transform

SIZES = [(28, 28), (5, 9), (17, 3)]


def centres(length: int) -> np.ndarray:
    """The centres of ``length`` pixels between the outer edges −1 and +1."""
    edges = np.linspace(-1, 1, length + 1)
    return (edges[:-1] + edges[1:]) / 2


def regular(height: int, width: int) -> np.ndarray:
    """G as (H, W, 2), x first, in float64."""
    return np.stack(np.meshgrid(centres(width), centres(height)), axis=-1)


def around_identity(
    transform: Transform, count: int, generator: torch.Generator, spread: float = 0.2
) -> torch.Tensor:
    """θ (count, P), float64, normally spread around the identity."""
    noise = torch.randn(count, transform.num_params, generator=generator, dtype=torch.float64)
    return transform.identity() + spread * noise
