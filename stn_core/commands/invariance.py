"""`invariance`: errors and poses of a column's networks, far beyond their training.

python -m stn_core invariance distorted/rts
"""

from __future__ import annotations

import argparse
import time

import torch
from tqdm import tqdm

from stn_core import checkpoints, invariance
from stn_core.checkpoints import CheckpointError
from stn_core.commands.options import add_threads, count
from stn_core.commands.surroundings import load_digits
from stn_core.training.devices import device_name


def add_parser(commands: argparse._SubParsersAction) -> None:
    """The command's options."""
    parser = commands.add_parser(
        "invariance",
        help="measure errors and poses of a column's networks far beyond the training range",
    )
    parser.add_argument("column", help="e.g. distorted/rts")
    parser.add_argument("--digits", type=count, default=invariance.DIGITS)
    add_threads(parser)
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    torch.set_num_threads(options.threads)
    distortion = invariance.distortion_of(options.column)
    experiments = invariance.published(options.column)
    if not experiments:
        raise CheckpointError(f"no network of {options.column} is published yet; train one first")
    source = load_digits()
    all_of, which = source.test, "MNIST's {:,} test digits"
    if all_of is None:
        all_of, which = source.gallery, "the {:,} gallery digits"
    chosen = invariance.subset(all_of, options.digits)
    which = f"{len(chosen):,} of {which.format(len(all_of))}"
    kept = invariance.still_true(options.column, digits=len(chosen), which=which)
    networks = {
        name: checkpoints.load_pretrained(experiment)
        for name, experiment in experiments.items()
        if name not in kept
    }
    points = invariance.measure(distortion, networks, chosen)
    total = sum(len(axis.values) for axis in invariance.axes(distortion))
    started = time.monotonic()
    measured = list(tqdm(points, total=total, unit="value", desc=options.column))
    recording = invariance.recording(
        options.column,
        measured,
        digits=len(chosen),
        which=which,
        device=device_name(torch.device("cpu"), options.threads),
        seconds=time.monotonic() - started,
        kept=kept,
    )
    path = invariance.save(recording)
    print("\n".join(invariance.lines(recording)))
    words = f", {len(kept)} of them measured before" if kept else ""
    print(f"\n{path}: {len(recording.networks)} networks{words}, {recording.seconds:.0f} seconds")
