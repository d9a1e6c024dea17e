"""The paper's tables with our figures beside the paper's, from the published metrics alone."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from dataclasses import dataclass
from typing import Any

from stn_core import checkpoints
from stn_core.errors import UnknownName
from stn_core.experiment import Experiment, Recipe
from stn_core.experiments import EXPERIMENTS
from stn_core.experiments.colocalisation import COLOCALISATIONS, DISTORTIONS

NOT_TRAINED = "not trained"
NOT_RUN = "not run"
HOW_OPTIMISED = "How they were optimised:"
OTHER_RECIPES = "Other recipes, as far as they came, in percent:"
CONFIDENCE = 1.96  # standard deviations: 95 %


@dataclass(frozen=True)
class Cell:
    """One experiment, and the metrics of its published network, None where there is none."""

    experiment: Experiment
    metrics: dict[str, Any] | None

    @property
    def error(self) -> float | None:
        return self.metrics and self.metrics["error_percent_test"]

    @property
    def ours(self) -> str:
        """Our error, or the seeds' mean and spread if there are several."""
        if self.metrics is None:
            return NOT_TRAINED
        errors = self.metrics["errors"]
        if len(errors) == 1:
            return f"{self.error:.2f}"
        return f"{statistics.mean(errors):.2f} ± {statistics.stdev(errors):.2f}"

    @property
    def words(self) -> str:
        """Ours, and in brackets the paper's."""
        paper = self.experiment.reported
        return f"{self.ours} ({'-' if paper is None else f'{paper:.1f}'})"


def tables() -> list[str]:
    """What has rows and columns: experiments named table/column/network."""
    return list(dict.fromkeys(n.split("/")[0] for n in EXPERIMENTS if n.count("/") == 2))


def cells(table: str) -> dict[str, Cell]:
    """Every cell of a table (``distorted``), by its experiment's name.

    Raises UnknownName for what is no table.
    """
    if table not in tables():
        raise UnknownName(f"there is no table {table!r}; there are: {', '.join(tables())}")
    return {
        name: Cell(
            experiment,
            checkpoints.load_metrics(experiment) if checkpoints.is_published(experiment) else None,
        )
        for name, experiment in EXPERIMENTS.items()
        if name.split("/")[0] == table
    }


@dataclass(frozen=True)
class Difference:
    """How much better one network is than another on the same digits, in percent of them.

    From the digits that only one of the two misreads (McNemar): their counts decide, not those
    that both misread. low, high: the 95 % confidence interval by Bonett and Price (2012), of these
    two networks: what another seed would have given is not in it. alike: whether both had one
    recipe and budget. claimed: whether the paper gives the figures of both.
    """

    better: str
    than: str
    percent: float
    low: float
    high: float
    alike: bool
    claimed: bool

    @property
    def decided(self) -> bool:
        return self.low > 0 or self.high < 0


def difference(better: Cell, than: Cell) -> Difference:
    """The paired difference in error, than − better, of two published networks."""
    first, second = (set(cell.metrics["misread_test"]) for cell in (better, than))
    only_than, only_better = len(second - first), len(first - second)
    count = better.metrics["test_digits"]
    # One more of each, of two more in all: without them, four digits against none would decide.
    gain, loss = ((n + 1) / (count + 2) for n in (only_than, only_better))
    reach = CONFIDENCE * math.sqrt((gain + loss - (gain - loss) ** 2) / (count + 2))
    one, other = (Recipe.from_json(cell.metrics["recipe"]) for cell in (better, than))
    return Difference(
        better.experiment.name,
        than.experiment.name,
        100 * (only_than - only_better) / count,
        100 * (gain - loss - reach),
        100 * (gain - loss + reach),
        one == other,
        None not in (better.experiment.reported, than.experiment.reported),
    )


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
CLAIMS_OF = {
    ("distorted", "e"): (("st-fcn-tps", "st-fcn-aff"), ("st-cnn-tps", "st-cnn-aff")),
}
MEASURED = {
    "distorted": "Error in percent on MNIST's 10,000 test digits, each distorted with a fixed "
    "seed.",
    "addition": "Error in percent on 10,000 sums, of each of MNIST's test digits and another, each "
    "distorted\nwith a fixed seed.",
    "volumes": "Error in percent on MNIST's 10,000 test digits, each extruded, turned about three "
    "axes and\nmoved in 60 x 60 x 60 voxels with a fixed seed. The paper gives no figures.",
}


