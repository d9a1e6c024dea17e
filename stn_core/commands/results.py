"""`results`: the paper's tables with our figures.

python -m stn_core results distorted
"""

from __future__ import annotations

import argparse

from stn_core import report


def add_parser(commands: argparse._SubParsersAction) -> None:
    """The command's options."""
    parser = commands.add_parser("results", help="print the paper's tables with our errors")
    parser.add_argument("table", nargs="?", default="distorted")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    if options.table == "colocalisation":
        lines = report.colocalisation()
    else:
        lines = report.table(options.table)
    print("\n".join(lines))
