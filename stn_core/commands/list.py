"""`list`: every experiment, the paper's figure and ours.

python -m stn_core list
"""

from __future__ import annotations

import argparse

from stn_core import checkpoints
from stn_core.experiments import EXPERIMENTS
from stn_core.metrics import load_metrics


def add_parser(commands: argparse._SubParsersAction) -> None:
    """The command's options."""
    parser = commands.add_parser(
        "list", help="list every experiment with the paper's error and ours"
    )
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    print(f"{'experiment':28} {'paper':>8} {'ours':>8}   error on the distorted test digits")
    for experiment in EXPERIMENTS.values():
        paper = "-" if experiment.reported is None else f"{experiment.reported:.1f} %"
        ours = "-"
        if checkpoints.is_published(experiment):
            ours = f"{load_metrics(experiment).error_percent_test:.2f} %"
        print(f"{experiment.name:28} {paper:>8} {ours:>8}   {experiment.source}")
