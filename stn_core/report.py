"""The paper's tables as text, ours beside the paper's: what the command ``results`` prints."""

from __future__ import annotations

import re

from stn_core import part_lines, results
from stn_core.birds.photographs import SIDE
from stn_core.experiments.colocalisation import COLOCALISATIONS, DISTORTIONS
from stn_core.results import Budget, Cell, Difference, TriedBudget, TriedNetwork

MEASURED = {
    "distorted": "Test error in percent on MNIST's 10,000 test digits, each distorted with five "
    "fixed seeds:\nmean and spread.",
    "house-numbers": "Numbers misread in percent, one wrong digit is enough, on 1,000 photographs "
    "of SVHN's test part.\nTrained on renderings and 2.6 % as many photographs as the paper's "
    "(0.9 % at 128 pixels):\ncompare ours with each other, not with the paper's.",
    "birds": "Accuracy in percent on CUB-200-2011's 5,794 test photographs. Compare ours with "
    "each other, not\nwith the paper's:\n"
    f"  resolution  photographs of {SIDE} or {SIDE // 2} pixels, in the paper 448 or 224\n"
    "  backbone    EfficientNet-Lite0, its last layers trained; in the paper all of an Inception\n"
    "  data        trained on 5,794 photographs, one of each species less than the paper's 5,994\n"
    "  ImageNet    has 22 of the test photographs in it, and both backbones learnt from ImageNet",
    "addition": "Test error in percent on 10,000 sums, each of an MNIST test digit and another "
    "one, distorted\nwith five fixed seeds: mean and spread.",
    "volumes": "Test error in percent on MNIST's 10,000 test digits, each extruded, turned about "
    "three axes\nand moved in 60 x 60 x 60 voxels with five fixed seeds: mean and spread.\n"
    "The paper gives no figures.",
}
ACCURACIES = ("birds",)  # whose figures are accuracies, as in the paper; of all others, errors
OF_SEEDS = "Where several seeds of a training are listed below, mean and spread are over those."
COLUMN_CHARS = 22  # of Table 5


def table(name: str) -> list[str]:
    """A table's lines: what it was measured on, the errors, the recipes and the paper's claims.

    Raises UnknownName for an unknown table.

    >>> table("addition")[0][:39]
    'Test error in percent on 10,000 sums, e'
    """
    cells = results.cells(name)
    columns = results.rows_and_columns(name)[1]
    differences = {column: results.differences(name, column) for column in columns}
    return [
        MEASURED[name],
        *([OF_SEEDS] if _has_seeds(cells) else []),
        *([f"Our {_measured(name)}, with the paper's in brackets."] if _has_paper(cells) else []),
        "",
        *_errors(name, cells),
        *_measured_once(cells),
        *_facing(cells),
        *part_lines.of_table(cells),
        "",
        "How they were trained:",
        *(f"  {budget_line(budget)}" for budget in results.budgets(cells)),
        "",
        *_tried(cells),
        "Differences, paired on the same images, with 95 % confidence intervals over "
        f"{results.examples(cells)}:",
        *_compared(cells, differences),
        *_differences(name, cells, differences),
        *_misread_by_all(name),
    ]


def refreshed(markdown: str) -> str:
    """A text in which each table that ``results`` prints is as it prints it now.

    A table is a block of text after the line that names its command.

    >>> text = "As `python -m stn_core results addition` prints it:\\n\\n```text\\nold\\n```\\n"
    >>> refreshed(text).splitlines()[3][:39]
    'Test error in percent on 10,000 sums, e'
    """

    def block(found: re.Match) -> str:
        name = found["table"] or "distorted"
        lines = colocalisation() if name == "colocalisation" else table(name)
        return found["before"] + "\n".join(lines) + "\n```"

    return re.sub(
        r"(?P<before>`python -m stn_core results(?: (?P<table>[\w-]+))?` prints it:\n\n```text\n)"
        r".*?^```",
        block,
        markdown,
        flags=re.DOTALL | re.MULTILINE,
    )


def _has_seeds(cells: dict[str, Cell]) -> bool:
    """Whether a network was trained with several seeds."""
    return any(cell.metrics and len(cell.metrics.seeds) > 1 for cell in cells.values())


def _has_paper(cells: dict[str, Cell]) -> bool:
    """Whether the paper gives figures of this table."""
    return any(cell.experiment.reported is not None for cell in cells.values())


def _errors(table: str, cells: dict[str, Cell]) -> list[str]:
    """A line for each network, ours and in brackets the paper's."""
    rows, columns = results.rows_and_columns(table)
    has_paper = _has_paper(cells)
    words = {
        name: f"{_ours(table, cell)} ({_paper(table, cell)})" if has_paper else cell.ours
        for name, cell in cells.items()
    }
    width = 2 + max(map(len, [*words.values(), *columns]))
    name = _name_width(rows)
    lines = ["".join([" " * name, *(f"{column.upper():>{width}}" for column in columns)])]
    for row in rows:
        figures = (f"{words.get(f'{table}/{column}/{row}', ''):>{width}}" for column in columns)
        lines.append("".join([f"{row:{name}}", *figures]))
    return lines


def _measured_once(cells: dict[str, Cell]) -> list[str]:
    """Which networks, or seeds of one, were measured on one distortion of each digit, in words."""
    lines = []
    if once := results.measured_once(cells):
        all_of_them = len(once) == sum(cell.metrics is not None for cell in cells.values())
        lines.append(
            f"Measured with the first seed only: {'all' if all_of_them else ', '.join(once)}"
        )
    if seeds := results.seeds_measured_once(cells):
        lines.append(f"Each seed of a training measured with the first only: {', '.join(seeds)}")
    return ["", *lines] if lines else []


