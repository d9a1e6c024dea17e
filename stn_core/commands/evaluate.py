"""`evaluate`: measure a published network's error, or that of weights of one's own.

python -m stn_core evaluate distorted/rts/st-cnn-aff
"""

from __future__ import annotations

import argparse
from pathlib import Path

from stn_core import checkpoints, foreign_checkpoints
from stn_core.commands.options import add_threads
from stn_core.commands.surroundings import load_pictures
from stn_core.evaluation import EVALUATION_SEED, evaluate
from stn_core.experiment import words_of
from stn_core.experiments import find


def add_parser(commands: argparse._SubParsersAction) -> None:
    """The command's options."""
    parser = commands.add_parser("evaluate", help="measure a published network's error")
    parser.add_argument("name")
    parser.add_argument("--weights", type=Path, help="your own safetensors file instead")
    add_threads(parser)
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    experiment = find(options.name)
    if options.weights is None:
        network = checkpoints.load_pretrained(experiment)
    else:
        network = foreign_checkpoints.load_own(experiment, options.weights)
    source, words = load_pictures(experiment), words_of(experiment.data)
    if source.test is not None:
        chosen, which = source.test, f"{len(source.test):,} {words.test}"
    else:
        chosen = source.gallery
        which = f"{len(chosen):,} {words.gallery} ({words.absent} are not on this machine)"
    error = evaluate(network, experiment, chosen, threads=options.threads).measure
    seed = f", seed {EVALUATION_SEED}" if words.drawn else ""
    print(f"{experiment.name}: error {error:.2f} % on the {which}{seed}")
