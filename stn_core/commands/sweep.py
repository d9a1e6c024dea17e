"""`sweep`: train a whole table, several networks at once, and publish what is finished.

python -m stn_core sweep distorted --seeds 3
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys

import torch
from tqdm import tqdm

from stn_core import publishing, report, results, sweep
from stn_core.commands.expected import EXPECTED_ERRORS
from stn_core.commands.options import RECIPES_HELP, add_force, add_threads, count
from stn_core.commands.surroundings import load_digits
from stn_core.digits import Source
from stn_core.muon import faster_dtype
from stn_core.runs.records import RunError
from stn_core.training.devices import choose_device
from stn_core.training.trainer import PRECISIONS


def add_parser(commands: argparse._SubParsersAction) -> None:
    """The command's options."""
    parser = commands.add_parser("sweep", help="train a whole table, several networks in parallel")
    parser.add_argument("table", help="distorted or addition")
    parser.add_argument("--recipe", help=f"{RECIPES_HELP}; without it, published networks are kept")
    parser.add_argument("--seeds", type=count, default=1)
    parser.add_argument("--iterations", type=int, help="instead of the recipe's")
    parser.add_argument("--batch-size", type=int, help="instead of the recipe's")
    parser.add_argument(
        "--workers", type=count, help="trainings in parallel (default: one per core; 8 on a GPU)"
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 or mps")
    parser.add_argument("--precision", default=PRECISIONS[0], choices=PRECISIONS)
    parser.add_argument("--no-publish", action="store_true", help="train without publishing")
    add_force(parser)
    add_threads(parser)
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    device = choose_device(options.device)
    cores = 8 if device.type == "cuda" else os.cpu_count() or 1
    workers = options.workers or cores
    root = sweep.default_root()
    trainings = sweep.plan(
        options.table,
        options.recipe,
        options.seeds,
        root,
        options.iterations,
        options.batch_size,
        options.precision,
    )
    source = load_digits()
    print(f"{len(trainings)} trainings, {workers} in parallel, in {root}; {source.description}")
    if options.precision == "bfloat16" and faster_dtype(device) is not torch.bfloat16:
        print("bfloat16 is slower than float32 on this device", file=sys.stderr)
    if source.test is None and not options.no_publish:
        print(
            "nothing will be published: MNIST's test digits are not on this machine; set "
            "STN_DATA to their folder"
        )
    bars = [tqdm(bar_format="{desc}", position=i) for i in range(workers)]
    steps = sweep.sweep(
        trainings,
        source,
        workers=workers,
        device=options.device,
        precision=options.precision,
        threads=options.threads,
    )
    with contextlib.closing(steps):
        try:
            for running in steps:
                for bar, training_ in zip(bars, running, strict=False):
                    bar.set_description_str(training_.summary)
                _publish_finished(trainings, source, options)
        except KeyboardInterrupt:
            tqdm.write("stopped; run the same command to continue")
    for bar in bars:
        bar.close()
    _publish_finished(trainings, source, options)
    for training_ in trainings:
        print(training_.summary)
    if options.table in results.tables():
        print("\n".join(report.table(options.table)))
    failed = [t.run.folder.name for t in trainings if t.state == "failed" or t.unpublished]
    if failed:
        raise RunError(f"{len(failed)} of {len(trainings)} failed: {', '.join(failed)}")


def _publish_finished(
    trainings: list[sweep.CellTraining], source: Source, options: argparse.Namespace
) -> None:
    """Put every cell whose seeds have all been trained into pretrained/."""
    if source.test is None or options.no_publish:
        return
    by_name: dict[str, list[sweep.CellTraining]] = {}
    for training_ in trainings:
        by_name.setdefault(training_.experiment.name, []).append(training_)
    for cell in by_name.values():
        first = cell[0]
        if first.published or first.unpublished or any(t.state != "finished" for t in cell):
            continue
        try:
            runs = [t.run for t in cell]
            folder = publishing.publish(runs, source, force=options.force)
            tqdm.write(f"published {folder}")
            first.published = True
        except EXPECTED_ERRORS as error:  # the others go on
            first.unpublished = str(error)
            tqdm.write(f"{first.experiment.name} is not published: {error}")
