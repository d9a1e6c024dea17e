"""What the difference of two networks' errors is worth, and which differences the paper claims."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from typing import NamedTuple

from stn_core.intervals import paired
from stn_core.metrics import Metrics
from stn_core.recipes import Recipe
from stn_core.results.tables import Cell, cells


@dataclass(frozen=True)
class Difference:
    """How much smaller one network's error is than another's, in percentage points.

    On the same images: those that only one of the two misreads decide, not those that both
    misread (McNemar). low, high: the 95 % confidence interval over digits, each one's draws of the
    distortion counted together (``intervals.paired``), of these two networks: it does not cover
    other seeds. alike: whether both had one recipe and budget, and trained as many layers of a
    backbone; each may begin with another network. claimed: whether the paper gives the figures of
    both. seeds: of how many trainings of each it is the mean, an example's readings by all of them
    counted together.

    >>> names = "distorted/r/st-cnn-aff", "distorted/r/cnn"
    >>> Difference(*names, percent=0.2, low=-0.1, high=0.5, alike=True, claimed=True).decided
    False
    """

    better: str
    than: str
    percent: float
    low: float
    high: float
    alike: bool
    claimed: bool
    seeds: int = 1

    @property
    def decided(self) -> bool:
        return self.low > 0 or self.high < 0


def difference(better: Cell, than: Cell) -> Difference:
    """The paired difference in error, than − better, of two published networks.

    >>> table = cells("distorted")
    >>> d = difference(table["distorted/r/st-cnn-aff"], table["distorted/r/fcn"])
    >>> d.low < d.percent < d.high
    True
    """
    ours, theirs = better.metrics, than.metrics
    assert ours is not None and theirs is not None  # both are published
    of_seeds = _of_all_seeds(ours, theirs)
    draws = zip(ours.misread_test, theirs.misread_test, strict=False)  # that both have
    readings = of_seeds or list(draws)
    gains: Counter[int] = Counter()
    for own, other in readings:
        gains.update(other)
        gains.subtract(own)
    shares = [gain / len(readings) for gain in gains.values() if gain]
    low, high = paired(shares, ours.test_digits)
    return Difference(
        better.experiment.name,
        than.experiment.name,
        100 * math.fsum(shares) / ours.test_digits,
        low,
        high,
        _training(better) == _training(than),
        None not in (better.experiment.reported, than.experiment.reported),
        len(ours.seeds) if of_seeds else 1,
    )


def _of_all_seeds(ours: Metrics, theirs: Metrics) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """What both networks of each seed misread, for each draw; nothing unless it is known, of the
    same seeds."""
    if ours.seeds != theirs.seeds:
        return []
    seeds = zip(ours.misread_seeds or (), theirs.misread_seeds or (), strict=False)
    return [draw for own, other in seeds for draw in zip(own, other, strict=False)]


def _training(cell: Cell) -> tuple[Recipe, int | None]:
    """The recipe, the same for networks that each begin with another one, of their own kind; and
    of a pre-trained backbone how many layers are trained."""
    assert cell.metrics is not None  # it is published
    recipe = cell.metrics.recipe
    begun = "another network" if recipe.begin_with else None
    return replace(recipe, begin_with=begun), getattr(cell.experiment.network, "trained", None)


# What the paper claims, or would if it gave the figures: the first has the smaller error.
CLAIMS = {
    "distorted": (
        ("st-fcn-aff", "fcn"),
        ("st-fcn-proj", "fcn"),
        ("st-fcn-tps", "fcn"),
        ("st-cnn-aff", "cnn"),
        ("st-cnn-proj", "cnn"),
        ("st-cnn-tps", "cnn"),
    ),
    "house-numbers": (
        ("st-cnn-single", "cnn"),
        ("st-cnn-multi", "cnn"),
        ("st-cnn-multi", "st-cnn-single"),
    ),
    "birds": (
        ("2st-cnn", "cnn"),
        ("4st-cnn", "2st-cnn"),
    ),
    "addition": (
        ("cnn", "fcn"),
        ("st-fcn-aff", "fcn"),
        ("2st-fcn-aff", "st-fcn-aff"),
        ("2st-fcn-proj", "st-fcn-proj"),
        ("2st-fcn-tps", "st-fcn-tps"),
        ("2st-fcn-aff", "cnn"),
        ("2st-fcn-proj", "2st-fcn-aff"),
        ("2st-fcn-tps", "2st-fcn-aff"),
    ),
    "volumes": (  # the paper gives no figures: what the transformer is for
        ("st-cnn-aff", "cnn"),
        ("st-cnn-rigid", "cnn"),
        ("st-cnn-aff", "3d-cnn"),
        ("st-cnn-aff", "st-cnn-rigid"),
    ),
}
CLAIMS_OF = {  # a name with a slash is of another column
    ("birds", "128"): (("2st-cnn", "64/cnn"), ("2st-cnn", "64/2st-cnn")),
    ("distorted", "e"): (("st-fcn-tps", "st-fcn-aff"), ("st-cnn-tps", "st-cnn-aff")),
}


def differences(table: str, column: str) -> list[Difference]:
    """The paper's claims about a column (``rts``), where both networks are published.

    Raises UnknownName for an unknown table.

    >>> [d.than for d in differences("distorted", "r")][:3]
    ['distorted/r/fcn', 'distorted/r/fcn', 'distorted/r/fcn']
    """
    all_cells = cells(table)
    claims = (*CLAIMS[table], *CLAIMS_OF.get((table, column), ()))
    pairs = [
        [all_cells.get(f"{table}/{name if '/' in name else f'{column}/{name}'}") for name in claim]
        for claim in claims
    ]
    return [difference(a, b) for a, b in pairs if a and a.metrics and b and b.metrics]


class ShippedSeed(NamedTuple):
    """Which seed of a training is shipped, and how its error compares with the other seeds'.

    >>> ShippedSeed("birds/128/2st-cnn", 0, 1, 3).words
    'seed 0, the best of 3'
    """

    experiment: str
    seed: int
    rank: int
    seeds: int

    @property
    def words(self) -> str:
        ranks = {1: "the best", self.seeds: "the worst"}
        place = ranks.get(self.rank, "the median" if 2 * self.rank == self.seeds + 1 else "one")
        return f"seed {self.seed}, {place} of {self.seeds}"


def shipped_seeds(cells: dict[str, Cell], compared: list[Difference]) -> list[ShippedSeed]:
    """Of the networks that have several seeds, of which only the shipped one is compared.

    >>> compared = differences("birds", "128")
    >>> [shipped.experiment for shipped in shipped_seeds(cells("birds"), compared)]
    ['birds/128/2st-cnn']
    """
    alone = {name for d in compared if d.seeds == 1 for name in (d.better, d.than)}
    return [
        ShippedSeed(name, m.seed, 1 + order.index(m.seed), len(m.seeds))
        for name, cell in cells.items()
        if name in alone and (m := cell.metrics) and len(m.seeds) > 1
        # Of equal errors the first seed's is before the others', as for ``publish``.
        for order in [[seed for _, seed in sorted(zip(m.errors, m.seeds, strict=True))]]
    ]
