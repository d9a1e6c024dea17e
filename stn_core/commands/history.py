"""`history`: a run's records as CSV, for a spreadsheet or a plot of one's own.

python -m stn_core history runs/mine
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

from stn_core.errors import InputError
from stn_core.runs.folder import Run
from stn_core.runs.packed import PACKED
from stn_core.runs.records import Step

PLAIN = ("step", "loss", "learning_rate", "seconds")  # what every record has


def add_parser(commands: argparse._SubParsersAction) -> None:
    """The command's options."""
    parser = commands.add_parser("history", help="print a run's history as CSV")
    parser.add_argument("run_dir", type=Path, help="the run's folder")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    run = Run(options.run_dir)
    if (run.folder / PACKED).is_file() and not run.is_described():
        raise InputError(
            f"{run.folder} holds a published recording, {PACKED}, and no run; "
            "`stn_core.runs.packed.unpack` reads it, and the app shows it"
        )
    run.description()  # which raises RunError for what is no run
    steps = run.history()
    if not steps:
        raise InputError(f"{run.folder} has no records yet")
    rows = [_row(step) for step in steps]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(sys.stdout, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def _row(step: Step) -> dict[str, float]:
    norms = {f"gradient_norm_{part}": norm for part, norm in step.gradient_norms.items()}
    return {**{name: getattr(step, name) for name in PLAIN}, **step.measures, **norms}
