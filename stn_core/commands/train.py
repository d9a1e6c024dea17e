"""`train`: train an experiment's network, as a run that can be stopped and gone on with.

python -m stn_core train distorted/rts/st-cnn-aff --recipe paper
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import torch
from tqdm import tqdm

from stn_core.allocator import keep_freed_memory
from stn_core.checkpoints import load_trained
from stn_core.commands import measuring
from stn_core.commands.changing import changed
from stn_core.commands.options import RECIPES_HELP, add_threads, count, natural
from stn_core.commands.surroundings import bars, load_pictures, stop_on_signals
from stn_core.errors import InputError
from stn_core.experiment import Experiment
from stn_core.experiments import find
from stn_core.precision import faster_dtype
from stn_core.recipes import Recipe
from stn_core.runs.folder import Run, new_run_folder
from stn_core.runs.records import RunError
from stn_core.training.checkpoint import saved_step
from stn_core.training.devices import choose_device, device_name
from stn_core.training.network import extended, train_steps
from stn_core.training.taking_up import published_run, take_up
from stn_core.training.trainer import PRECISIONS


def add_parser(commands: argparse._SubParsersAction) -> None:
    """The command's options."""
    parser = commands.add_parser("train", help="train an experiment's network")
    parser.add_argument("name", help="as `list` prints it, e.g. distorted/rts/st-cnn-aff")
    parser.add_argument("--recipe", default=None, help=RECIPES_HELP)
    parser.add_argument(
        "--iterations", type=int, help="instead of the recipe's; with --resume, extend the run"
    )
    parser.add_argument("--batch-size", type=int, help="instead of the recipe's")
    parser.add_argument("--learning-rate", type=float, help="instead of the recipe's")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 or mps")
    parser.add_argument(
        "--precision", choices=PRECISIONS, help=f"{PRECISIONS[0]} (the default) or bfloat16"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="recipe.FIELD=VALUE",
        help="another value of the recipe, e.g. recipe.schedule.warmup=0.2; may be repeated",
    )
    add_threads(parser)
    parser.add_argument("--seed", type=natural, help="0 by default")
    parser.add_argument(
        "--patience", type=count, help="stop after this many steps without a lower error"
    )
    parser.add_argument(
        "--unmeasured", action="store_true", help="do not measure the error at the end"
    )
    parser.add_argument("--run-dir", type=Path, help="the run's folder (default: a new one)")
    parser.add_argument("--resume", action="store_true", help="continue the run in --run-dir")
    parser.add_argument(
        "--extend-published",
        action="store_true",
        help="train the published network longer, up to --iterations; its recording goes on",
    )
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    experiment = find(options.name)
    if options.resume and options.run_dir is None:
        raise InputError("--resume needs --run-dir")
    if options.set and (options.resume or options.extend_published):
        raise InputError(f"{_going_on(options)} keeps the run's own recipe; leave out --set")
    device = choose_device(options.device)
    experiment = experiment.with_recipe(
        options.recipe,
        iterations=options.iterations,
        batch_size=options.batch_size,
        learning_rate=options.learning_rate,
    )
    if options.set:
        recipe = changed(experiment.recipe, options.set)
        experiment = replace(experiment, recipes=(recipe,))
    run = Run(options.run_dir) if options.run_dir else None
    if options.extend_published:
        run = _taken_up(options, experiment, run)
    iterations, extend_to = experiment.recipe.iterations, None
    if options.resume:
        assert run is not None  # or it has been refused
        stored = run.description()
        if stored["experiment"] != experiment.name:
            raise RunError(
                f"{run.folder} is a run of {stored['experiment']}; choose another folder"
            )
        _refuse_other_options(options, stored)
        iterations = stored["recipe"]["iterations"]
        if options.iterations not in (None, iterations):
            extended(Recipe.from_json(stored["recipe"]), options.iterations)  # or it is refused
            iterations = extend_to = options.iterations
    keep_freed_memory()
    source = load_pictures(experiment)
    run = run or Run(new_run_folder(experiment.name))
    stop_on_signals(run)
    where = device_name(device, options.threads)
    print(f"{experiment.name} on {where}; {source.description}; {run.folder}")
    if options.precision == "bfloat16" and faster_dtype(device) is not torch.bfloat16:
        print(f"bfloat16 is slower than float32 on {where}", file=sys.stderr)
    begun = saved_step(run.checkpoint) if options.resume else 0
    if options.resume:
        print(f"resumed from step {begun:,} of {iterations:,}")
    if extend_to:
        print(_extension(Recipe.from_json(stored["recipe"]), extend_to, begun))
    steps = train_steps(
        experiment,
        source,
        seed=options.seed or 0,
        device=device,
        precision=options.precision or PRECISIONS[0],
        threads=options.threads,
        run=run,
        resume=options.resume,
        extend_to=extend_to,
        patience=options.patience,
    )
    measure = experiment.objective.measure
    with tqdm(total=iterations, initial=begun, unit="step") as bar:
        for step in steps:
            bar.update(step.step - bar.n)
            bar.set_postfix_str(
                f"loss {step.loss:.4f}, error {step.measures[measure]:.2f} %", refresh=False
            )
    status = run.status()
    print(f"{status.state} at step {status.step}")
    if status.state == "finished" and not options.unmeasured:
        network, _ = load_trained(experiment, run.checkpoint)
        with bars(unit="pictures") as progress:
            measured = measuring.measure(network, experiment, source, options.threads, progress)
        print(measured.sentence)


def _taken_up(options: argparse.Namespace, experiment: Experiment, run: Run | None) -> Run:
    """A run that has the published network, to be resumed. Raises InputError or RunError."""
    if options.resume:
        raise InputError("--extend-published begins a run, --resume continues one; leave one out")
    description = published_run(experiment).description
    _refuse_other_options(options, description)
    published = Recipe.from_json(description["recipe"])
    if options.iterations is None:
        raise InputError(
            f"--extend-published needs --iterations: of {experiment.name} more than "
            f"{published.iterations:,}"
        )
    extended(published, options.iterations)  # or it is refused
    run = run or Run(new_run_folder(experiment.name))
    take_up(experiment, run)
    options.resume = True
    return run


def _extension(recipe: Recipe, iterations: int, begun: int) -> str:
    """What becomes of the learning rate of a run that is made longer, in words."""

    def share(of: int) -> str:
        return f"{100 * recipe.schedule.factor(begun, of):.0f} %"

    return (
        f"extended from {recipe.iterations:,} to {iterations:,} steps; the learning rate follows "
        f"the schedule ({type(recipe.schedule).__name__}) of the longer training: it goes on at "
        f"{share(iterations)} of its peak, not {share(recipe.iterations)}. A training of "
        f"{iterations:,} steps from the start would have had another one until here"
    )


def _going_on(options: argparse.Namespace) -> str:
    return "--extend-published" if options.extend_published else "--resume"


def _refuse_other_options(options: argparse.Namespace, stored: dict) -> None:
    """A run goes on as it was begun. Raises InputError for an option that says otherwise."""
    recipe = Recipe.from_json(stored["recipe"])
    begun = {
        "recipe": recipe.name,
        **{key: getattr(recipe, key) for key in ("batch_size", "learning_rate")},
        **{key: stored.get(key) for key in ("seed", "precision", "patience")},
    }
    for key, value in begun.items():
        asked = getattr(options, key)
        if asked is not None and asked != value:
            option = f"--{key.replace('_', '-')}"
            raise InputError(
                f"{_going_on(options)} keeps the run's own {option} {value}, got {asked}; leave it "
                "out, or start another run"
            )
