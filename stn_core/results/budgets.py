"""By which recipe, budget and device the networks of a table were trained."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from stn_core.experiment import words_of
from stn_core.metrics import TrainingRecord, load_tried
from stn_core.results.tables import Cell


@dataclass(frozen=True)
class Budget:
    """A recipe, budget, seeds and device, in words, and the networks that had them.

    networks: their names without the table's, ``r/*`` for a whole column; of the budget that most
    of a table's networks had, ``all the others`` alone.

    >>> Budget("quick (Muon), 20,000 x 64 at 0.001, seed 0", ("r/*", "rts/fcn")).networks
    ('r/*', 'rts/fcn')
    """

    words: str
    networks: tuple[str, ...]


@dataclass(frozen=True)
class TriedNetwork:
    """A network's error by a recipe that is not shipped. stopped: at which step, if early.

    >>> TriedNetwork("rts/fcn", 6.0, stopped=4_000).error_percent
    6.0
    """

    name: str
    error_percent: float
    stopped: int | None


@dataclass(frozen=True)
class TriedBudget:
    """A recipe that is not shipped, in words as ``Budget``'s, and its networks' errors.

    >>> stopped = TriedNetwork("rts/fcn", 6.0, stopped=4_000)
    >>> TriedBudget("quick (AdamW), 20,000 x 64 at 0.001, seed 0", (stopped,)).networks[0].stopped
    4000
    """

    words: str
    networks: tuple[TriedNetwork, ...]


def budgets(cells: dict[str, Cell]) -> list[Budget]:
    """Each budget once, the rarest first.

    >>> from stn_core.results.tables import cells
    >>> all(budget.networks for budget in budgets(cells("distorted")))
    True
    """
    groups: dict[str, list[str]] = {}
    for name, cell in cells.items():
        if cell.metrics:
            groups.setdefault(budget_words(cell.metrics), []).append(name.split("/", 1)[1])
    total = sum(map(len, groups.values()))
    rows = []
    for words, names in sorted(groups.items(), key=lambda item: len(item[1])):
        majority = 2 * len(names) > total > len(names)
        rows.append(Budget(words, ("all the others",) if majority else _shortened(names, cells)))
    return rows


def _shortened(names: list[str], cells: dict[str, Cell]) -> tuple[str, ...]:
    """Networks' names, column/network, with one name for the whole of a column."""
    in_table = Counter(name.split("/")[1] for name in cells)
    named = Counter(name.split("/")[0] for name in names)
    whole = {column for column, count in named.items() if count == in_table[column] > 1}
    shorter = (f"{c}/*" if (c := name.split("/")[0]) in whole else name for name in names)
    return tuple(dict.fromkeys(shorter))


def tried(cells: dict[str, Cell]) -> list[TriedBudget]:
    """The errors by recipes that are not shipped, each budget once.

    >>> from stn_core.results.tables import cells
    >>> all(budget.networks for budget in tried(cells("distorted")))
    True
    """
    groups: dict[str, list[TriedNetwork]] = {}
    for name, cell in cells.items():
        for one in load_tried(cell.experiment):
            stopped = one.step if one.step < one.recipe.iterations else None
            network = TriedNetwork(name.split("/", 1)[1], one.error_percent_test, stopped)
            drawn_once = words_of(cell.experiment.data).drawn and len(one.draw_errors) == 1
            words = budget_words(one) + ", one distortion of each digit" * drawn_once
            groups.setdefault(words, []).append(network)
    return [TriedBudget(words, tuple(networks)) for words, networks in groups.items()]


def budget_words(record: TrainingRecord) -> str:
    """Recipe, budget, rate, seeds, device and precision of a training.

    >>> from stn_core import find
    >>> from stn_core.metrics import load_metrics
    >>> metrics = load_metrics(find("distorted/r/st-cnn-aff"))
    >>> budget_words(metrics).startswith(f"{metrics.recipe.name} ({metrics.recipe.method})")
    True
    """
    recipe, seeds = record.recipe, record.seeds
    return (
        f"{recipe.name} ({recipe.method}), {recipe.iterations:,} steps of {recipe.batch_size}"
        f"{record.extension_words}, rate {recipe.learning_rate:g}, "
        f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}, "
        f"{record.device}, {record.precision}"
    )
