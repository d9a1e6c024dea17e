"""`convert`: a pickled state dict as safetensors.

python -m stn_core convert network.pt --experiment distorted/rts/st-cnn-aff
"""

from __future__ import annotations

import argparse
from pathlib import Path

from stn_core import checkpoints, conversion, foreign_checkpoints
from stn_core.experiments import EXPERIMENTS, find


def add_parser(commands: argparse._SubParsersAction) -> None:
    """The command's options."""
    parser = commands.add_parser(
        "convert", help="convert a pickled state dict (.pt) to safetensors, in a separate process"
    )
    parser.add_argument("source", type=Path)
    parser.add_argument("--out", type=Path, help="default: the same name, as .safetensors")
    parser.add_argument("--experiment", help="the experiment of the network, for the header")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    out = options.out or options.source.with_suffix(".safetensors")
    if options.experiment is not None:
        find(options.experiment)
    lines = conversion.convert(options.source, out, options.experiment)
    print("\n".join(lines))
    tensors, _ = checkpoints.load_tensors(out)
    fits = [e.name for e in foreign_checkpoints.fitting(tensors, EXPERIMENTS.values())]
    print(f"{out}: {len(lines)} tensors; fits {', '.join(fits) or 'no experiment here'}")
