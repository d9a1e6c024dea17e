"""How a network is trained: optimisers, schedules, a curriculum, and the recipe of them."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import torch

from stn_core.errors import InputError
from stn_core.muon import KernelMuon


def _check_at_least(least: float, **values: float) -> None:
    """Raises InputError that names what is smaller, or not finite."""
    for name, value in values.items():
        if not least <= value < math.inf:
            raise InputError(f"{name} should be a number of at least {least:g}, got {value}")


@dataclass(frozen=True, kw_only=True)
class SGD:
    """Stochastic gradient descent; no weight decay (A.4), or some (A.5).

    momentum: none, since the paper names none. Raises InputError if it is not in [0, 1), or for a
    negative weight decay.

    >>> weight = torch.nn.Parameter(torch.zeros(2))
    >>> SGD(momentum=0.9).build([{"params": [weight], "lr": 0.01}])[0].defaults["momentum"]
    0.9
    """

    weight_decay: float = 0.0
    momentum: float = 0.0

    def __post_init__(self) -> None:
        _check_at_least(0, weight_decay=self.weight_decay)
        if not 0 <= self.momentum < 1:
            raise InputError(f"momentum should be at least 0 and below 1, got {self.momentum}")

    def build(self, groups: list[dict]) -> list[torch.optim.Optimizer]:
        decay, momentum = self.weight_decay, self.momentum
        return [torch.optim.SGD(groups, weight_decay=decay, momentum=momentum)]


@dataclass(frozen=True, kw_only=True)
class AdamW:
    """Adam with decoupled weight decay. Raises InputError for a negative one.

    >>> weight = torch.nn.Parameter(torch.zeros(2))
    >>> AdamW().build([{"params": [weight], "lr": 1e-3}])[0].defaults["weight_decay"]
    0.01
    """

    weight_decay: float = 0.01

    def __post_init__(self) -> None:
        _check_at_least(0, weight_decay=self.weight_decay)

    def build(self, groups: list[dict]) -> list[torch.optim.Optimizer]:
        return [torch.optim.AdamW(groups, weight_decay=self.weight_decay)]


@dataclass(frozen=True, kw_only=True)
class Muon:
    """Orthogonalised momentum for weight matrices (``hidden_matrices``), AdamW for all else.

    Muon (Jordan et al., 2024) makes all directions of a matrix's step equally long, so that a
    localisation network also learns what pulls at it weakly. Rates as AdamW's (Liu et al., 2025).
    kernels: whether for convolutions' kernels too, each filter a row of the matrix. AdamW moves
    all weights of a wide filter alike, and many filters end where no input makes them positive.
    Raises InputError for a negative weight decay.

    >>> group = {"params": [torch.nn.Parameter(torch.zeros(3, 2))], "lr": 1e-3, "kind": "matrix"}
    >>> other = {"params": [torch.nn.Parameter(torch.zeros(2))], "lr": 1e-3, "kind": "other"}
    >>> [type(optimiser).__name__ for optimiser in Muon().build([group, other])]
    ['AdamW', 'KernelMuon']
    """

    weight_decay: float = 0.01
    kernels: bool = False

    def __post_init__(self) -> None:
        _check_at_least(0, weight_decay=self.weight_decay)

    def build(self, groups: list[dict]) -> list[torch.optim.Optimizer]:
        decay = self.weight_decay
        orthogonalised = ("matrix", "kernel") if self.kernels else ("matrix",)
        hidden = [group for group in groups if group["kind"] in orthogonalised]
        others = [group for group in groups if group["kind"] not in orthogonalised]
        built: list[torch.optim.Optimizer] = [torch.optim.AdamW(others, weight_decay=decay)]
        if hidden:  # a CNN has no hidden matrix
            built.append(KernelMuon(hidden, weight_decay=decay))
        return built


@dataclass(frozen=True, kw_only=True)
class StepDecay:
    """The rate is divided by ``divisor`` every ``every`` iterations (App. A.4).

    Raises InputError if one of them is below 1.

    >>> StepDecay(every=10).factor(step=10, iterations=30)
    0.1
    """

    every: int = 50_000  # A.4
    divisor: float = 10  # A.4

    def __post_init__(self) -> None:
        _check_at_least(1, every=self.every, divisor=self.divisor)

    def factor(self, step: int, iterations: int) -> float:
        """The share of the base rate at a step, counted from 0."""
        return self.divisor ** -(step // self.every)


@dataclass(frozen=True, kw_only=True)
class OneCycle:
    """A linear rise to the peak rate, then half a cosine down to zero.

    Raises InputError for a warmup that is no share.

    >>> [OneCycle(warmup=0.5).factor(step, iterations=8) for step in (0, 3, 4)]
    [0.25, 1.0, 1.0]
    """

    warmup: float = 0.1  # share of the iterations

    def __post_init__(self) -> None:
        if not 0 <= self.warmup <= 1:
            raise InputError(
                f"warmup should be a share of the iterations, from 0 to 1, got {self.warmup}"
            )

    def factor(self, step: int, iterations: int) -> float:
        """The share of the peak rate at a step, counted from 0."""
        rise = max(1, round(self.warmup * iterations))
        if step < rise:
            return (step + 1) / rise
        return 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, iterations - rise)))


@dataclass(frozen=True, kw_only=True)
class Curriculum:
    """Central digits first (Bengio et al., 2009): the data's ``reach`` grows from 0 to 1, linearly.

    start, end: between which shares of the iterations. While a digit stays in the middle, its turn
    is easy to read, and worth undoing; once learnt, it is not lost when digits move. Raises
    InputError unless 0 <= start < end <= 1.

    >>> [Curriculum(start=0, end=0.5).reach(step, iterations=100) for step in (0, 25, 50)]
    [0.0, 0.5, 1.0]
    """

    start: float = 0.1
    end: float = 0.7

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= 1:
            raise InputError(f"expected 0 <= start < end <= 1, got {self.start} and {self.end}")

    def reach(self, step: int, iterations: int) -> float:
        """How far from the middle at a step, counted from 0: a share of the free way."""
        return min(1.0, max(0.0, (step / iterations - self.start) / (self.end - self.start)))


QUICK_NAME, THOROUGH_NAME = "quick", "thorough"
PARTS = ("optimiser", "schedule", "localisation_optimiser")  # of a recipe, with a type each


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a network is trained.

    localisation_lr_factor: what f_loc's learning rate is multiplied by. backbone_lr_factor: what
    that of the classifier's pre-trained layers is, where it has some; 0 leaves them as they are.
    localisation_optimiser: f_loc's, if it is not the others' one. elastic_pixels: by how much (std)
    16 points of each training digit move before it is distorted, as in E: digits that other hands
    might have written. 0 leaves them as they are. begin_with: the experiment whose published
    network the classifier's weights of the same shape are taken from, before the first step.
    Raises InputError for a number that cannot be one.

    >>> from stn_core import find
    >>> find("distorted/r/st-cnn-aff").recipe.method
    'AdamW, f_loc by Muon with its kernels'
    """

    name: str
    optimiser: SGD | AdamW | Muon
    schedule: StepDecay | OneCycle
    iterations: int
    batch_size: int
    learning_rate: float
    localisation_lr_factor: float = 1.0
    backbone_lr_factor: float = 1.0
    curriculum: Curriculum | None = None
    elastic_pixels: float = 0.0
    localisation_optimiser: AdamW | Muon | None = None
    begin_with: str | None = None

    def __post_init__(self) -> None:
        if self.iterations < 1 or self.batch_size < 1:
            raise InputError(
                f"iterations and batch_size should be at least 1, got {self.iterations} and "
                f"{self.batch_size}"
            )
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise InputError(f"learning_rate should be a positive number, got {self.learning_rate}")
        _check_at_least(
            0,
            localisation_lr_factor=self.localisation_lr_factor,
            backbone_lr_factor=self.backbone_lr_factor,
            elastic_pixels=self.elastic_pixels,
        )

    def build_optimisers(self, groups: list[dict]) -> list[torch.optim.Optimizer]:
        """What makes the steps of groups of parameters, each with its "part" and its "kind"."""
        own = self.localisation_optimiser
        if own is None:
            return self.optimiser.build(groups)
        localisation = [group for group in groups if group["part"] == "localisation"]
        others = [group for group in groups if group["part"] != "localisation"]
        built = own.build(localisation) if localisation else []  # an FCN has none
        return [*built, *self.optimiser.build(others)]

    @property
    def method(self) -> str:
        """The optimiser's name, and what tells it from another recipe with that one."""
        words = [type(self.optimiser).__name__]
        if isinstance(self.optimiser, Muon) and self.optimiser.kernels:
            words.append("kernels too")
        if isinstance(self.optimiser, SGD) and self.optimiser.momentum:
            words.append(f"momentum {self.optimiser.momentum:g}")
        if self.localisation_optimiser is not None:
            kernels = getattr(self.localisation_optimiser, "kernels", False)
            localisation = type(self.localisation_optimiser).__name__
            words.append(f"f_loc by {localisation}{' with its kernels' if kernels else ''}")
        if self.curriculum is not None:
            words.append("curriculum")
        if self.elastic_pixels:
            words.append(f"digits elastic by {self.elastic_pixels:g} px")
        if self.begin_with is not None:
            words.append(f"begun with {self.begin_with}")
        return ", ".join(words)

    def to_json(self) -> dict[str, Any]:
        values = dataclasses.asdict(self)
        for part in PARTS:
            if values[part] is not None:
                values[part] = {"type": type(getattr(self, part)).__name__, **values[part]}
        return values

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Recipe:
        """The inverse of ``to_json``. Raises InputError if it is not one of those.

        What was written before f_loc could have an optimiser of its own calls THOROUGH ``quick``.
        """
        kinds = {kind.__name__: kind for kind in (SGD, AdamW, Muon, StepDecay, OneCycle)}
        try:
            values = dict(values)
            if "localisation_optimiser" not in values and values["name"] == QUICK_NAME:
                values["name"] = THOROUGH_NAME
            for part in PARTS:
                if part == "localisation_optimiser" and values.get(part) is None:
                    continue
                settings = dict(values[part])
                values[part] = kinds[settings.pop("type")](**settings)
            if values.get("curriculum") is not None:
                values["curriculum"] = Curriculum(**values["curriculum"])
            return cls(**values)
        except (KeyError, TypeError) as error:
            raise InputError(f"not a recipe: {values!r} ({error})") from error
