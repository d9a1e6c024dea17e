"""`list`: every experiment, the paper's figure and ours.

python -m stn_core list
"""

from __future__ import annotations

import argparse
import json

from stn_core import checkpoints, results
from stn_core.commands.options import add_json
from stn_core.experiment import Experiment
from stn_core.experiments import BROWSER, EXPERIMENTS
from stn_core.metrics import load_metrics


def add_parser(commands: argparse._SubParsersAction) -> None:
    """The command's options."""
    parser = commands.add_parser(
        "list", help="list every experiment with the paper's error and ours"
    )
    add_json(parser)
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    rows = [_row(experiment) for experiment in (EXPERIMENTS | BROWSER).values()]
    if options.json:
        print(json.dumps(rows))
        return
    print(f"{'experiment':28} {'paper':>8} {'ours':>8}   error on the test pictures")
    for row in rows:
        paper, ours = (
            "-" if error is None else f"{error:.{digits}f} %"
            for error, digits in ((row["paper_percent"], 1), (row["error_percent_test"], 2))
        )
        print(f"{row['experiment']:28} {paper:>8} {ours:>8}   {row['source']}")


def _row(experiment: Experiment) -> dict:
    metrics = load_metrics(experiment) if checkpoints.is_published(experiment) else None
    return {
        "experiment": experiment.name,
        "source": experiment.source,
        "paper_percent": experiment.reported,
        "error_percent_test": results.Cell(experiment, metrics).mean,
    }
