"""The tables of classification errors: which networks they have, and what was measured."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from stn_core import checkpoints
from stn_core.errors import UnknownName
from stn_core.experiment import Experiment
from stn_core.experiments import EXPERIMENTS
from stn_core.metrics import Metrics, load_metrics

NOT_TRAINED, NOT_READABLE = "not trained", "not readable"


@dataclass(frozen=True)
class Cell:
    """One experiment, and the metrics of its published network, None where there is none.

    problem: why the metrics that are there cannot be read; error: in percent on the test digits.

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
        return None if self.metrics is None else statistics.mean(self.metrics.errors)

    @property
    def ours(self) -> str:
        """Our error, or the seeds' mean and spread if there are several."""
        if self.metrics is None:
            return NOT_READABLE if self.problem else NOT_TRAINED
        errors = self.metrics.errors
        if len(errors) == 1:
            return f"{self.error:.2f}"
        return f"{self.mean:.2f} ± {statistics.stdev(errors):.2f}"


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


def misread_by_all(table: str, column: str) -> int | None:
    """How many test examples every network of a column misreads.

    None unless two of them are published.

    >>> misread_by_all("distorted", "r") < 100  # of 10,000
    True
    """
    wrong = [
        set(cell.metrics.misread_test)
        for name, cell in cells(table).items()
        if cell.metrics and name.startswith(f"{table}/{column}/")
    ]
    return len(set.intersection(*wrong)) if len(wrong) > 1 else None


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
