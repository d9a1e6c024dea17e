"""`publish`: put finished runs into pretrained/.

python -m stn_core publish runs/one runs/other
"""

from __future__ import annotations

import argparse
from pathlib import Path

from stn_core import publishing
from stn_core.allocator import keep_freed_memory
from stn_core.commands.options import add_force, add_threads
from stn_core.commands.surroundings import bars, load_pictures
from stn_core.experiments import find
from stn_core.runs.folder import Run


def add_parser(commands: argparse._SubParsersAction) -> None:
    """The command's options."""
    parser = commands.add_parser("publish", help="publish a finished run in pretrained/")
    parser.add_argument(
        "run_dir", type=Path, nargs="+", help="runs of one experiment with different seeds"
    )
    parser.add_argument(
        "--add",
        action="store_true",
        help="count the published network's seeds too; the median of all is shipped",
    )
    parser.add_argument(
        "--ship", type=int, metavar="SEED", help="ship this seed's weights, not the median's"
    )
    add_force(parser)
    add_threads(parser)
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    keep_freed_memory()
    runs = [Run(folder) for folder in options.run_dir]
    source = load_pictures(find(runs[0].description()["experiment"]))
    how = {name: getattr(options, name) for name in ("force", "add", "ship", "threads")}
    with bars(unit="pictures") as progress:
        folder = publishing.publish(runs, source, progress=progress, **how)
    print(folder)
