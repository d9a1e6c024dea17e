"""`evaluate`: measure the error of a published network, of a run, or of weights of one's own.

python -m stn_core evaluate distorted/rts/st-cnn-aff
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from stn_core import checkpoints, foreign_checkpoints, part_lines
from stn_core.allocator import keep_freed_memory
from stn_core.commands.measuring import measure
from stn_core.commands.options import add_json, add_threads
from stn_core.commands.surroundings import bars, load_pictures
from stn_core.errors import InputError
from stn_core.experiment import Experiment
from stn_core.experiments import BROWSER, EXPERIMENTS, find
from stn_core.experiments.colocalisation import COLOCALISATIONS, OWN
from stn_core.measuring import measure_again, measure_parts
from stn_core.networks import ClassificationNetwork
from stn_core.runs.folder import Run
from stn_core.threads import on_threads
from stn_core.typed_json import to_json


def add_parser(commands: argparse._SubParsersAction) -> None:
    """The command's options."""
    parser = commands.add_parser("evaluate", help="measure a network's error on unseen digits")
    parser.add_argument("name", help="an experiment, or the folder of a run")
    parser.add_argument("--weights", type=Path, help="your own safetensors file instead")
    parser.add_argument(
        "--publish",
        action="store_true",
        help="write what was measured of a published network into its metrics and its card",
    )
    add_threads(parser)
    add_json(parser)
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    keep_freed_memory()
    if options.publish:
        _publish(options)
        return
    experiment, network, step = _asked(options)
    source = load_pictures(experiment)
    parts = None
    with bars(unit="pictures") as progress:
        measured = measure(network, experiment, source, options.threads, progress)
        if source.test is not None:
            with on_threads(options.threads):
                parts = measure_parts(network, experiment, source.test, progress=progress)
    if options.json:
        found = {"experiment": experiment.name, "step": step, **measured._asdict()}
        if parts:
            found |= {"parts": to_json(parts.shares), "placed": to_json(parts.placed)}
        print(json.dumps({key: value for key, value in found.items() if value is not None}))
        return
    after = "" if step is None else f", after step {step:,}"
    print(f"{experiment.name}{after}: {measured.sentence}")
    if parts:
        print("\n".join(part_lines.of_network(parts)))


def _publish(options: argparse.Namespace) -> None:
    """Raises InputError for what is not a published network."""
    if options.weights is not None or _is_run(options.name):
        raise InputError("--publish is for a published network; publish a run by `publish`")
    if options.json:
        raise InputError("--publish writes the figures into pretrained/; leave out --json")
    experiment = _found(options.name)
    source = load_pictures(experiment)
    with bars(unit="pictures") as progress:
        folder = measure_again(experiment, source, threads=options.threads, progress=progress)
    print(folder)


def _asked(
    options: argparse.Namespace,
) -> tuple[Experiment, ClassificationNetwork, int | None]:
    """Experiment, network and, of a run, its step."""
    if _is_run(options.name):
        run = Run(Path(options.name))
        if options.weights is not None:
            raise InputError("a run has weights of its own; leave out --weights")
        experiment = _found(run.description()["experiment"], run)
        network, header = checkpoints.load_trained(experiment, run.checkpoint)
        return experiment, network, header["step"]
    experiment = _found(options.name)
    if options.weights is not None:
        return experiment, foreign_checkpoints.load_own(experiment, options.weights), None
    return experiment, checkpoints.load_pretrained(experiment), None


def _is_run(name: str) -> bool:
    """Whether a folder is meant: one of an experiment's name, as in pretrained/, only if a run is
    in it.
    """
    folder = Path(name)
    named = name in EXPERIMENTS or name in BROWSER or name in COLOCALISATIONS
    return (folder / "run.json").is_file() or folder.is_dir() and not named


def _found(name: str, run: Run | None = None) -> Experiment:
    """The experiment of this name. run: what it is of. Raises UnknownName, and InputError for a
    co-localisation.
    """
    if name in COLOCALISATIONS or name == OWN.name:
        see = f"history {run.folder}" if run else "results colocalisation"
        raise InputError(
            f"{name} is a co-localisation: it finds boxes and has no classifier to evaluate; "
            f"`{see}` prints what it localised"
        )
    return find(name)
