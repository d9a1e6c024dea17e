"""The command line: train, evaluate, publish, card, list."""

from __future__ import annotations

import argparse
import dataclasses
import json
import signal
import sys
from pathlib import Path

import torch
from tqdm import tqdm

from stn_core import checkpoints, digits, runs, training
from stn_core.checkpoints import CheckpointError
from stn_core.digits import DigitsError, Source
from stn_core.evaluation import EVALUATION_SEED, evaluate
from stn_core.experiment import Experiment
from stn_core.experiments import EXPERIMENTS, UnknownExperiment, find
from stn_core.networks import count_parameters
from stn_core.runs import Run, RunError
from stn_core.training import TrainingError
from stn_core.transforms import NonFiniteError

EXPECTED_ERRORS = (
    CheckpointError,
    DigitsError,
    NonFiniteError,
    OSError,
    RunError,
    TrainingError,
    UnknownExperiment,
    ValueError,
)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; an expected error is one line on stderr and exit status 1."""
    options = parser().parse_args(arguments)
    try:
        options.command(options)
    except EXPECTED_ERRORS as error:
        print(f"stn_core: {error}", file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """Every command and its options."""
    top = argparse.ArgumentParser(prog="python -m stn_core", description=__doc__)
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    train = commands.add_parser("train", help="train an experiment's network")
    train.add_argument("name", help="as `list` prints it, e.g. distorted/rts/st-cnn-aff")
    train.add_argument("--recipe", default=None, help="quick (the default) or paper")
    train.add_argument("--iterations", type=int, help="instead of the recipe's")
    train.add_argument("--batch-size", type=int, help="instead of the recipe's")
    train.add_argument("--learning-rate", type=float, help="instead of the recipe's")
    train.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    train.add_argument("--precision", default="float32", choices=training.PRECISIONS)
    train.add_argument("--threads", type=int, help="CPU threads (torch's own choice by default)")
    train.add_argument("--seed", type=int, default=0)
    train.add_argument("--run-dir", type=Path, help="the run's folder (default: a new one)")
    train.add_argument("--resume", action="store_true", help="go on with the run in --run-dir")
    train.set_defaults(command=_train)

    evaluate_ = commands.add_parser("evaluate", help="measure a published network's error")
    evaluate_.add_argument("name")
    evaluate_.set_defaults(command=_evaluate)

    publish = commands.add_parser("publish", help="put a finished run into pretrained/")
    publish.add_argument("run_dir", type=Path)
    publish.set_defaults(command=_publish)

    card = commands.add_parser("card", help="render the cards of the published networks")
    card.set_defaults(command=_card)

    list_ = commands.add_parser("list", help="every experiment, the paper's figure and ours")
    list_.set_defaults(command=_list)
    return top


def _load_digits() -> Source:
    """All digits that can be had, with a progress bar for a download."""
    bars: dict[str, tqdm] = {}

    def progress(name: str, done: int, total: int) -> None:
        if name not in bars:
            bars[name] = tqdm(total=total or None, unit="B", unit_scale=True, desc=name)
        bars[name].update(done - bars[name].n)

    source = digits.load(progress)
    for bar in bars.values():
        bar.close()
    return source


def _train(options: argparse.Namespace) -> None:
    experiment = find(options.name)
    if options.resume and options.run_dir is None:
        raise ValueError("--resume goes with --run-dir")
    if options.threads:
        torch.set_num_threads(options.threads)
    device = training.choose_device(options.device)
    experiment = _with_options(experiment, options)
    run = Run(options.run_dir or runs.new_run_folder(experiment.name))
    if options.resume:
        stored = run.description()
        if stored["experiment"] != experiment.name:
            raise RunError(f"{run.folder} is a run of {stored['experiment']}")
        iterations = stored["recipe"]["iterations"]
    else:
        iterations = experiment.recipe.iterations
    source = _load_digits()
    for number in (signal.SIGTERM, signal.SIGINT):  # end between two steps, with a checkpoint
        signal.signal(number, lambda *_: run.control("stop"))
    print(
        f"{experiment.name} on {training.device_name(device)}; {source.description}; {run.folder}"
    )
    steps = training.train(
        experiment,
        source,
        seed=options.seed,
        device=device,
        precision=options.precision,
        run=run,
        resume=options.resume,
    )
    measure = experiment.objective.measure
    with tqdm(total=iterations, unit="step") as bar:
        for step in steps:
            bar.update(step.step - bar.n)
            bar.set_postfix_str(
                f"loss {step.loss:.4f}, error {step.measures[measure]:.2f} %", refresh=False
            )
    status = run.status()
    print(f"{status.state} at step {status.step}")


def _with_options(experiment: Experiment, options: argparse.Namespace) -> Experiment:
    if options.recipe:
        experiment = experiment.with_recipe(options.recipe)
    given = {
        name: getattr(options, name)
        for name in ("iterations", "batch_size", "learning_rate")
        if getattr(options, name) is not None
    }
    recipe = dataclasses.replace(experiment.recipe, **given)
    return dataclasses.replace(experiment, recipes=(recipe,))


def _evaluate(options: argparse.Namespace) -> None:
    experiment = find(options.name)
    network = checkpoints.load_pretrained(experiment)
    source = _load_digits()
    if source.test is not None:
        chosen, which = source.test, f"{len(source.test):,} MNIST test digits"
    else:
        chosen = source.gallery
        which = f"{len(chosen):,} gallery digits (MNIST's test digits are not on this machine)"
    error = evaluate(network, experiment, chosen).measure
    print(f"{experiment.name}: error {error:.2f} % on the {which}, seed {EVALUATION_SEED}")


def _publish(options: argparse.Namespace) -> None:
    run = Run(options.run_dir)
    description = run.description()
    if run.status().state != "finished":
        raise RunError(f"{run.folder} is not finished; it is {run.status().state}")
    experiment = find(description["experiment"])
    source = _load_digits()
    if source.test is None:
        raise DigitsError("publishing needs MNIST's test digits, and they are not on this machine")
    trained, _ = checkpoints.load_trained(experiment, run.checkpoint)
    folder = checkpoints.published_folder(experiment)
    folder.mkdir(parents=True, exist_ok=True)
    checkpoints.save_weights(trained, experiment, folder / checkpoints.WEIGHTS)
    network = checkpoints.load_pretrained(experiment)  # measured as it is shipped
    metrics = {
        "experiment": experiment.name,
        "error_percent_test": evaluate(network, experiment, source.test).measure,
        "error_percent_gallery": evaluate(network, experiment, source.gallery).measure,
        "test_digits": len(source.test),
        "gallery_digits": len(source.gallery),
        "evaluation_seed": EVALUATION_SEED,
        "parameters": count_parameters(network),
        "seconds": run.history()[-1].seconds,
        **{
            key: description[key]
            for key in ("recipe", "seed", "device", "precision", "train_digits", "torch", "started")
        },
    }
    text = json.dumps(metrics, indent=1) + "\n"
    checkpoints.write_atomically(folder / checkpoints.METRICS, text.encode())
    runs.pack(run, folder / runs.PACKED)
    _write_card(experiment)
    print(f"{experiment.name}: error {metrics['error_percent_test']:.2f} %, in {folder}")


def _write_card(experiment: Experiment) -> None:
    card = checkpoints.render_card(experiment, checkpoints.load_metrics(experiment))
    path = checkpoints.published_folder(experiment) / checkpoints.CARD
    checkpoints.write_atomically(path, card.encode())


def _card(options: argparse.Namespace) -> None:
    for experiment in EXPERIMENTS.values():
        if checkpoints.is_published(experiment):
            _write_card(experiment)
            print(checkpoints.published_folder(experiment) / checkpoints.CARD)


def _list(options: argparse.Namespace) -> None:
    print(f"{'experiment':28} {'paper':>8} {'ours':>8}   error on the distorted test digits")
    for experiment in EXPERIMENTS.values():
        paper = "-" if experiment.reported is None else f"{experiment.reported:.1f} %"
        ours = "-"
        if checkpoints.is_published(experiment):
            ours = f"{checkpoints.load_metrics(experiment)['error_percent_test']:.2f} %"
        print(f"{experiment.name:28} {paper:>8} {ours:>8}   {experiment.source}")


if __name__ == "__main__":
    sys.exit(main())