def differences(table: str, column: str) -> list[Difference]:
    """The paper's claims about a column (``rts``), as far as both networks are there."""
    found = cells(table)
    claims = (*CLAIMS[table], *CLAIMS_OF.get((table, column), ()))
    pairs = [tuple(found[f"{table}/{column}/{name}"] for name in claim) for claim in claims]
    return [difference(a, b) for a, b in pairs if a.metrics and b.metrics]


def rows_and_columns(table: str) -> tuple[list[str], list[str]]:
    """The names of a table's networks and of its columns, in order."""
    parts = [name.split("/")[1:] for name in cells(table)]
    return list(dict.fromkeys(p[-1] for p in parts)), list(dict.fromkeys(p[0] for p in parts))


def lines(table: str) -> list[str]:
    """The table as text, with what it was measured on and the claims that can be decided."""
    found = cells(table)
    rows, columns = rows_and_columns(table)
    told_by_paper = any(cell.experiment.reported is not None for cell in found.values())
    width = 2 + max(len(c.words if told_by_paper else c.ours) for c in found.values())
    width = max(width, *(2 + len(column) for column in columns), 0)
    name = 2 + max(map(len, rows))
    told = [
        MEASURED[table],
        *(["Ours, and in brackets the paper's."] if told_by_paper else []),
        "",
        "".join([" " * name, *(f"{column.upper():>{width}}" for column in columns)]),
    ]
    for row in rows:
        shown = [found[f"{table}/{column}/{row}"] for column in columns]
        words = [cell.words if told_by_paper else cell.ours for cell in shown]
        told.append("".join([f"{row:{name}}", *(f"{w:>{width}}" for w in words)]))
    told += _facing(found)
    told += ["", "How they were trained:", *budgets(found), ""]
    if others := tried(found):
        told += [OTHER_RECIPES, *others, ""]
    told.append("Smaller errors, paired on the same digits, with a 95 % confidence interval:")
    for column in columns:
        for d in differences(table, column):
            contrary = "  not so here" if d.claimed else "  larger"
            verdict = "  undecided" if not d.decided else "" if d.percent > 0 else contrary
            verdict += "" if d.alike else "  trained otherwise"
            verdict += "  not in the paper" if told_by_paper and not d.claimed else ""
            a, b = d.better.rsplit("/", 1)[1], d.than.rsplit("/", 1)[1]
            told.append(
                f"  {column.upper():4} {a:{name - 2}} than {b:{name - 2}} by {d.percent:5.2f} %  "
                f"[{d.low:5.2f}, {d.high:5.2f}]{verdict}"
            )
    counts = {column: misread_by_all(table, column) for column in columns}
    if known := [f"{c.upper()} {count}" for c, count in counts.items() if count is not None]:
        told += ["", f"How many every network of a column misreads: {', '.join(known)}"]
    return told


def misread_by_all(table: str, column: str) -> int | None:
    """How many test examples no network of a column reads. None unless two are published."""
    found = cells(table).items()
    wrong = [
        set(cell.metrics["misread_test"])
        for name, cell in found
        if cell.metrics and name.startswith(f"{table}/{column}/")
    ]
    return len(set.intersection(*wrong)) if len(wrong) > 1 else None


def _facing(found: dict[str, Cell]) -> list[str]:
    """Of volumes: from how far aside the digits are seen, without and with a transformer."""
    angles = {
        name.rsplit("/", 1)[1]: cell.metrics["facing_degrees"]
        for name, cell in found.items()
        if cell.metrics and "facing_degrees" in cell.metrics
    }
    if not angles:
        return []
    lying = next(iter(angles.values()))[0]
    seen = ", ".join(f"{name} {after:.1f}" for name, (_, after) in angles.items())
    words = f"From how far aside a digit is seen, in degrees: as it lies {lying:.1f}; by {seen}"
    return ["", words]


def budgets(found: dict[str, Cell]) -> list[str]:
    """Recipe, budget, seeds and device, each once, with the cells that had them.

    A column that had one alone is named once: r/*.
    """
    groups: dict[str, list[str]] = {}
    for name, cell in found.items():
        if cell.metrics:
            groups.setdefault(budget(cell.metrics), []).append(name.split("/", 1)[1])
    total = sum(map(len, groups.values()))
    told = []
    for words, names in sorted(groups.items(), key=lambda item: len(item[1])):
        most = 2 * len(names) > total > len(names)
        which = "all the others" if most else ", ".join(_shortened(names, found))
        told.append(f"  {words}: {which}")
    return told


