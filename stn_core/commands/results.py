"""`results`: the paper's tables with our figures.

python -m stn_core results distorted
"""

from __future__ import annotations

import argparse
import json

from stn_core import report, results
from stn_core.commands.options import add_json
from stn_core.typed_json import to_json


def add_parser(commands: argparse._SubParsersAction) -> None:
    """The command's options."""
    parser = commands.add_parser("results", help="print the paper's tables with our errors")
    parser.add_argument("table", nargs="?", default="distorted")
    add_json(parser)
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    boxes = options.table == "colocalisation"
    if options.json:
        found = to_json(results.colocalised()) if boxes else _cells(options.table)
        print(json.dumps(found))
        return
    print("\n".join(report.colocalisation() if boxes else report.table(options.table)))


def _cells(table: str) -> list[dict]:
    """A table's cells: the paper's error, every seed's, and the shipped seed's of every draw."""
    return [
        {
            "experiment": name,
            "paper_percent": cell.experiment.reported,
            "seeds": cell.metrics and cell.metrics.seeds,
            "errors_percent": cell.metrics and cell.metrics.errors,
            "draw_errors_percent": cell.metrics and cell.metrics.draw_errors,
            "mean_percent": cell.mean,
            "spread_percent": cell.spread,
            "recipe": cell.metrics and cell.metrics.recipe.to_json(),
            "parts": cell.metrics and to_json(cell.metrics.parts),
        }
        for name, cell in results.cells(table).items()
    ]
