"""`sweep`: train a whole table, several networks at once, and publish what is finished.

python -m stn_core sweep distorted --seeds 3
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import os
import sys
from collections.abc import Callable, Generator

import torch
from tqdm import tqdm

from stn_core import publishing, report, results, sweep
from stn_core.commands.expected import EXPECTED_ERRORS
from stn_core.commands.options import RECIPES_HELP, add_force, add_threads, count
from stn_core.commands.surroundings import load_pictures
from stn_core.errors import InputError
from stn_core.measuring import no_test_digits
from stn_core.pictures import Pictures
from stn_core.precision import faster_dtype
from stn_core.runs.records import RunError
from stn_core.training.devices import choose_device
from stn_core.training.trainer import PRECISIONS

FAILED, NOT_FINISHED = "failed", "not finished"  # how a training ends, in a message
ASKED = ("table", "recipe", "seeds", "iterations", "batch_size", "precision", "device", "threads")


def add_parser(commands: argparse._SubParsersAction) -> None:
    """The command's options."""
    parser = commands.add_parser("sweep", help="train a whole table, several networks in parallel")
    parser.add_argument("table", help="distorted, house-numbers, birds, addition or volumes")
    parser.add_argument("--recipe", help=f"{RECIPES_HELP}; without it, published networks are kept")
    parser.add_argument("--seeds", type=count, default=1)
    parser.add_argument("--iterations", type=int, help="instead of the recipe's")
    parser.add_argument("--batch-size", type=int, help="instead of the recipe's")
    parser.add_argument(
        "--workers",
        type=count,
        help="trainings in parallel on a machine (default: one per core; 8 on a GPU)",
    )
    parser.add_argument(
        "--shard",
        type=shard,
        metavar="I/N",
        help="one of N such commands that share STN_RUNS: begin with every Nth training",
    )
    parser.add_argument(
        "--engine", choices=sorted(sweep.ENGINES), help="let Slurm or a Ray cluster run the shards"
    )
    parser.add_argument("--shards", type=count, help="how many shards the engine runs")
    parser.add_argument(
        "--slurm",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a parameter of Slurm's, e.g. partition=gpu or time=600 (minutes); may be repeated",
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 or mps")
    parser.add_argument("--precision", default=PRECISIONS[0], choices=PRECISIONS)
    parser.add_argument("--no-publish", action="store_true", help="train without publishing")
    add_force(parser)
    add_threads(parser)
    parser.set_defaults(command=run)


def shard(text: str) -> tuple[int, int]:
    """Which shard of how many, from 1. For argparse. Raises argparse.ArgumentTypeError.

    >>> shard("2/8")
    (2, 8)
    """
    index, _, of = text.partition("/")
    if not (index.isdecimal() and of.isdecimal() and 1 <= int(index) <= int(of)):
        raise argparse.ArgumentTypeError(
            f"expected I/N with I from 1 to N, as in 1/8, got {text[:40]!r}"
        )
    return int(index), int(of)


def run(options: argparse.Namespace) -> None:
    settings = _engine_settings(options)
    asked = _asked(options)
    trainings = asked.plan()
    pictures = Pictures(load_pictures)
    print(
        f"{len(trainings)} trainings, {asked.workers} in parallel"
        f"{f' on each of {options.shards} machines' if options.engine else ''}, in {asked.root}"
    )
    publishing_here = not options.no_publish and not options.shard
    measurable = _can_be_measured(trainings, pictures, told=publishing_here)
    published = publishing_here and measurable
    steps: Generator[list[sweep.CellTraining], None, list[str] | None]
    if options.engine:
        steps = sweep.dispatched(options.engine, asked, options.shards, settings)
    else:
        order = sweep.shard(trainings, *options.shard) if options.shard else trainings
        steps = asked.run(order, pictures)
    lost = _watched(
        steps,
        asked.workers * (options.shards or 1),
        functools.partial(_publish_finished, trainings if published else [], pictures, options),
    )
    for training_ in trainings:
        print(training_.summary)
    for line in [*sweep.gathered(trainings), *(f"a shard broke off: {why}" for why in lost or ())]:
        print(line)
    if options.table in results.tables() and publishing_here:
        print("\n".join(report.table(options.table)))
    _refuse_unfinished(trainings, lost)


def _refuse_unfinished(trainings: list[sweep.CellTraining], lost: list[str] | None) -> None:
    """Raises RunError for what has failed or is left, and for shards that broke off.

    lost: why they did; None if the sweep was stopped, which leaves some by intention.
    """
    ends: dict[str, list[str]] = {}
    for training_ in trainings:
        if end := _fault(training_, stopped=lost is None):
            ends.setdefault(end, []).append(training_.run.folder.name)
    faults = [f"{len(n)} of {len(trainings)} {end}: {', '.join(n)}" for end, n in ends.items()]
    if lost:
        faults.append(f"{len(lost)} shard(s) broke off")
    if lost or NOT_FINISHED in ends:
        faults.append("run the same command to continue")
    if faults:
        raise RunError("; ".join(faults))


def _fault(training: sweep.CellTraining, *, stopped: bool) -> str:
    """What is wrong with a training's end, "" if nothing is. stopped: the whole sweep was."""
    state = training.state
    if state == "failed" or training.unpublished:
        return FAILED
    if stopped or state in ("finished", "stopped"):
        return ""
    return FAILED if training.has_failed() else NOT_FINISHED  # of another process


def _can_be_measured(
    trainings: list[sweep.CellTraining], pictures: Pictures, *, told: bool
) -> bool:
    """Whether what networks are measured on is here; says what the trainings are on.

    The pictures are loaded, and downloaded, before processes are that would all do so at once.
    told: whether to say that nothing will be published.
    """
    if not trainings:
        return False
    experiment = trainings[0].experiment
    source = pictures(experiment)
    print(source.description)
    if told and source.test is None:
        print(f"nothing will be published: {no_test_digits(experiment)}")
    return source.test is not None


def _asked(options: argparse.Namespace) -> sweep.Asked:
    """The sweep itself, whoever runs it. Raises InputError for a device that is not here."""
    if options.engine:  # the device is the other machines'
        workers = 8 if options.device.startswith("cuda") else 1
    else:
        device = choose_device(options.device)
        workers = 8 if device.type == "cuda" else _cores()
        if options.precision == "bfloat16" and faster_dtype(device) is not torch.bfloat16:
            print("bfloat16 is slower than float32 on this device", file=sys.stderr)
    return sweep.Asked(
        root=sweep.default_root(),
        workers=options.workers or workers,
        **{key: getattr(options, key) for key in ASKED},
    )


def _cores() -> int:
    """How many this process may use: a batch job seldom has all of its machine's."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _engine_settings(options: argparse.Namespace) -> dict[str, int | str]:
    """Slurm's parameters. Raises InputError for options that do not go together."""
    if options.engine and options.shard:
        raise InputError("--shard is one shard, here; with --engine, give --shards, their number")
    if bool(options.engine) != bool(options.shards):
        raise InputError("--engine needs --shards, the number of machines, and --shards an engine")
    if options.slurm and options.engine != "submitit":
        raise InputError("--slurm needs --engine submitit")
    if options.engine and options.device.startswith("cuda:"):
        raise InputError(
            "--engine gives each shard one GPU, which it calls cuda; use --device cuda, not "
            f"{options.device}"
        )
    pairs = [setting.partition("=") for setting in options.slurm]
    for key, equals, value in pairs:
        if not (key and equals and value):
            raise InputError(f"--slurm expects KEY=VALUE, got {key + equals + value!r}")
    return {key: int(value) if value.isdecimal() else value for key, _, value in pairs}


def _watched(
    steps: Generator[list[sweep.CellTraining], None, list[str] | None],
    lines: int,
    publish: Callable[[], object],
) -> list[str] | None:
    """Show what runs and publish what is finished, to the end; gives why shards broke off.

    None if it was stopped.
    """
    bars: list[tqdm] = []
    lost: list[str] | None = None
    with contextlib.closing(steps):
        try:
            while True:
                running = next(steps)
                bars = bars or [tqdm(bar_format="{desc}", position=i) for i in range(lines)]
                for bar, training_ in zip(bars, running, strict=False):
                    bar.set_description_str(training_.summary)
                publish()
        except StopIteration as end:
            lost = end.value or []
        except KeyboardInterrupt:
            tqdm.write("stopped; run the same command to continue")
    for bar in bars:
        bar.close()
    publish()
    return lost


def _publish_finished(
    trainings: list[sweep.CellTraining], pictures: Pictures, options: argparse.Namespace
) -> None:
    """Put every cell whose seeds have all been trained into pretrained/."""
    by_name: dict[str, list[sweep.CellTraining]] = {}
    for training_ in trainings:
        by_name.setdefault(training_.experiment.name, []).append(training_)
    for cell in by_name.values():
        first = cell[0]
        if first.published or first.unpublished or any(t.state != "finished" for t in cell):
            continue
        try:
            runs = [t.run for t in cell]
            folder = publishing.publish(runs, pictures(first.experiment), force=options.force)
            tqdm.write(f"published {folder}")
            first.published = True
        except EXPECTED_ERRORS as error:  # the others go on
            first.unpublished = str(error)
            tqdm.write(f"{first.experiment.name} is not published: {error}")
