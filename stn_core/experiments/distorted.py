"""Distorted MNIST: five distortions × eight networks (Sect. 4.1, App. A.4, Table 1)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from stn_core.departures import CONTRADICTION, OTHERWISE, SILENT, Departure
from stn_core.digits import Digits
from stn_core.distortions import RTS, TC, Distortion, E, P, R
from stn_core.experiment import Examples, Experiment
from stn_core.networks import CNN, FCN, STCNN, STFCN, Network
from stn_core.objectives import CrossEntropy
from stn_core.recipes import (
    QUICK_NAME,
    SGD,
    THOROUGH_NAME,
    AdamW,
    Muon,
    OneCycle,
    Recipe,
    StepDecay,
)
from stn_core.transforms import Affine, Projective, ThinPlateSpline, Transform

THOROUGH = Recipe(
    name=THOROUGH_NAME,  # ours: minutes instead of hours on a laptop's core
    optimiser=Muon(),  # ST-FCN Aff after 20,000: R 1.2 %, RTS 1.3 %; by AdamW 1.6 and 1.7
    schedule=OneCycle(),
    iterations=20_000,
    batch_size=64,
    learning_rate=1e-3,
)
# What a network learns in the first minutes of a core. Muon is dear: of an ST-FCN's step it took
# 77 %. It is worth that for f_loc; an FCN learns more by half as much again steps of AdamW. RTS,
# after about 60 seconds of a core: FCN 13.9 % (44 s; by Muon 16.5), ST-FCN Aff 2.4 and 2.5 % (two
# seeds; by Muon for all, 2,000 x 64, 4.5 and 4.7), ST-CNN Aff 1.8 % (72 s; without the kernels
# 2.4 in 57), CNN 8.6 % (71 s, bfloat16, half of its steps; by AdamW 13.3).
QUICK = replace(
    THOROUGH,
    name=QUICK_NAME,
    optimiser=AdamW(),
    iterations=3_500,
    batch_size=256,
    learning_rate=2e-3,
)
QUICK_ST_FCN = replace(QUICK, localisation_optimiser=Muon(), iterations=2_400)
QUICK_CNN = replace(QUICK, optimiser=Muon(kernels=True), batch_size=64, iterations=1_000)
QUICK_ST_CNN = replace(
    QUICK_CNN, optimiser=AdamW(), localisation_optimiser=Muon(kernels=True), iterations=2_400
)
QUICK_OF = {FCN: QUICK, STFCN: QUICK_ST_FCN, CNN: QUICK_CNN, STCNN: QUICK_ST_CNN}
# Ours too. P, ST-FCN TPS: 1.8 % on test digits; without it 2.0, and 1.1 in training. An ST-CNN
# gains nothing in so many steps.
ELASTIC = replace(THOROUGH, name="elastic", iterations=40_000, elastic_pixels=1.0)
# For a GPU, where a column of eight takes minutes: ten times the digits, so that other hands' pay
# for the convolutional networks too, and kernels by Muon with a rate as large as they bear.
LONG = replace(
    ELASTIC,
    name="long",
    optimiser=Muon(kernels=True),
    iterations=100_000,
    batch_size=256,
    learning_rate=2e-3,
)
PAPER = Recipe(
    name="paper",
    optimiser=SGD(),
    schedule=StepDecay(),
    iterations=150_000,  # A.4
    batch_size=256,  # A.4
    learning_rate=0.01,  # A.4
)
# What the networks in pretrained/ had, column by column; a test holds it against their metrics.
PUBLISHED = {
    "r": replace(LONG, iterations=40_000, batch_size=64),
    "rts": replace(LONG, iterations=45_000),
    "p": replace(LONG, iterations=20_000, batch_size=64),
    "e": replace(THOROUGH, optimiser=AdamW(), learning_rate=2e-3),
    "tc": replace(LONG, iterations=20_000, batch_size=64),
}

# Table 1, error in percent. The row labels have slipped in the text that circulates: this is the
# reading by layout and prose. TC: Sect. 4.1 gives one ST-FCN and one ST-CNN figure, of no named
# family; we take them as affine.
REPORTED: dict[str, dict[str, float]] = {
    "fcn": {"r": 2.1, "rts": 5.2, "p": 3.1, "e": 3.2, "tc": 13.2},
    "cnn": {"r": 1.2, "rts": 0.8, "p": 1.5, "e": 1.4, "tc": 3.5},
    "st-fcn-aff": {"r": 1.2, "rts": 0.8, "p": 1.5, "e": 2.7, "tc": 2.0},
    "st-fcn-proj": {"r": 1.3, "rts": 0.9, "p": 1.4, "e": 2.6},
    "st-fcn-tps": {"r": 1.1, "rts": 0.8, "p": 1.4, "e": 2.4},
    "st-cnn-aff": {"r": 0.7, "rts": 0.5, "p": 0.8, "e": 1.2, "tc": 1.7},
    "st-cnn-proj": {"r": 0.8, "rts": 0.6, "p": 0.8, "e": 1.3},
    "st-cnn-tps": {"r": 0.7, "rts": 0.5, "p": 0.8, "e": 1.1},
}
DISTORTIONS: dict[str, Distortion] = {"r": R(), "rts": RTS(), "p": P(), "e": E(), "tc": TC()}
FAMILIES: dict[str, Transform] = {
    "aff": Affine(),
    "proj": Projective(),
    "tps": ThinPlateSpline(side=4),  # "16-point thin plate spline"
}
POOLED = ("rts", "tc")  # A.4: average pooling by 2 after the spatial transformer


@dataclass(frozen=True, kw_only=True)
class Distorted:
    """Digits under one distortion, labelled by their class.

    >>> digits = Digits(torch.zeros(3, 28, 28, dtype=torch.uint8), torch.arange(3))
    >>> Distorted(distortion=RTS()).posed(digits, poses=5, generator=torch.Generator()).shape
    torch.Size([3, 5, 1, 42, 42])
    """

    distortion: Distortion
    classes: int = 10
    noun: ClassVar[str] = "digits"

    @property
    def image_shape(self) -> tuple[int, int, int]:
        return self.distortion.image_shape

    @property
    def truth_family(self) -> Transform | None:
        return self.distortion.family

    def examples(
        self, digits: Digits, generator: torch.Generator, others: Digits | None = None
    ) -> Examples:
        pool = None if others is None else others.images
        distorted = self.distortion(digits.images, generator, pool)
        return Examples(distorted.images, digits.labels, distorted.pose, distorted.theta)

    def posed(self, digits: Digits, poses: int, generator: torch.Generator) -> Tensor:
        repeated = digits.images.repeat_interleave(poses, 0)
        return self.distortion(repeated, generator).images.unflatten(0, (-1, poses))


def _networks(distortion: str) -> dict[str, Network]:
    pool = 2 if distortion in POOLED else 1
    networks: dict[str, Network] = {"fcn": FCN(), "cnn": CNN()}
    for base, kind in (("st-fcn", STFCN), ("st-cnn", STCNN)):
        for family, transform in FAMILIES.items():
            networks[f"{base}-{family}"] = kind(transform=transform, pool=pool)
    return networks


EXPERIMENTS = tuple(
    Experiment(
        name=f"distorted/{short}/{network_name}",
        source="Sect. 4.1, App. A.4, Table 1",
        data=Distorted(distortion=distortion),
        network=network,
        objective=CrossEntropy(),
        recipes=(QUICK_OF[type(network)], THOROUGH, ELASTIC, LONG, PAPER),
        reported=REPORTED[network_name].get(short),
    )
    for short, distortion in DISTORTIONS.items()
    for network_name, network in _networks(short).items()
)


def _published_words() -> str:
    """Each recipe of ``PUBLISHED`` once, with its columns and their budgets."""
    columns: dict[str, list[str]] = {}
    for column, recipe in PUBLISHED.items():
        budget = f"{column.upper()} {recipe.iterations:,} × {recipe.batch_size}"
        columns.setdefault(f"*{recipe.name}* ({recipe.method})", []).append(budget)
    return "; ".join(f"{recipe}: {', '.join(budgets)}" for recipe, budgets in columns.items())


DEPARTURES = (
    Departure(
        kind=CONTRADICTION,
        where="Sect. 4.1, Table 1",
        paper="In the text that circulates the row labels have slipped: *ST-FCN* and *ST-CNN* are "
        "names of single rows, and no row is called *Proj*.",
        ours="Each of them names a group of three rows: Aff, Proj and TPS, in this order.",
        why="The prose has an ST-FCN read RTS as well as the CNN, with 0.8 % error; the row that "
        "is called *ST-FCN* has 0.9 %. It also names the three families.",
    ),
    Departure(
        kind=SILENT,
        where="Sect. 4.1, Table 1, TC",
        paper="One ST-FCN and one ST-CNN figure, of no named family.",
        ours="Taken as the affine ones.",
        why="The family that all other columns have.",
    ),
    Departure(
        kind=OTHERWISE,
        where="App. A.4, training",
        paper=f"SGD, {PAPER.iterations:,} steps of {PAPER.batch_size} at {PAPER.learning_rate:g}, "
        f"divided by {StepDecay.divisor:g} every {StepDecay.every:,}.",
        ours="The published networks are trained by recipes of ours, which their cards name: "
        f"{_published_words()}. The recipe *paper* is there as well.",
        why="About an hour at most, in place of days. On RTS the recipe *paper*, stopped early, "
        "had two to four times the paper's errors.",
    ),
    Departure(
        kind=OTHERWISE,
        where="App. A.4, seeds",
        paper="Averages of three complete training runs with different seeds.",
        ours="One training run of most networks. The results name each network's seeds.",
        why="Three runs take three times as long.",
    ),
    Departure(
        kind=SILENT,
        where="App. A.4, training",
        paper="Whether the distorted training set is drawn once is not given.",
        ours="Every step distorts its digits anew.",
        why="No set needs to be stored, and nothing is overfitted to its distortions.",
    ),
)
