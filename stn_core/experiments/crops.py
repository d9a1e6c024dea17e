"""The encoder's training: crops of digits among clutter, with their classes (App. A.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from stn_core.departures import OTHERWISE, Departure
from stn_core.digits import Digits
from stn_core.distortions import DIGIT_PIXELS
from stn_core.experiment import Examples, Experiment
from stn_core.experiments.colocalisation import DISTORTIONS
from stn_core.experiments.distorted import PAPER, THOROUGH
from stn_core.networks import CNN
from stn_core.objectives import CrossEntropy
from stn_core.recipes import AdamW
from stn_core.sampling import sample
from stn_core.transforms import Attention, Transform

OFF, FARTHEST = 0.5, 2.0  # halves of a box from a digit, where there is none


@dataclass(frozen=True, kw_only=True)
class Crops:
    """Crops about digits on a large canvas, some cluttered, labelled by the digit's class.

    What a box on its way sees: the digit smaller or larger, at the side, and clutter. ``scales``:
    the box's s, drawn evenly in its logarithm (1/3 is the digit's own frame); ``shift``: how far
    off the digit's centre it is at most, in halves of the box; ``plain``: the share uncluttered;
    ``none``: the share that is half a box or more off the digit, an eleventh class.

    >>> digits = Digits(torch.zeros(2, 28, 28, dtype=torch.uint8), torch.tensor([3, 8]))
    >>> Crops().examples(digits, torch.Generator()).images.shape, Crops(none=0.3).classes
    (torch.Size([2, 1, 28, 28]), 11)
    """

    scales: tuple[float, float] = (0.22, 0.75)
    shift: float = 0.7
    plain: float = 0.2
    none: float = 0.0
    image_shape: ClassVar[tuple[int, int, int]] = (1, DIGIT_PIXELS, DIGIT_PIXELS)
    noun: ClassVar[str] = "crops around digits"
    truth_family: ClassVar[Transform | None] = None

    @property
    def classes(self) -> int:
        return 11 if self.none else 10

    def examples(
        self, digits: Digits, generator: torch.Generator, others: Digits | None = None
    ) -> Examples:
        pool = None if others is None else others.images

        def uniform(low: float, high: float, *shape: int) -> Tensor:
            drawn = torch.rand(*shape, generator=generator, device=generator.device)
            return low + (high - low) * drawn

        count = len(digits)
        plain, cluttered = (d(digits.images, generator, pool) for d in DISTORTIONS.values())
        is_plain = uniform(0, 1, count, 1) < self.plain
        images = torch.where(is_plain[..., None, None], plain.images, cluttered.images)
        assert plain.theta is not None and cluttered.theta is not None  # a shift can be undone
        centre = torch.where(is_plain, plain.theta, cluttered.theta)[:, [2, 5]]
        low, high = (torch.tensor(s).log().item() for s in self.scales)
        scale = uniform(low, high, count, 1).exp()
        shift = uniform(-self.shift, self.shift, count, 2)
        labels = digits.labels
        if self.none:
            is_none = uniform(0, 1, count, 1) < self.none
            off = uniform(-FARTHEST, FARTHEST, count, 2)
            off = off * (OFF / off.abs().amax(1, keepdim=True)).clamp(min=1)
            shift = torch.where(is_none, off, shift)
            labels = torch.where(is_none[:, 0], 10, labels)
        theta = torch.cat([scale, centre + shift * scale], 1)
        crops = sample(images, Attention().grid(theta, self.image_shape[1:]))
        return Examples(crops, labels, {"scale": scale[:, 0], "shift": shift}, None)

    def posed(self, digits: Digits, poses: int, generator: torch.Generator) -> Tensor:
        images, labels = (v.repeat_interleave(poses, 0) for v in (digits.images, digits.labels))
        return self.examples(Digits(images, labels), generator).images.unflatten(0, (-1, poses))


ENCODER = Experiment(
    name="colocalisation/encoder",
    source="App. A.2: the encoding function e()",
    data=Crops(),
    network=CNN(),
    objective=CrossEntropy(),
    recipes=(
        replace(THOROUGH, optimiser=AdamW(), learning_rate=2e-3, iterations=9_000),
        PAPER,
    ),
    reported=None,
)
# What ENCODER calls alike may be half a box off, since it has learnt not to mind: the loop of every
# 6 is as good to it as every 6. To this one, that is no digit at all.
FINE_ENCODER = replace(
    ENCODER,
    name="colocalisation/fine-encoder",
    data=Crops(scales=(0.26, 0.45), shift=0.25, none=0.3),
)
EXPERIMENTS = (ENCODER, FINE_ENCODER)

DEPARTURES = (
    Departure(
        kind=OTHERWISE,
        where="App. A.2, encoder",
        paper="e() is the CNN of Sect. 4.1, trained to read whole images.",
        ours="A CNN of that kind, trained on crops about digits, of s from "
        f"{Crops.scales[0]:g} to {Crops.scales[1]:g} and up to {Crops.shift:g} of a half box off.",
        why="What a box on its way sees is such a crop; a CNN of whole digits has never seen one.",
    ),
)
