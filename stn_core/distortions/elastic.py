"""E: digits bent by a thin plate spline (App. A.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from stn_core.distortions.distortion import (
    DIGIT_PIXELS,
    DistortedImages,
    Distortion,
    as_float,
    normal,
    uniform,
)
from stn_core.sampling import sample
from stn_core.transforms import ThinPlateSpline

_SPLINE = ThinPlateSpline(side=4)  # A.4: 16 control points


@dataclass(frozen=True, kw_only=True)
class Elastic(Distortion):
    """E: scaled by 0.75 to 1, then a thin plate spline whose 16 points move by 1.5 pixels (std).

    It is destructive: no closed form undoes it.

    >>> distorted = Elastic()(torch.zeros(2, 28, 28, dtype=torch.uint8), torch.Generator())
    >>> distorted.pose["point_shift_pixels"].shape, distorted.theta
    (torch.Size([2, 16, 2]), None)
    """

    name: ClassVar[str] = "E"
    min_scale: float = 0.75  # A.4
    max_scale: float = 1.0  # A.4
    point_std_pixels: float = 1.5  # A.4

    def __call__(
        self, images: Tensor, generator: torch.Generator, others: Tensor | None = None
    ) -> DistortedImages:
        count = len(images)
        scale = uniform(self.min_scale, self.max_scale, count, generator)
        spline = _SPLINE
        shift = normal((count, spline.num_params), generator) * self.point_std_pixels
        theta = spline.identity().to(images.device) + shift * 2 / self.canvas
        grid = spline.grid(theta, self._size) * self.canvas / DIGIT_PIXELS
        grid = grid / scale[:, None, None, None]
        pose = {"scale": scale, "point_shift_pixels": shift.unflatten(1, (-1, 2))}
        return DistortedImages(sample(as_float(images), grid), pose, None)
