"""`colocalise`: find the common object of a set of images, and publish how well.

python -m stn_core colocalise colocalisation/tc/8 --set-seed 1
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

import numpy as np
from tqdm import tqdm

from stn_core import results
from stn_core.allocator import keep_freed_memory
from stn_core.box_search.encoder import EncoderNetworks, load_encoder_networks
from stn_core.box_search.publishing import add_set, publish_boxes
from stn_core.box_search.recording import record_search
from stn_core.box_search.search import MEASURE, colocalise
from stn_core.commands.options import add_force, add_threads, count, natural
from stn_core.commands.surroundings import load_digits, stop_on_signals
from stn_core.digits import DigitsError, Source
from stn_core.errors import InputError, UnknownName
from stn_core.experiments import find_colocalisation
from stn_core.experiments.colocalisation import (
    OWN,
    Colocalisation,
    image_set,
    own_set,
    with_clutter,
)
from stn_core.metrics import MeasuredSet
from stn_core.runs.folder import Run, new_run_folder
from stn_core.runs.records import RunError


def add_parser(commands: argparse._SubParsersAction) -> None:
    """The command's options."""
    parser = commands.add_parser("colocalise", help="find the common object of a set of images")
    parser.add_argument("name", nargs="+", help="e.g. colocalisation/tc/8")
    parser.add_argument("--recipe", default="quick", help="quick (the default) or literal")
    parser.add_argument("--seed", type=natural, default=0, help="of the optimisation")
    parser.add_argument("--set-seed", type=natural, default=0, help="of the images")
    parser.add_argument("--iterations", type=int, help="instead of the recipe's")
    parser.add_argument("--starts", type=count, help="instead of the recipe's")
    parser.add_argument("--margin", type=float, help="instead of the recipe's")
    parser.add_argument(
        "--patches", type=count, help="random patches per image (K) instead of the recipe's"
    )
    parser.add_argument(
        "--clutter", type=natural, help="clutter patches per image (default: the cell's)"
    )
    parser.add_argument(
        "--images", type=Path, help="your own set of images, a .npy file: uint8 (N, 84, 84)"
    )
    add_force(parser)
    add_threads(parser)
    parser.add_argument("--run-dir", type=Path, help="the run's folder (default: a new one)")
    parser.add_argument(
        "--publish",
        type=natural,
        metavar="SETS",
        help="publish it in pretrained/, measured on this many sets of test digits; sets already "
        "measured with this recipe are kept",
    )
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    if options.run_dir and len(options.name) > 1:
        raise InputError("--run-dir needs exactly one name")
    if options.images and options.name != [OWN.name]:
        raise InputError(f"--images works only with {OWN.name}")
    if OWN.name in options.name and options.publish is not None:
        raise InputError("your own set cannot be published; leave out --publish")
    keep_freed_memory()
    cells = [_searched(find_colocalisation(name), options) for name in options.name]
    networks = load_encoder_networks()
    source = load_digits()
    for cell in cells:
        if options.publish is None:
            run = Run(options.run_dir or new_run_folder(cell.name))
            _optimise(cell, networks, source, run, options)
        else:
            _publish_cell(cell, networks, source, options)


def _searched(cell: Colocalisation, options: argparse.Namespace) -> Colocalisation:
    search = next((r for r in cell.recipes if r.name == options.recipe), None)
    if search is None:
        names = ", ".join(r.name for r in cell.recipes)
        raise UnknownName(f"{cell.name} has no recipe {options.recipe!r}; it has: {names}")
    for name in ("iterations", "starts", "patches"):
        if (value := getattr(options, name)) is not None:
            search = dataclasses.replace(search, **{name: value})
    if options.margin is not None:
        objective = dataclasses.replace(search.objective, margin=options.margin)
        search = dataclasses.replace(search, objective=objective)
    cell = dataclasses.replace(cell, recipes=(search,))
    if options.clutter is None:
        return cell
    if options.publish is not None:
        raise InputError(
            "--clutter and --publish exclude each other: Table 5 uses the paper's clutter"
        )
    return with_clutter(cell, options.clutter)


def _publish_cell(
    cell: Colocalisation, networks: EncoderNetworks, source: Source, options: argparse.Namespace
) -> None:
    if source.test is None:
        raise DigitsError(
            "publishing needs MNIST's test digits, which are not on this machine; "
            "set STN_DATA to their folder"
        )
    done = _measured_sets(cell, options.seed)
    if done is None:
        run = Run(options.run_dir or new_run_folder(cell.name))
        _optimise(cell, networks, source, run, options)
        sets = tuple(  # before anything is replaced
            _on_test_digits(cell, networks, source, set_seed, options)
            for set_seed in range(options.publish)
        )
        print(publish_boxes(run, sets, force=options.force))
        return
    for set_seed in sorted(set(range(options.publish)) - done):
        result = _on_test_digits(cell, networks, source, set_seed, options)
        add_set(cell, result)


def _measured_sets(cell: Colocalisation, seed: int) -> set[int] | None:
    """The sets of test digits that were measured; None if this recipe's is not published.

    Raises InputError if it is, by another seed.
    """
    metrics = results.colocalised().get(cell.name)
    if metrics is None or metrics.recipe != cell.recipe:
        return None
    if metrics.seed != seed:
        raise InputError(
            f"{cell.name} is published with seed {metrics.seed}, got {seed}; all its sets share "
            "one seed"
        )
    return {measured.set_seed for measured in metrics.sets}


def _optimise(
    cell: Colocalisation,
    networks: EncoderNetworks,
    source: Source,
    run: Run,
    options: argparse.Namespace,
) -> None:
    """A recorded optimisation. Raises RunError if it was stopped and was to be published."""
    stop_on_signals(run)
    if options.images:
        images = own_set(_read_images(options.images))
    else:
        images = image_set(cell, source.gallery, options.set_seed, source.gallery)
    steps = record_search(
        cell,
        images,
        networks,
        run,
        seed=options.seed,
        set_seed=options.set_seed,
        threads=options.threads,
    )
    with tqdm(total=cell.recipe.iterations, unit="step", desc=cell.name) as bar:
        for step in steps:
            bar.update(step.step - bar.n)
            share = step.measures.get(MEASURE)
            known = "" if share is None else f", localised {share:.0f} %"
            bar.set_postfix_str(f"loss {step.loss:.3f}{known}")
    print(f"{cell.name}: {run.status().state}; {run.folder}")
    if run.status().state != "finished" and options.publish is not None:
        raise RunError(f"{run.folder} was stopped; run the same command to start this set again")


def _on_test_digits(
    cell: Colocalisation,
    networks: EncoderNetworks,
    source: Source,
    set_seed: int,
    options: argparse.Namespace,
) -> MeasuredSet:
    assert source.test is not None  # ``_publish_cell`` has looked
    images = image_set(cell, source.test, set_seed, source.train)
    outcome = colocalise(images, networks, cell.recipe, options.seed, options.threads)
    print(f"{cell.name}, set {set_seed} of test digits: {outcome.measures}", flush=True)
    return MeasuredSet(
        set_seed=set_seed, **outcome.measures, loss=outcome.loss, seconds=outcome.seconds
    )


def _read_images(path: Path) -> np.ndarray:
    """The array in a .npy file. Raises InputError if it is none."""
    try:
        images = np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise InputError(f"{path} is not a readable .npy file: {error}") from error
    if not isinstance(images, np.ndarray):
        raise InputError(f"{path} holds several arrays; expected one array, in a .npy file")
    return images
