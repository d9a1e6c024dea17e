"""The spatial transformer module: localisation network, grid generator, sampler (Fig. 2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from stn_core.sampling import Kernel, sample
from stn_core.trace import Warp
from stn_core.transforms import Transform


class SpatialTransformer(nn.Module):
    """V = U read at T_θ(G), θ = f_loc(U). Can be put into a network at any point (Sect. 3.4).

    localisation: a module U (B, C, H, W) -> θ (B, P); transform: the family of T_θ;
    size: the output's (H', W'), by default the input's; kernel, padding: see ``sampling.sample``.
    """

    def __init__(
        self,
        localisation: nn.Module,
        transform: Transform,
        size: tuple[int, ...] | None = None,
        kernel: str | Kernel = "bilinear",
        padding: str = "zeros",
    ) -> None:
        super().__init__()
        self.localisation = localisation
        self.transform = transform
        self.size = size
        self.kernel = kernel
        self.padding = padding

    def forward(self, image: Tensor) -> Tensor:
        """U (B, C, H, W) -> V (B, C, H', W')."""
        return self.warp(image).output

    def warp(self, image: Tensor, theta: Tensor | None = None) -> Warp:
        """U -> Warp, with θ from the localisation network unless it is given: (B, P)."""
        # Coordinates need float32: bfloat16's 8 bits would be up to a tenth of a pixel off.
        with torch.autocast(image.device.type, enabled=False):
            # Deeper in a network, autocast's convolutions hand over half precision.
            image = image.to(torch.promote_types(image.dtype, torch.float32))
            theta = self.localisation(image) if theta is None else theta
            grid = self.transform.grid(theta, self.size or tuple(image.shape[2:]))
            return Warp(image, theta, grid, sample(image, grid, self.kernel, self.padding))
