"""`note`: measure a run of another recipe, and note its error in pretrained/.

python -m stn_core note runs/one
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from stn_core import publishing
from stn_core.allocator import keep_freed_memory
from stn_core.commands.options import add_threads
from stn_core.commands.surroundings import bars, load_pictures
from stn_core.experiments import find
from stn_core.pictures import Pictures
from stn_core.runs.folder import Run


def add_parser(commands: argparse._SubParsersAction) -> None:
    """The command's options."""
    parser = commands.add_parser(
        "note", help="measure a run of another recipe and publish its error, without weights"
    )
    parser.add_argument("run_dir", type=Path, nargs="+")
    add_threads(parser)
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    keep_freed_memory()
    torch.set_num_threads(options.threads)
    pictures = Pictures(load_pictures)
    for run in map(Run, options.run_dir):
        source = pictures(find(run.description()["experiment"]))
        with bars(unit="pictures") as progress:
            path = publishing.note(run, source, progress=progress)
        print(path)
