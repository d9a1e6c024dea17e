"""MNIST addition: the sum of two digits, by one or two transformers (App. A.1, Table 4)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from stn_core.departures import CONTRADICTION, OTHERWISE, SILENT, Departure
from stn_core.digits import Digits
from stn_core.distortions import RTS, RotationTranslationScale
from stn_core.experiment import Examples, Experiment
from stn_core.experiments.distorted import FAMILIES, PAPER
from stn_core.networks import CNN, FCN, STFCN, Network
from stn_core.objectives import CrossEntropy
from stn_core.recipes import THOROUGH_NAME, Muon, OneCycle, Recipe
from stn_core.transforms import Transform

THOROUGH = Recipe(
    name=THOROUGH_NAME,  # ours; by AdamW the sums stay a riddle for ten times as long
    optimiser=Muon(),
    schedule=OneCycle(),
    iterations=50_000,
    batch_size=128,
    learning_rate=1e-3,
)
# A step of the CNN, which pools nothing before it reads, costs ten of the others'. Kernels by
# AdamW: 37 of its 82 wide filters die, 63 % after 4,000 steps.
CNN_THOROUGH = replace(THOROUGH, optimiser=Muon(kernels=True), iterations=12_000)
# What these in pretrained/ had; a test holds it against their metrics.
LONGER = replace(THOROUGH, iterations=100_000)
LONGER_NETWORKS = {
    "fcn": "FCN",
    "st-fcn-proj": "ST-FCN Proj",
    "st-fcn-tps": "ST-FCN TPS",
    "2st-fcn-tps": "2×ST-FCN TPS",
}
# There is no quick one: in 80 seconds of a core nobody has learnt to add (2×ST-FCN Aff: 83 % by
# this recipe, 87 % with Muon for f_loc alone, batches of 256 and twice the rate). From upright
# digits in the middle, of which 33 % are misread after 16 s, it does not get further: 81 % as they
# begin to turn and move, 90 % if they do at once, 69 % after 63 s if each goes another share of
# the way.
# Table 4, error in percent. The row labels have slipped in the text that circulates: this is the
# reading by layout and prose.
REPORTED = {
    "fcn": 47.7,
    "cnn": 14.7,
    "st-fcn-aff": 22.6,
    "st-fcn-proj": 18.5,
    "st-fcn-tps": 19.1,
    "2st-fcn-aff": 9.0,
    "2st-fcn-proj": 5.9,
    "2st-fcn-tps": 5.8,
}
POOL = 2  # A.1: as for RTS in A.4


@dataclass(frozen=True, kw_only=True)
class Addition:
    """Two digits, each in a channel of its own and each under its own RTS; the label is the sum.

    pose has the digits' classes ("digit") and the distortion's parameters, each (B, 2), the
    channels in order; theta, which undoes them, is (B, 2, 6).

    >>> digits = Digits(torch.zeros(3, 28, 28, dtype=torch.uint8), torch.tensor([3, 3, 3]))
    >>> examples = Addition().examples(digits, torch.Generator())
    >>> examples.images.shape, examples.labels.tolist()
    (torch.Size([3, 2, 42, 42]), [6, 6, 6])
    """

    distortion: RotationTranslationScale = RTS()
    classes: ClassVar[int] = 19  # 0 to 18
    channels: ClassVar[int] = 2
    noun: ClassVar[str] = "sums of digits"

    @property
    def image_shape(self) -> tuple[int, int, int]:
        return (self.channels, self.distortion.canvas, self.distortion.canvas)

    @property
    def truth_family(self) -> Transform | None:
        return self.distortion.family

    def examples(
        self, digits: Digits, generator: torch.Generator, others: Digits | None = None
    ) -> Examples:
        """Each digit, in order, in the first channel; in the second another one.

        That is drawn from ``others`` if they are given, else from the digits themselves (never
        the same, unless there is no other).
        """
        index = self.partners(digits, generator, others)
        pool = digits if others is None else others
        return self.pairs(digits, pool[index], generator)

    def partners(
        self, digits: Digits, generator: torch.Generator, others: Digits | None = None
    ) -> Tensor:
        """Which digit stands in the second channel, for each in the first: indices (B,)."""
        count, device = len(digits), digits.images.device
        if others is not None:
            return torch.randint(len(others), (count,), generator=generator, device=device)
        away = torch.randint(max(1, count - 1), (count,), generator=generator, device=device)
        return (torch.arange(count, device=device) + 1 + away) % count

    def pairs(self, first: Digits, second: Digits, generator: torch.Generator) -> Examples:
        """The first of each pair in channel 0, the second in channel 1, each with its own RTS."""
        images = torch.stack([first.images, second.images], 1)  # (B, 2, 28, 28)
        distorted = self.distortion(images.flatten(0, 1), generator)

        def by_pair(values: Tensor) -> Tensor:
            return values.unflatten(0, (-1, self.channels))

        assert distorted.theta is not None  # RTS can be undone
        pose = {name: by_pair(values) for name, values in distorted.pose.items()}
        pose["digit"] = torch.stack([first.labels, second.labels], 1)
        return Examples(
            by_pair(distorted.images).squeeze(2),  # (B, 2, 42, 42)
            first.labels + second.labels,
            pose,
            by_pair(distorted.theta),
        )

    def posed(self, digits: Digits, poses: int, generator: torch.Generator) -> Tensor:
        """Each digit, with the third one after it in the second channel."""
        partners = Digits(digits.images.roll(-3, 0), digits.labels.roll(-3, 0))
        first, second = (
            Digits(d.images.repeat_interleave(poses, 0), d.labels.repeat_interleave(poses, 0))
            for d in (digits, partners)
        )
        return self.pairs(first, second, generator).images.unflatten(0, (-1, poses))


def _networks() -> dict[str, Network]:
    networks: dict[str, Network] = {"fcn": FCN(), "cnn": CNN()}
    for base, count in (("st-fcn", 1), ("2st-fcn", 2)):
        for family, transform in FAMILIES.items():
            networks[f"{base}-{family}"] = STFCN(transform=transform, pool=POOL, transformers=count)
    return networks


EXPERIMENTS = tuple(
    Experiment(
        name=f"addition/rts/{name}",
        source="App. A.1, Table 4",
        data=Addition(),
        network=network,
        objective=CrossEntropy(),
        recipes=(CNN_THOROUGH if name == "cnn" else THOROUGH, PAPER),
        reported=REPORTED[name],
    )
    for name, network in _networks().items()
)

DEPARTURES = (
    Departure(
        kind=CONTRADICTION,
        where="App. A.1, Table 4",
        paper="In the text that circulates the row labels have slipped.",
        ours="The rows are read by the layout and by the prose: 18.5 % for one transformer, 5.8 % "
        "for two.",
        why="The prose names these figures.",
    ),
    Departure(
        kind=SILENT,
        where="App. A.1",
        paper="Whether V is pooled before the classifier is not given.",
        ours=f"Average pooling by {POOL}.",
        why="As A.4 has it for RTS, by which the digits are distorted.",
    ),
    Departure(
        kind=OTHERWISE,
        where="App. A.1, training",
        paper="SGD, as in Sect. 4.1.",
        ours=f"{THOROUGH.method}, {THOROUGH.iterations:,} × {THOROUGH.batch_size}; "
        f"{', '.join(LONGER_NETWORKS.values())} {LONGER.iterations:,}; the CNN "
        f"({CNN_THOROUGH.method}) {CNN_THOROUGH.iterations:,}.",
        why="With AdamW nothing is learnt for ten times as long. A step of the CNN costs more than "
        "ten of the others'.",
    ),
)
