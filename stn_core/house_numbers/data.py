"""What a network is given of house numbers: crops, cut anew for each training step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_core.departures import OTHERWISE, Departure
from stn_core.digits import Digits, Progress, Source
from stn_core.experiment import Examples, Words
from stn_core.house_numbers.numbers import MARGIN, NULL, SIDE, TRAINED, needed_packages
from stn_core.transforms import Transform

# By how much a training crop differs from the middle one, at most, and how often it is a negative.
ZOOM, STRETCH, SHIFT = 0.14, 0.08, 0.1  # of its size
TURN_DEGREES, SHEAR = 7.0, 0.08
CONTRAST, BRIGHTNESS, TINT = 0.4, 0.2, 0.1
NEGATIVES = 0.15  # dark on light is as common as light on dark


@dataclass(frozen=True, kw_only=True)
class HouseNumbers:
    """Crops around house numbers; the label is five digits, 10 where there is none (Sect. 4.2).

    The pictures come with a margin, (N, 3, S, S) of S = 1.25 · side: ``examples`` takes the middle,
    ``training_examples`` cuts each anew. No theta undoes what is not known of a photograph.

    >>> pictures = Digits(torch.zeros(2, 3, 80, 80, dtype=torch.uint8), torch.zeros(2, 5).long())
    >>> HouseNumbers().examples(pictures, torch.Generator()).images.shape
    torch.Size([2, 3, 64, 64])
    """

    side: int = SIDE
    classes: ClassVar[int] = NULL + 1
    noun: ClassVar[str] = "house numbers"
    truth_family: ClassVar[Transform | None] = None

    @property
    def image_shape(self) -> tuple[int, int, int]:
        return (3, self.side, self.side)

    @property
    def words(self) -> Words:
        return Words(
            test="photographs of SVHN",
            gallery="rendered house numbers",
            absent="SVHN's photographs",
            trained="pictures",
            training=f"of house numbers: SVHN's {' and '.join(TRAINED[self.side])}, and renderings",
            drawn=False,
        )

    def load(self, progress: Progress | None = None) -> Source:
        """The photographs that are on this machine, and renderings (``source.load``).

        Raises HouseNumbersError if they cannot be read, also for want of a package.
        """
        with needed_packages():
            from stn_core.house_numbers.source import load
        return load(self.side, progress)

    def examples(
        self, digits: Digits, generator: torch.Generator, others: Digits | None = None
    ) -> Examples:
        """The middle of each picture. Nothing is drawn."""
        first = (digits.images.shape[-1] - self.side) // 2
        middle = slice(first, first + self.side)
        return Examples(digits.images[..., middle, middle].float() / 255, digits.labels, {}, None)

    def training_examples(self, digits: Digits, generator: torch.Generator) -> Examples:
        """Each picture cut, turned, stretched and coloured at random."""
        images = self._cut(digits.images.float() / 255, generator)
        return Examples(_coloured(images, generator), digits.labels, {}, None)

    def posed(self, digits: Digits, poses: int, generator: torch.Generator) -> Tensor:
        """Each picture cut and turned so often: (N, poses, 3, side, side)."""
        images = digits.images.repeat_interleave(poses, 0).float() / 255
        return self._cut(images, generator).unflatten(0, (-1, poses))

    def _cut(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """At random: (N, 3, S, S) -> (N, 3, side, side)."""
        count = len(images)

        def between(largest: float, *shape: int) -> Tensor:
            drawn = torch.rand(count, *shape, generator=generator, device=generator.device)
            return (2 * drawn - 1) * largest

        angle = between(math.radians(TURN_DEGREES))
        cos, sin = angle.cos(), angle.sin()
        turned = torch.stack([torch.stack([cos, -sin], 1), torch.stack([sin, cos], 1)], 1)
        sheared = torch.eye(2, device=angle.device) + F.pad(
            between(SHEAR)[:, None, None], (1, 0, 0, 1)
        )
        size = (1 + between(ZOOM, 1) + between(STRETCH, 2)) / MARGIN
        matrix = turned @ sheared * size[:, None]  # (N, 2, 2)
        theta = torch.cat([matrix, between(2 * SHIFT / MARGIN, 2, 1)], 2).to(images.device)
        grid = F.affine_grid(theta, [count, 3, self.side, self.side], align_corners=False)
        return F.grid_sample(images, grid, padding_mode="border", align_corners=False)


def _coloured(images: Tensor, generator: torch.Generator) -> Tensor:
    def between(low: float, high: float, channels: int = 1) -> Tensor:
        drawn = torch.rand(
            len(images), channels, 1, 1, generator=generator, device=generator.device
        )
        return (low + (high - low) * drawn).to(images.device)

    images = torch.where(between(0, 1) < NEGATIVES, 1 - images, images)
    mean = images.mean((1, 2, 3), keepdim=True)
    contrast = between(1 - CONTRAST, 1 + CONTRAST)
    tint = between(1 - TINT, 1 + TINT, channels=3)
    light = between(-BRIGHTNESS, BRIGHTNESS)
    return (((images - mean) * contrast + mean + light) * tint).clamp(0, 1)


DEPARTURES = (
    Departure(
        kind=OTHERWISE,
        where="Sect. 4.2, data",
        paper="About 235,000 images to train on, 13,068 to test on.",
        ours="The photographs that are on this machine, and renderings. Errors are those on real "
        "photographs.",
        why="SVHN may not be redistributed here. Our 6,033 photographs are 2.6 % of the paper's, "
        "so errors are compared between our own networks only.",
    ),
)
