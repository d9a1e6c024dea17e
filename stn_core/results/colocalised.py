"""Table 5: how many images' digits were localised, class by class."""

from __future__ import annotations

import statistics
from contextlib import suppress
from dataclasses import dataclass, field

from stn_core import checkpoints
from stn_core.experiments.colocalisation import COLOCALISATIONS, Colocalisation
from stn_core.metrics import SearchMetrics, load_search_metrics

NOT_RUN = "not run"


@dataclass(frozen=True)
class SearchBudget:
    """How sets of images were searched, in words, and how long each of them took.

    >>> SearchBudget("quick, 1,100 x 50", [40.0, 60.0, 50.0]).median_seconds
    50.0
    """

    words: str
    seconds: list[float] = field(default_factory=list)

    @property
    def median_seconds(self) -> float:
        return statistics.median(self.seconds or [0])


@dataclass(frozen=True)
class ColumnMean:
    """Percent localised in a column of Table 5, over its sets and classes; ours None if none.

    >>> ColumnMean(None, 100.0).words, ColumnMean(98.3, 100.0).words
    ('not run', '98.3')
    """

    ours: float | None
    paper: float

    @property
    def words(self) -> str:
        """Our share, or that it was not run."""
        return NOT_RUN if self.ours is None else f"{self.ours:.1f}"


def colocalised() -> dict[str, SearchMetrics]:
    """The metrics of every cell of Table 5 that has been run and can be read, by its name.

    >>> colocalised()["colocalisation/t/8"].recipe.name
    'quick'
    """
    found = {}
    for name, cell in _published().items():
        with suppress(checkpoints.CheckpointError):
            found[name] = load_search_metrics(cell)
    return found


def unreadable(metrics: dict[str, SearchMetrics]) -> list[str]:
    """The cells that have been run and cannot be read. metrics: as ``colocalised`` gives them.

    >>> unreadable(colocalised())
    []
    """
    return [name for name in _published() if name not in metrics]


def _published() -> dict[str, Colocalisation]:
    return {
        name: cell
        for name, cell in COLOCALISATIONS.items()
        if (checkpoints.published_folder(cell) / checkpoints.METRICS).is_file()
    }


def share_of_sets(metrics: SearchMetrics | None) -> str:
    """Percent localised, as a mean over the sets and its spread if there are several.

    >>> share_of_sets(None)
    'not run'
    """
    shares = metrics.shares if metrics else []
    if not shares:
        return NOT_RUN
    spread = f" ± {statistics.stdev(shares):.1f}" if len(shares) > 1 else ""
    return f"{statistics.mean(shares):.1f}{spread}"


def column_mean(metrics: dict[str, SearchMetrics], column: str) -> ColumnMean:
    """The mean of a column of Table 5 (``tc``). metrics: as ``colocalised`` gives them.

    >>> column_mean({}, "t")
    ColumnMean(ours=None, paper=100.0)
    """
    cells = [cell for name, cell in COLOCALISATIONS.items() if name.split("/")[1] == column]
    shares = [s for cell in cells if cell.name in metrics for s in metrics[cell.name].shares]
    paper = statistics.mean(cell.reported for cell in cells if cell.reported is not None)
    return ColumnMean(statistics.mean(shares) if shares else None, paper)


def search_budgets(metrics: dict[str, SearchMetrics]) -> list[SearchBudget]:
    """Each way of searching once. metrics: as ``colocalised`` gives them.

    >>> sum(len(budget.seconds) for budget in search_budgets(colocalised())) > 0
    True
    """
    budgets: dict[str, SearchBudget] = {}
    for one in metrics.values():
        recipe = one.recipe
        sets = ", ".join(str(measured.set_seed) for measured in one.sets)
        words = (
            f"{recipe.name}, {recipe.iterations:,} steps of {recipe.batch_size}, {recipe.starts} "
            f"start(s), {2 if recipe.fine else 1} encoder(s), sets {sets or 'none'}, {one.device}, "
            f"{one.precision}"
        )
        budget = budgets.setdefault(words, SearchBudget(words))
        budget.seconds.extend(measured.seconds for measured in one.sets)
    return list(budgets.values())
