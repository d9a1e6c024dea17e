"""What a network is given of birds: photographs, cropped and mirrored anew for each step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_core.birds.photographs import CLASSES, SIDE, BirdsError
from stn_core.departures import OTHERWISE, Departure
from stn_core.digits import Digits, Progress, Source
from stn_core.experiment import Examples, Words
from stn_core.transforms import Transform

SMALLEST = 0.75  # side of a training crop, as a share of the image's


@dataclass(frozen=True, kw_only=True)
class Birds:
    """CUB's photographs, (3, side, side); the label is one of 200 species (Sect. 4.3).

    side: 128 or 64, in pixels.

    >>> birds = Digits(torch.zeros(2, 3, 128, 128, dtype=torch.uint8), torch.zeros(2).long())
    >>> Birds(side=64).examples(birds, torch.Generator()).images.shape
    torch.Size([2, 3, 64, 64])
    """

    side: int = SIDE
    classes: ClassVar[int] = CLASSES
    noun: ClassVar[str] = "birds"
    words: ClassVar[Words] = Words(
        test="test photographs of CUB-200-2011",
        gallery="photographs of CUB-200-2011 that were kept back",
        absent="CUB's photographs",
        trained="photographs",
        training="of CUB-200-2011's training set, without those kept back",
        drawn=False,
    )
    truth_family: ClassVar[Transform | None] = None

    @property
    def image_shape(self) -> tuple[int, int, int]:
        return (3, self.side, self.side)

    def load(self, progress: Progress | None = None) -> Source:
        """CUB's photographs (``source.load``). Raises BirdsError if they cannot be read."""
        try:
            import PIL  # noqa: F401  # before anything is looked for
        except ImportError as error:
            raise BirdsError("reading birds needs Pillow. Run this: pip install pillow") from error
        from stn_core.birds.source import load

        return load(progress)

    def examples(
        self, digits: Digits, generator: torch.Generator, others: Digits | None = None
    ) -> Examples:
        """The whole photographs. Nothing is drawn."""
        images = F.adaptive_avg_pool2d(digits.images.float() / 255, self.side)
        return Examples(images, digits.labels, {}, None)

    def training_examples(self, digits: Digits, generator: torch.Generator) -> Examples:
        """A square of each at random, 3/4 of it or more, half of them mirrored (A.6)."""
        return Examples(self._cut(digits.images, generator), digits.labels, {}, None)

    def posed(self, digits: Digits, poses: int, generator: torch.Generator) -> Tensor:
        """Each photograph cropped so often: (N, poses, 3, side, side)."""
        images = digits.images.repeat_interleave(poses, 0)
        return self._cut(images, generator).unflatten(0, (-1, poses))

    def _cut(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """At random: uint8 (N, 3, S, S) -> (N, 3, side, side)."""
        drawn = torch.rand(4, len(images), generator=generator, device=generator.device)
        size = SMALLEST + (1 - SMALLEST) * drawn[0]
        theta = torch.zeros(len(images), 2, 3, device=drawn.device)
        theta[:, 0, 0] = torch.where(drawn[1] < 0.5, -size, size)
        theta[:, 1, 1] = size
        theta[:, :, 2] = ((2 * drawn[2:] - 1) * (1 - size)).T
        shape = [len(images), 3, SIDE, SIDE]
        grid = F.affine_grid(theta.to(images.device), shape, align_corners=False)
        cut = F.grid_sample(images.float() / 255, grid, padding_mode="border", align_corners=False)
        return F.adaptive_avg_pool2d(cut, self.side)


DEPARTURES = (
    Departure(
        kind=OTHERWISE,
        where="App. A.6, training",
        paper="Random squares whose side is 7/8 of the image's shorter one.",
        ours=f"Random squares of {SMALLEST:g} to 1 of the squeezed image's side.",
        why="A.6 notes severe over-fitting; more kinds of crops lessen it.",
    ),
)