def _measured(table: str) -> str:
    return "accuracies" if table in ACCURACIES else "errors"


def _ours(table: str, cell: Cell) -> str:
    """Our figure; of a table of accuracies what is left of 100 %, with the same spread."""
    if table not in ACCURACIES or cell.mean is None:
        return cell.ours
    return f"{100 - cell.mean:.2f}" + ("" if cell.spread is None else f" ± {cell.spread:.2f}")


def _paper(table: str, cell: Cell) -> str:
    reported = cell.experiment.reported
    if reported is None:
        return "-"
    return f"{100 - reported if table in ACCURACIES else reported:.1f}"


def _name_width(rows: list[str]) -> int:
    return 2 + max(map(len, rows))


def _facing(cells: dict[str, Cell]) -> list[str]:
    """Of volumes: the viewing angle of the digits, without and with a transformer."""
    facing = results.facing(cells)
    if facing is None:
        return []
    seen = ", ".join(f"{name} {after:.1f}" for name, after in facing.by_network.items())
    words = "Viewing angle off face-on, in degrees: in U"
    return ["", f"{words} {facing.untouched:.1f}; in V of {seen}"]


def budget_line(budget: Budget) -> str:
    """How some networks were trained.

    >>> budget_line(Budget("quick (Muon), 20,000 steps of 64, seed 0", ("r/*", "rts/fcn")))
    'quick (Muon), 20,000 steps of 64, seed 0: r/*, rts/fcn'
    """
    return f"{budget.words}: {', '.join(budget.networks)}"


def tried_line(budget: TriedBudget) -> str:
    """The errors of some networks, in percent, by a recipe that is not shipped.

    >>> tried_line(TriedBudget("quick (AdamW), seed 0", (TriedNetwork("rts/fcn", 6.0, 4_000),)))
    'quick (AdamW), seed 0: rts/fcn 6.00 (after 4,000)'
    """

    def words(network: TriedNetwork) -> str:
        stopped = "" if network.stopped is None else f" (after {network.stopped:,})"
        return f"{network.name} {network.error_percent:.2f}{stopped}"

    return f"{budget.words}: {', '.join(map(words, budget.networks))}"


def _tried(cells: dict[str, Cell]) -> list[str]:
    lines = [f"  {tried_line(budget)}" for budget in results.tried(cells)]
    return ["Results of other recipes, in percent:", *lines, ""] if lines else []


def _compared(cells: dict[str, Cell], differences: dict[str, list[Difference]]) -> list[str]:
    """Which seed differences are of, where a training has several."""
    compared = [d for of_column in differences.values() for d in of_column]
    return [
        f"  {shipped.experiment.split('/', 1)[1]}: the shipped network, {shipped.words}"
        for shipped in results.shipped_seeds(cells, compared)
    ]


def _differences(
    table: str, cells: dict[str, Cell], differences: dict[str, list[Difference]]
) -> list[str]:
    rows = results.rows_and_columns(table)[0]
    name, has_paper = _name_width(rows) - 2, _has_paper(cells)
    lines = []
    for column, of_column in differences.items():
        for d in of_column:
            better, than = d.better.rsplit("/", 1)[1], d.than.split("/", 1)[1]
            than = than.removeprefix(f"{column}/")
            lines.append(
                f"  {column.upper():4} {better:{name}} than {than:{name}} by {d.percent:5.2f} %  "
                f"[{d.low:5.2f}, {d.high:5.2f}]{_verdict(d, has_paper)}"
            )
    return lines


def _verdict(d: Difference, has_paper: bool) -> str:
    """Whether it is decided, and as the paper says; nothing more if it is."""
    contrary = "  not confirmed here" if d.claimed else "  larger"
    words = "  undecided" if not d.decided else "" if d.percent > 0 else contrary
    words += "" if d.alike else "  different recipes, budgets or layers"
    words += "" if d.seeds == 1 else f"  mean of {d.seeds} trainings of each"
    return words + ("  not in the paper" if has_paper and not d.claimed else "")


def _misread_by_all(table: str) -> list[str]:
    columns = results.rows_and_columns(table)[1]
    counts = {column: results.misread_by_all(table, column) for column in columns}
    known = [f"{c.upper()} {count.words}" for c, count in counts.items() if count is not None]
    return (
        ["", f"Examples that every network of a column misreads: {', '.join(known)}"]
        if known
        else []
    )


def colocalisation() -> list[str]:
    """Table 5's lines, with what it was measured on.

    >>> colocalisation()[3].split()
    ['class', 'T', 'TC']
    """
    metrics = results.colocalised()
    unreadable = results.unreadable(metrics)
    lines = [
        "Localised digits in percent (overlap above 0.5), in sets of 100 MNIST test digits;",
        "mean and spread of the sets. Ours, with the paper's in brackets.",
        "",
        "class" + "".join(f"{column.upper():>{COLUMN_CHARS}}" for column in DISTORTIONS),
    ]
    for digit in range(10):
        row = f"{digit:<5}"
        for column in DISTORTIONS:
            name = f"colocalisation/{column}/{digit}"
            known = metrics.get(name)
            ours = results.NOT_READABLE if name in unreadable else results.share_of_sets(known)
            row += f"{f'{ours} ({COLOCALISATIONS[name].reported:.0f})':>{COLUMN_CHARS}}"
        lines.append(row)
    means = (results.column_mean(metrics, column) for column in DISTORTIONS)
    figures = (f"{f'{mean.words} ({mean.paper:.1f})':>{COLUMN_CHARS}}" for mean in means)
    lines += ["".join(["mean ", *figures]), "", "Settings:"]
    for budget in results.search_budgets(metrics):
        lines.append(f"  {budget.words}, {budget.median_seconds:.0f} seconds (median)")
    return lines