def _shortened(names: list[str], found: dict[str, Cell]) -> list[str]:
    """Cells' names, column/network, with one name for the whole of a column."""
    every = Counter(name.split("/")[1] for name in found)
    there = Counter(name.split("/")[0] for name in names)
    whole = {column for column, count in there.items() if count == every[column] > 1}
    shorter = (f"{c}/*" if (c := name.split("/")[0]) in whole else name for name in names)
    return list(dict.fromkeys(shorter))


def tried(found: dict[str, Cell]) -> list[str]:
    """What recipes that are not shipped came to: the budget once, with the cells' errors."""
    groups: dict[str, list[str]] = {}
    for name, cell in found.items():
        for one in checkpoints.load_tried(cell.experiment):
            words = f"{name.split('/', 1)[1]} {one['error_percent_test']:.2f}"
            if one["step"] < one["recipe"]["iterations"]:
                words += f" (after {one['step']:,})"
            groups.setdefault(budget(one), []).append(words)
    return [f"  {words}: {', '.join(names)}" for words, names in groups.items()]


def budget(metrics: dict[str, Any]) -> str:
    """Recipe, budget, rate, seeds, device and precision of a published network, in words."""
    recipe, seeds = Recipe.from_json(metrics["recipe"]), metrics["seeds"]
    return (
        f"{recipe.name} ({recipe.method}), {recipe.iterations:,} x {recipe.batch_size} "
        f"at {recipe.learning_rate:g}, "
        f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}, "
        f"{metrics['device']}, {metrics['precision']}"
    )


def colocalised() -> dict[str, dict[str, Any]]:
    """The metrics of every cell of Table 5 that has been run, by its name."""
    return {
        name: checkpoints.load_metrics(cell)
        for name, cell in COLOCALISATIONS.items()
        if (checkpoints.published_folder(cell) / checkpoints.METRICS).is_file()
    }


def share_of_sets(metrics: dict[str, Any]) -> str:
    """Percent localised, as a mean over the sets and its spread if there are several."""
    shares = [found["localised_percent"] for found in metrics["sets"]]
    if not shares:
        return NOT_RUN
    spread = f" ± {statistics.stdev(shares):.1f}" if len(shares) > 1 else ""
    return f"{statistics.mean(shares):.1f}{spread}"


def colocalisation_lines() -> list[str]:
    """Table 5 as text, with what it was measured on."""
    found = colocalised()
    told = [
        "Digits localised in percent (overlap above 0.5), in sets of 100 of MNIST's test digits;",
        "the mean of the sets and its spread. Ours, and in brackets the paper's.",
        "",
        "class" + "".join(f"{column.upper():>22}" for column in DISTORTIONS),
    ]
    for digit in range(10):
        row = f"{digit:<5}"
        for column in DISTORTIONS:
            name = f"colocalisation/{column}/{digit}"
            ours = share_of_sets(found[name]) if name in found else NOT_RUN
            row += f"{ours + f' ({COLOCALISATIONS[name].reported:.0f})':>22}"
        told.append(row)
    means = "mean "
    for column in DISTORTIONS:
        cells = [c for n, c in COLOCALISATIONS.items() if n.split("/")[1] == column]
        there = [found[c.name] for c in cells if c.name in found]
        ours = NOT_RUN
        if shares := [s["localised_percent"] for m in there for s in m["sets"]]:
            ours = f"{statistics.mean(shares):.1f}"
        paper = statistics.mean(c.reported for c in cells)
        means += f"{ours + f' ({paper:.1f})':>22}"
    told += [means, "", HOW_OPTIMISED]
    groups: dict[str, list[float]] = {}
    for metrics in found.values():
        recipe, sets = metrics["recipe"], metrics["sets"]
        which = ", ".join(str(found_set["set_seed"]) for found_set in sets)
        words = (
            f"  {recipe['name']}, {recipe['iterations']:,} x {recipe['batch_size']}, "
            f"{recipe['starts']} start(s), {2 if recipe.get('fine') else 1} encoder(s), sets "
            f"{which or 'none'}, {metrics['device']}"
        )
        groups.setdefault(words, []).extend(found_set["seconds"] for found_set in sets)
    for words, seconds in groups.items():
        told.append(f"{words}, {statistics.median(seconds or [0]):.0f} seconds (the median)")
    return told
