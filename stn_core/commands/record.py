"""`record`: put a finished run into pretrained/, without weights.

python -m stn_core record runs/one
"""

from __future__ import annotations

import argparse
from pathlib import Path

from stn_core import publishing
from stn_core.commands.options import add_force
from stn_core.runs.folder import Run


def add_parser(commands: argparse._SubParsersAction) -> None:
    """The command's options."""
    parser = commands.add_parser(
        "record", help="publish the recording of a finished run, without weights"
    )
    parser.add_argument("run_dir", type=Path)
    add_force(parser)
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    print(publishing.record(Run(options.run_dir), force=options.force))
