"""The command line: train, colocalise, ablate, sweep, evaluate, publish, results, bench, ..."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from stn_core import bench, checkpoints, conversion, digits, invariance, publishing, results, sweep
from stn_core.box_search.encoder import EncoderNetworks, load_encoder_networks
from stn_core.box_search.recording import record_search
from stn_core.box_search.search import MEASURE, colocalise
from stn_core.checkpoints import CheckpointError
from stn_core.digits import DigitsError, Source
from stn_core.evaluation import EVALUATION_SEED, evaluate
from stn_core.experiments import EXPERIMENTS, UnknownExperiment, find, find_colocalisation
from stn_core.experiments.colocalisation import (
    ABLATIONS,
    OWN,
    Colocalisation,
    image_set,
    own_set,
    with_clutter,
)
from stn_core.runs.folder import Run, new_run_folder
from stn_core.runs.records import RunError
from stn_core.training.devices import choose_device, device_name
from stn_core.training.network import train
from stn_core.training.recording import TrainingError
from stn_core.training.trainer import PRECISIONS
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
PRECISION = PRECISIONS[0]
RECIPES_HELP = "quick (the default), elastic, long or paper"


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
    train.add_argument("--recipe", default=None, help=RECIPES_HELP)
    train.add_argument("--iterations", type=int, help="instead of the recipe's")
    train.add_argument("--batch-size", type=int, help="instead of the recipe's")
    train.add_argument("--learning-rate", type=float, help="instead of the recipe's")
    train.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    train.add_argument(
        "--precision", choices=PRECISIONS, help=f"{PRECISION} (the default) or bfloat16"
    )
    train.add_argument("--threads", type=_count, help="CPU threads (torch's own choice by default)")
    train.add_argument("--seed", type=_natural, help="0 by default")
    train.add_argument(
        "--patience", type=_count, help="stop after so many steps without a better one"
    )
    train.add_argument("--run-dir", type=Path, help="the run's folder (default: a new one)")
    train.add_argument("--resume", action="store_true", help="go on with the run in --run-dir")
    train.set_defaults(command=_train)

    evaluate_ = commands.add_parser("evaluate", help="measure a published network's error")
    evaluate_.add_argument("name")
    evaluate_.add_argument("--weights", type=Path, help="a safetensors file of one's own instead")
    evaluate_.set_defaults(command=_evaluate)

    colocalise = commands.add_parser("colocalise", help="find the common object of a set of images")
    colocalise.add_argument("name", nargs="+", help="e.g. colocalisation/tc/8")
    colocalise.add_argument("--recipe", default="quick", help="quick (the default) or literal")
    colocalise.add_argument("--seed", type=_natural, default=0, help="of the optimisation")
    colocalise.add_argument("--set-seed", type=_natural, default=0, help="of the images")
    colocalise.add_argument("--iterations", type=int, help="instead of the recipe's")
    colocalise.add_argument("--starts", type=_count, help="instead of the recipe's")
    colocalise.add_argument("--margin", type=float, help="instead of the recipe's")
    colocalise.add_argument(
        "--clutter", type=_natural, help="patches an image (default: the cell's)"
    )
    colocalise.add_argument(
        "--images", type=Path, help="a set of one's own, a .npy file: uint8 (N, 84, 84)"
    )
    colocalise.add_argument("--threads", type=_count, help="CPU threads (torch's own choice)")
    colocalise.add_argument("--run-dir", type=Path, help="the run's folder (default: a new one)")
    colocalise.add_argument(
        "--publish",
        type=_natural,
        metavar="SETS",
        help="put it into pretrained/, with what comes of so many sets of test digits; "
        "what is there already of this recipe is kept",
    )
    colocalise.set_defaults(command=_colocalise)

    ablate = commands.add_parser(
        "ablate", help="what each departure of co-localisation from the text is worth"
    )
    ablate.add_argument("name", nargs="+", help="e.g. colocalisation/tc/8")
    ablate.add_argument("--seed", type=_natural, default=0, help="of the optimisation")
    ablate.add_argument("--set-seed", type=_natural, default=0, help="of the images")
    ablate.add_argument("--iterations", type=int, help="instead of the recipe's")
    ablate.add_argument("--threads", type=_count, help="CPU threads (torch's own choice)")
    ablate.set_defaults(command=_ablate)

    publish = commands.add_parser("publish", help="put a finished run into pretrained/")
    publish.add_argument("run_dir", type=Path, nargs="+", help="several seeds of one experiment")
    publish.set_defaults(command=_publish)

    convert = commands.add_parser(
        "convert", help="a pickled state dict (.pt) to safetensors, read in a process of its own"
    )
    convert.add_argument("source", type=Path)
    convert.add_argument("--out", type=Path, help="by default beside it, as .safetensors")
    convert.add_argument("--experiment", help="whose network it is, for the header")
    convert.set_defaults(command=_convert)

    record = commands.add_parser("record", help="put a finished run, without weights, there")
    record.add_argument("run_dir", type=Path)
    record.set_defaults(command=_record)

    note = commands.add_parser(
        "note", help="measure a run of another recipe and note its error there, without weights"
    )
    note.add_argument("run_dir", type=Path, nargs="+")
    note.set_defaults(command=_note)

    sweep_ = commands.add_parser("sweep", help="train a whole table, several networks at once")
    sweep_.add_argument("table", help="distorted or addition")
    sweep_.add_argument("--recipe", help=f"{RECIPES_HELP}; without one, what is published is left")
    sweep_.add_argument("--seeds", type=_count, default=1)
    sweep_.add_argument("--iterations", type=int, help="instead of the recipe's")
    sweep_.add_argument("--batch-size", type=int, help="instead of the recipe's")
    sweep_.add_argument("--workers", type=_count, help="at once (default: the cores; 8 on a GPU)")
    sweep_.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    sweep_.add_argument("--precision", default=PRECISION, choices=PRECISIONS)
    sweep_.set_defaults(command=_sweep)

    results_ = commands.add_parser("results", help="the paper's table with our figures")
    results_.add_argument("table", nargs="?", default="distorted")
    results_.set_defaults(command=_results)

    invariance_ = commands.add_parser(
        "invariance", help="errors and poses of a column's networks, far beyond their training"
    )
    invariance_.add_argument("column", help="e.g. distorted/rts")
    invariance_.add_argument("--digits", type=_count, default=invariance.DIGITS)
    invariance_.add_argument("--threads", type=_count, help="CPU threads (torch's own choice)")
    invariance_.set_defaults(command=_invariance)

    bench_ = commands.add_parser("bench", help="speed and memory, as ratios measured in this run")
    bench_.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    bench_.set_defaults(command=_bench)

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


def _natural(text: str, least: int = 0) -> int:
    """A whole number that torch takes as a seed, or a number of things. For argparse."""
    try:
        value = int(text)
    except ValueError:
        value = -1
    if not least <= value < 2**63:
        raise argparse.ArgumentTypeError(f"a whole number from {least} on, got {text[:40]!r}")
    return value


def _count(text: str) -> int:
    """A whole number of at least 1. For argparse."""
    return _natural(text, 1)


def _train(options: argparse.Namespace) -> None:
    experiment = find(options.name)
    if options.resume and options.run_dir is None:
        raise ValueError("--resume goes with --run-dir")
    if options.threads:
        torch.set_num_threads(options.threads)
    device = choose_device(options.device)
    experiment = experiment.with_recipe(
        options.recipe,
        iterations=options.iterations,
        batch_size=options.batch_size,
        learning_rate=options.learning_rate,
    )
    run = Run(options.run_dir or new_run_folder(experiment.name))
    iterations = experiment.recipe.iterations
    if options.resume:
        stored = run.description()
        if stored["experiment"] != experiment.name:
            raise RunError(f"{run.folder} is a run of {stored['experiment']}")
        _refuse_other_options(options, stored)
        iterations = stored["recipe"]["iterations"]
    source = _load_digits()
    _stop_on_signals(run)
    print(f"{experiment.name} on {device_name(device)}; {source.description}; {run.folder}")
    steps = train(
        experiment,
        source,
        seed=options.seed or 0,
        device=device,
        precision=options.precision or PRECISION,
        run=run,
        resume=options.resume,
        patience=options.patience,
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


def _refuse_other_options(options: argparse.Namespace, stored: dict) -> None:
    """A run goes on as it was begun. Raises ValueError for an option that says otherwise."""
    recipe = stored["recipe"]
    begun = {
        "recipe": recipe["name"],
        **{key: recipe[key] for key in ("iterations", "batch_size", "learning_rate")},
        **{key: stored.get(key) for key in ("seed", "precision", "patience")},
    }
    for key, value in begun.items():
        asked = getattr(options, key)
        if asked is not None and asked != value:
            option = f"--{key.replace('_', '-')}"
            raise ValueError(
                f"--resume goes on as the run was begun, with {option} {value}; got {asked}: "
                "leave it out, or begin another run"
            )


def _stop_on_signals(run: Run) -> None:
    """End between two steps, with a checkpoint; at once if nothing has begun."""

    def stop(*_) -> None:
        if not run.is_described():
            raise KeyboardInterrupt
        run.control("stop")

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def _colocalise(options: argparse.Namespace) -> None:
    if options.threads:
        torch.set_num_threads(options.threads)
    if options.run_dir and len(options.name) > 1:
        raise ValueError("--run-dir goes with one name")
    if options.images and options.name != [OWN.name]:
        raise ValueError(f"--images goes with {OWN.name}")
    if OWN.name in options.name and options.publish is not None:
        raise ValueError("a set of one's own is not published")
    cells = [_searched(find_colocalisation(name), options) for name in options.name]
    networks = load_encoder_networks()
    source = _load_digits()
    for cell in cells:
        if options.publish is None:
            run = Run(options.run_dir or new_run_folder(cell.name))
            _optimise(cell, networks, source, run, options)
        else:
            _publish_cell(cell, networks, source, options)


def _publish_cell(
    cell: Colocalisation, networks: EncoderNetworks, source: Source, options: argparse.Namespace
) -> None:
    if source.test is None:
        raise DigitsError("publishing needs MNIST's test digits, and they are not on this machine")
    done = _measured_sets(cell, options.seed)
    if done is None:
        run = Run(options.run_dir or new_run_folder(cell.name))
        _optimise(cell, networks, source, run, options)
        print(publishing.publish_boxes(run))
        done = set()
    for set_seed in sorted(set(range(options.publish)) - done):
        found = _on_test_digits(cell, networks, source, set_seed, options.seed)
        publishing.add_set(cell, found)


def _measured_sets(cell: Colocalisation, seed: int) -> set[int] | None:
    """The sets of test digits that were measured; None if this recipe's is not published.

    Raises ValueError if it is, by another seed.
    """
    metrics = results.colocalised().get(cell.name)
    if metrics is None or metrics["recipe"] != cell.recipe.to_json():
        return None
    if metrics["seed"] != seed:
        raise ValueError(
            f"{cell.name} is published with seed {metrics['seed']}, got {seed}: its sets have one"
        )
    return {found["set_seed"] for found in metrics["sets"]}


def _optimise(
    cell: Colocalisation,
    networks: EncoderNetworks,
    source: Source,
    run: Run,
    options: argparse.Namespace,
) -> None:
    """A recorded optimisation. Raises RunError if it was stopped and was to be published."""
    _stop_on_signals(run)
    if options.images:
        images = own_set(np.load(options.images, allow_pickle=False))
    else:
        images = image_set(cell, source.gallery, options.set_seed, source.gallery)
    steps = record_search(cell, images, networks, run, seed=options.seed, set_seed=options.set_seed)
    with tqdm(total=cell.recipe.iterations, unit="step", desc=cell.name) as bar:
        for step in steps:
            bar.update(step.step - bar.n)
            share = step.measures.get(MEASURE)
            known = "" if share is None else f", localised {share:.0f} %"
            bar.set_postfix_str(f"loss {step.loss:.3f}{known}")
    print(f"{cell.name}: {run.status().state}; {run.folder}")
    if run.status().state != "finished" and options.publish is not None:
        raise RunError(f"{run.folder} was stopped; the same command begins this set again")


def _searched(cell: Colocalisation, options: argparse.Namespace) -> Colocalisation:
    search = next((r for r in cell.recipes if r.name == options.recipe), None)
    if search is None:
        names = ", ".join(r.name for r in cell.recipes)
        raise ValueError(f"{cell.name} has no recipe {options.recipe!r}; it has: {names}")
    if options.iterations is not None:
        search = dataclasses.replace(search, iterations=options.iterations)
    if options.starts is not None:
        search = dataclasses.replace(search, starts=options.starts)
    if options.margin is not None:
        objective = dataclasses.replace(search.objective, margin=options.margin)
        search = dataclasses.replace(search, objective=objective)
    cell = dataclasses.replace(cell, recipes=(search,))
    if options.clutter is None:
        return cell
    if options.clutter < 0:
        raise ValueError(f"--clutter is a number of patches, got {options.clutter}")
    if options.publish is not None:
        raise ValueError("--clutter does not go with --publish: Table 5 has the paper's clutter")
    return with_clutter(cell, options.clutter)


def _ablate(options: argparse.Namespace) -> None:
    if options.threads:
        torch.set_num_threads(options.threads)
    cells = [find_colocalisation(name) for name in options.name]
    networks = load_encoder_networks()
    source = _load_digits()
    of, which, others = source.test, "test", source.train
    if of is None:
        of, which, others = source.gallery, "gallery", source.gallery
    device = device_name(torch.device("cpu"))
    for cell in cells:
        images = image_set(cell, of, options.set_seed, others)
        print(
            f"{cell.name}, set {options.set_seed} of {which} digits, seed {options.seed}, "
            f"{device}:\npercent localised, mean overlap, loss and seconds of the search"
        )
        for words, changed in ABLATIONS.items():
            search = dataclasses.replace(cell.recipe, **changed)
            if options.iterations is not None:
                search = dataclasses.replace(search, iterations=options.iterations)
            found = colocalise(images, networks, search, options.seed)
            share, mean = found.measures[MEASURE], found.measures["mean_overlap"]
            told = f"{share:4.0f}  {mean:.2f}  {found.loss:7.2f}  {found.seconds:4.0f}  {words}"
            print(told, flush=True)


def _on_test_digits(
    cell: Colocalisation, networks: EncoderNetworks, source: Source, set_seed: int, seed: int
) -> dict:
    images = image_set(cell, source.test, set_seed, source.train)
    outcome = colocalise(images, networks, cell.recipe, seed)
    print(f"{cell.name}, set {set_seed} of test digits: {outcome.measures}", flush=True)
    return {
        "set_seed": set_seed,
        **outcome.measures,
        "loss": outcome.loss,
        "seconds": outcome.seconds,
    }


def _evaluate(options: argparse.Namespace) -> None:
    experiment = find(options.name)
    if options.weights is None:
        network = checkpoints.load_pretrained(experiment)
    else:
        network = checkpoints.load_own(experiment, options.weights)
    source = _load_digits()
    if source.test is not None:
        chosen, which = source.test, f"{len(source.test):,} MNIST test digits"
    else:
        chosen = source.gallery
        which = f"{len(chosen):,} gallery digits (MNIST's test digits are not on this machine)"
    error = evaluate(network, experiment, chosen).measure
    print(f"{experiment.name}: error {error:.2f} % on the {which}, seed {EVALUATION_SEED}")


def _publish(options: argparse.Namespace) -> None:
    print(publishing.publish([Run(folder) for folder in options.run_dir], _load_digits()))


def _sweep(options: argparse.Namespace) -> None:
    device = choose_device(options.device)
    cores = 8 if device.type == "cuda" else os.cpu_count() or 1
    workers = options.workers or cores
    if options.seeds < 1 or workers < 1:
        raise ValueError("--seeds and --workers are at least 1")
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
    source = _load_digits()
    print(f"{len(trainings)} trainings, {workers} at once, in {root}; {source.description}")
    if source.test is None:
        print("nothing will be published: MNIST's test digits are not on this machine")
    bars = [tqdm(bar_format="{desc}", position=i) for i in range(workers)]
    steps = sweep.sweep(
        trainings, source, workers=workers, device=options.device, precision=options.precision
    )
    with contextlib.closing(steps):
        try:
            for running in steps:
                for bar, training_ in zip(bars, running, strict=False):
                    bar.set_description_str(training_.summary)
                _publish_finished(trainings, source)
        except KeyboardInterrupt:
            tqdm.write("stopped: the same command goes on from here")
    for bar in bars:
        bar.close()
    _publish_finished(trainings, source)
    for training_ in trainings:
        print(training_.summary)
    if options.table in results.tables():
        print("\n".join(results.lines(options.table)))
    failed = [t.run.folder.name for t in trainings if t.state == "failed" or t.unpublished]
    if failed:
        raise RunError(f"{len(failed)} of {len(trainings)} failed: {', '.join(failed)}")


def _publish_finished(trainings: list[sweep.CellTraining], source: Source) -> None:
    """Put every cell whose seeds have all been trained into pretrained/."""
    if source.test is None:
        return
    by_name: dict[str, list[sweep.CellTraining]] = {}
    for training_ in trainings:
        by_name.setdefault(training_.experiment.name, []).append(training_)
    for cell in by_name.values():
        first = cell[0]
        if first.published or first.unpublished or any(t.state != "finished" for t in cell):
            continue
        try:
            tqdm.write(f"published {publishing.publish([t.run for t in cell], source)}")
            first.published = True
        except EXPECTED_ERRORS as error:  # the others go on
            first.unpublished = str(error)
            tqdm.write(f"{first.experiment.name} is not published: {error}")


def _results(options: argparse.Namespace) -> None:
    is_boxes = options.table == "colocalisation"
    lines = results.colocalisation_lines() if is_boxes else results.lines(options.table)
    print("\n".join(lines))


def _invariance(options: argparse.Namespace) -> None:
    if options.threads:
        torch.set_num_threads(options.threads)
    distortion = invariance.distortion_of(options.column)
    experiments = invariance.published(options.column)
    if not experiments:
        raise CheckpointError(f"no network of {options.column} is published yet: train one first")
    source = _load_digits()
    all_of, which = source.test, "MNIST's {:,} test digits"
    if all_of is None:
        all_of, which = source.gallery, "the {:,} gallery digits"
    chosen = invariance.every(all_of, options.digits)
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
    found = invariance.recording(
        options.column,
        measured,
        digits=len(chosen),
        which=which,
        device=device_name(torch.device("cpu")),
        seconds=time.monotonic() - started,
        kept=kept,
    )
    path = invariance.save(found)
    print("\n".join(invariance.lines(found)))
    told = f", {len(kept)} of them measured before" if kept else ""
    print(f"\n{path}: {len(found.networks)} networks{told}, {found.seconds:.0f} seconds")


def _bench(options: argparse.Namespace) -> None:
    for line in bench.bench(choose_device(options.device)):
        print(line, flush=True)


def _convert(options: argparse.Namespace) -> None:
    out = options.out or options.source.with_suffix(".safetensors")
    if options.experiment is not None:
        find(options.experiment)
    lines = conversion.convert(options.source, out, options.experiment)
    print("\n".join(lines))
    tensors, _ = checkpoints.load_tensors(out)
    fits = [e.name for e in checkpoints.fitting(tensors, EXPERIMENTS.values())]
    print(f"{out}: {len(lines)} tensors; fits {', '.join(fits) or 'no experiment here'}")


def _record(options: argparse.Namespace) -> None:
    print(publishing.record(Run(options.run_dir)))


def _note(options: argparse.Namespace) -> None:
    source = _load_digits()
    for folder in options.run_dir:
        print(publishing.note(Run(folder), source))


def _card(options: argparse.Namespace) -> None:
    for experiment in EXPERIMENTS.values():
        if checkpoints.is_published(experiment):
            print(publishing.write_card(experiment))


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
