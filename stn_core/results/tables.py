"""The tables of classification errors: which networks they have, and what was measured."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import NamedTuple

from stn_core import checkpoints
from stn_core.errors import UnknownName
from stn_core.experiment import Experiment, words_of
from stn_core.experiments import EXPERIMENTS
from stn_core.metrics import Metrics, load_metrics

NOT_TRAINED, NOT_READABLE = "not trained", "not readable"


@dataclass(frozen=True)
class Cell:
    """One experiment, and the metrics of its published network, None where there is none.

    problem: why the metrics that are there cannot be read; error: in percent on the test digits,
    the mean of their draws.

    >>> Cell(EXPERIMENTS["distorted/r/fcn"], None).ours
    'not trained'
    """

    experiment: Experiment
    metrics: Metrics | None
    problem: str = ""

    @property
    def error(self) -> float | None:
        return None if self.metrics is None else self.metrics.error_percent_test

    @property
    def mean(self) -> float | None:
        """The mean error of the seeds, in percent; None without metrics.

        >>> Cell(EXPERIMENTS["distorted/r/fcn"], None).mean is None
        True
        """
        if self.metrics is None or len(self.metrics.errors) == 1:
            return self.error
        return statistics.mean(self.metrics.errors)

    @property
    def spread(self) -> float | None:
        """The standard deviation over the seeds; of one seed, over the draws of the distortions.

        None where there is one of both.
        """
        if self.metrics is None:
            return None
        errors = self.metrics.errors
        return statistics.stdev(errors) if len(errors) > 1 else self.metrics.draw_spread

    @property
    def ours(self) -> str:
        """Our mean error, and its spread if several were measured."""
        if self.metrics is None:
            return NOT_READABLE if self.problem else NOT_TRAINED
        return f"{self.mean:.2f}" + ("" if self.spread is None else f" ± {self.spread:.2f}")


def tables() -> list[str]:
    """The tables with rows and columns: their experiments are named table/column/network.

    >>> tables()
    ['distorted', 'house-numbers', 'birds', 'addition', 'volumes']
    """
    return list(dict.fromkeys(n.split("/")[0] for n in EXPERIMENTS if n.count("/") == 2))


def cells(table: str) -> dict[str, Cell]:
    """Every cell of a table (``distorted``), by its experiment's name.

    Raises UnknownName for what is no table.

    >>> len(cells("distorted"))  # five distortions of eight networks
    40
    """
    if table not in tables():
        raise UnknownName(f"there is no table {table!r}; there are: {', '.join(tables())}")
    return {
        name: _cell(experiment)
        for name, experiment in EXPERIMENTS.items()
        if name.split("/")[0] == table
    }


def _cell(experiment: Experiment) -> Cell:
    if not checkpoints.is_published(experiment):
        return Cell(experiment, None)
    try:
        return Cell(experiment, load_metrics(experiment))
    except checkpoints.CheckpointError as error:
        return Cell(experiment, None, str(error))


def rows_and_columns(table: str) -> tuple[list[str], list[str]]:
    """The names of a table's networks and of its columns, in order.

    >>> rows_and_columns("distorted")[1]
    ['r', 'rts', 'p', 'e', 'tc']
    """
    parts = [name.split("/")[1:] for name in cells(table)]
    return list(dict.fromkeys(p[-1] for p in parts)), list(dict.fromkeys(p[0] for p in parts))


def measured_once(cells: dict[str, Cell]) -> list[str]:
    """The networks whose test digits were distorted only once, by their names without the table's.

    >>> measured_once({"distorted/r/fcn": Cell(EXPERIMENTS["distorted/r/fcn"], None)})
    []
    """
    return [
        name.split("/", 1)[1]
        for name, cell in cells.items()
        if cell.metrics
        and len(cell.metrics.draw_errors) == 1
        and words_of(cell.experiment.data).drawn  # photographs are measured as they are
    ]


def seeds_measured_once(cells: dict[str, Cell]) -> list[str]:
    """The networks with several seeds, each measured on one distortion of each test digit.

    >>> seeds_measured_once(cells("addition"))
    ['rts/2st-fcn-aff']
    """
    return [
        name.split("/", 1)[1]
        for name, cell in cells.items()
        if cell.metrics and cell.metrics.seeds_have_one_draw
    ]


def examples(cells: dict[str, Cell]) -> str:
    """What intervals are over: photographs, or digits, of which each is drawn several times.

    >>> examples(cells("birds"))
    'photographs'
    """
    drawn = any(words_of(cell.experiment.data).drawn for cell in cells.values())
    return "digits" if drawn else "photographs"


class MisreadByAll(NamedTuple):
    """How many test examples every network of a column misreads, of how many.

    >>> MisreadByAll(20, 50_000).words
    '20 of 50,000'
    """

    misread: int
    examples: int

    @property
    def words(self) -> str:
        return f"{self.misread:,} of {self.examples:,}"


def misread_by_all(table: str, column: str) -> MisreadByAll | None:
    """What every network of a column misreads, of the draws in which all of them were measured.

    None unless two of them are published.

    >>> misread_by_all("distorted", "r").misread < 500
    True
    """
    measured = [
        cell.metrics
        for name, cell in cells(table).items()
        if cell.metrics and name.startswith(f"{table}/{column}/")
    ]
    if len(measured) < 2:
        return None
    draws = list(zip(*(metrics.misread_test for metrics in measured), strict=False))
    misread = sum(len(set.intersection(*map(set, draw))) for draw in draws)
    return MisreadByAll(misread, len(draws) * measured[0].test_digits)


@dataclass(frozen=True)
class Facing:
    """The mean viewing angle off face-on of volumes' digits, in degrees: in U, and in V by network.

    >>> Facing(45.0, {"st-cnn-aff": 20.0}).by_network["st-cnn-aff"]
    20.0
    """

    untouched: float
    by_network: dict[str, float]


def facing(cells: dict[str, Cell]) -> Facing | None:
    """The viewing angles of the cells that have a 3D transformer; None if there are none.

    >>> facing(cells("distorted")) is None  # images have no angle off face-on
    True
    """
    angles = {
        name.rsplit("/", 1)[1]: cell.metrics.facing_degrees
        for name, cell in cells.items()
        if cell.metrics and cell.metrics.facing_degrees
    }
    if not angles:
        return None
    untouched = next(iter(angles.values()))[0]
    return Facing(untouched, {name: after for name, (_, after) in angles.items()})
