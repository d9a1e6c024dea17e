"""A table of the paper as files: CSV and JSON."""

from __future__ import annotations

import dataclasses
import json
import statistics

from app.data.networks import network_title
from app.panels import downloads
from app.panels.explorer import Explorer
from app.panels.misread import disagreements
from app.tables import Table

# Of a recipe, what a file has in addition to its name.
BUDGET = ("method", "iterations", "batch_size", "learning_rate")


def result_downloads(
    table: Table, explorer: Explorer | None, cells: dict, columns: list[str], column: str
) -> None:
    """Buttons for the files of a table. explorer: where examples are compared below it; column: of
    those examples."""
    named = "-".join(table.title.lower().split())
    file = named if table.number is None else f"table-{table.number}"
    compared = (
        ("Misread examples as CSV", f"{file}-misread-{column}.csv",
         lambda: downloads.as_csv(misread(table, explorer, cells, column)),
         "All examples of the three groups above, with the two networks' answers"),
    ) if explorer else ()  # fmt: skip
    downloads.buttons(
        ("Table as CSV", f"{file}.csv", lambda: downloads.as_csv(errors(cells)),
         "Our errors and the paper's, with recipe, budget, seeds and device"),
        ("Differences as CSV", f"{file}-differences.csv",
         lambda: downloads.as_csv(differences(table, columns)),
         "Differences with their confidence intervals"),
        ("Confusion matrices as CSV", f"{file}-confusion.csv",
         lambda: downloads.as_csv(confusions(cells)),
         "Each network's confusion matrix on the test images; what is not there is 0"),
        *compared,
        ("All of it as JSON", f"{file}.json",
         lambda: json.dumps(everything(table, cells, columns)),
         "Each network's recorded metrics, the results of other recipes, and the differences"),
    )  # fmt: skip


def spread(values: list[float]) -> tuple[float | None, float | None]:
    """Mean and standard deviation, None of the latter where there is one value."""
    if not values:
        return None, None
    return statistics.mean(values), statistics.stdev(values) if len(values) > 1 else None


def errors(cells: dict) -> list[dict]:
    """A row for each network of a table; of one that is not trained, its name and the paper's
    error. ours: of the seed that is shipped, draws: in each draw of the distortions; mean, spread:
    of all seeds, of one seed of all draws, as the table has them."""
    rows = []
    for name, cell in cells.items():
        metrics = cell.metrics
        recipe = metrics and metrics.recipe
        rows.append(
            {
                "experiment": name,
                "paper": cell.experiment.reported,
                "ours": cell.error,
                "mean": cell.mean,
                "spread": cell.spread,
                "draws": " ".join(f"{e:g}" for e in (metrics.draw_errors if metrics else ())),
                "seeds": " ".join(map(str, metrics.seeds if metrics else ())),
                "errors": " ".join(map(str, metrics.errors if metrics else ())),
                "recipe": recipe and recipe.name,
                **{key: recipe and getattr(recipe, key) for key in BUDGET},
                **{
                    key: metrics and getattr(metrics, key)
                    for key in ("device", "precision", "parameters")
                },
            }
        )
    return rows


def differences(table: Table, columns: list[str]) -> list[dict]:
    """Which differences of these columns are significant, and which the paper claims."""
    from stn_core import results

    return [
        dataclasses.asdict(difference) | {"decided": difference.decided}
        for column in columns
        for difference in results.differences(table.name, column)
    ]


def confusions(cells: dict) -> list[dict]:
    """The confusion matrices of all networks that are trained, a row for each count above 0."""
    return [
        {"experiment": name, "true": true, "said": answer, "count": count}
        for name, cell in cells.items()
        if cell.metrics
        for true, row in enumerate(cell.metrics.confusion_test)
        for answer, count in enumerate(row)
        if count
    ]


def misread(table: Table, explorer: Explorer, cells: dict, column: str) -> list[dict]:
    """The examples that either of the two compared networks misreads, a row each."""
    names = [network_title(n) for n in table.compared]
    rows = []
    for group, examples in (disagreements(table, cells, column) or {}).items():
        for (digit, seed), answers in sorted(examples.items()):
            true = explorer.label(digit, seed)
            given = [true if answer is None else answer for answer in answers]
            rows.append(
                {"group": group, "digit": digit, "seed": seed, "true": true}
                | dict(zip(names, given, strict=True))
            )
    return rows


def everything(table: Table, cells: dict, columns: list[str]) -> dict[str, list | dict]:
    """All that is shown of a table, and what it was made from."""
    from stn_core import results
    from stn_core.typed_json import to_json

    networks = []
    for name, cell in cells.items():
        networks.append(
            {
                "experiment": name,
                "paper": cell.experiment.reported,
                "ours": cell.error,
                "mean": cell.mean,
                "spread": cell.spread,
                "metrics": to_json(cell.metrics),
                "other_recipes": to_json(_tried(cell.experiment)),
            }
        )
    misread_by_all = {
        column: found and found._asdict()
        for column in columns
        for found in [results.misread_by_all(table.name, column)]
    }
    return {
        "networks": networks,
        "differences": differences(table, columns),
        "misread_by_every_network": misread_by_all,
    }


def _tried(experiment):
    """The errors by other recipes; None if they cannot be read, as the page says."""
    from stn_core.checkpoints import CheckpointError
    from stn_core.metrics import load_tried

    try:
        return load_tried(experiment)
    except CheckpointError:
        return None
