"""`bench`: speed and memory, as ratios measured in this run.

python -m stn_core bench --device cpu
"""

from __future__ import annotations

import argparse

from stn_core import bench
from stn_core.training.devices import choose_device


def add_parser(commands: argparse._SubParsersAction) -> None:
    """The command's options."""
    parser = commands.add_parser(
        "bench", help="measure speed and memory, as ratios within this run"
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 or mps")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    for line in bench.bench(choose_device(options.device)):
        print(line, flush=True)
