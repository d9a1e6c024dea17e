"""From finished runs to pretrained/: the median seed's weights, measured as they are shipped."""

from __future__ import annotations

import json
from pathlib import Path

from torch import nn

from stn_core import checkpoints
from stn_core.digits import DigitsError, Source
from stn_core.evaluation import EVALUATION_SEED, Evaluation, evaluate, misread_examples
from stn_core.experiment import Experiment, Recipe
from stn_core.experiments import find, find_colocalisation
from stn_core.experiments.colocalisation import Colocalisation
from stn_core.networks import count_parameters
from stn_core.runs.folder import Run
from stn_core.runs.packed import PACKED, pack, packed_name, packed_runs, unpack
from stn_core.runs.records import RunError

SHARED_KEYS = {  # what several seeds of one network have in common, and how it is called
    "experiment": "experiment",
    "precision": "precision",
    "train_digits": "number of training digits",
}
EXAMPLE_SEEDS_READ = 3  # of every gallery digit: where the results' gallery looks for misread ones


def publish(runs: list[Run], source: Source) -> Path:
    """Put finished runs of one experiment, one for each seed, into pretrained/.

    The seed with the median error is shipped, of an even number the larger of the two middle ones;
    the others are told by their errors. Of a network that it takes the place of, by another
    recipe, the figures stay (``note``). Gives the folder. Raises RunError if they are not
    finished, not one run a seed, or differ in more than their seeds; DigitsError without MNIST's
    test digits.
    """
    descriptions = [run.description() for run in runs]
    for run in runs:
        if run.status().state != "finished":
            raise RunError(f"{run.folder} is not finished; it is {run.status().state}")
    first, *others = descriptions
    for key, words in SHARED_KEYS.items():
        if any(d[key] != first[key] for d in others):
            raise RunError(f"these runs are not of one {words}; publish them one by one")
    if any(not _same(d["recipe"], first["recipe"]) for d in others):
        raise RunError("these runs are not of one recipe; publish them one by one")
    if source.test is None:
        raise DigitsError("publishing needs MNIST's test digits, and they are not on this machine")
    seeds = [d["seed"] for d in descriptions]
    if len(set(seeds)) < len(seeds):
        raise RunError(f"expected one run of each seed, got the seeds {seeds}")
    experiment = find(first["experiment"])
    networks = [
        checkpoints.as_shipped(checkpoints.load_trained(experiment, run.checkpoint)[0])
        for run in runs
    ]
    errors = [evaluate(network, experiment, source.test).measure for network in networks]
    median = sorted(range(len(runs)), key=errors.__getitem__)[len(runs) // 2]
    return _ship(runs[median], networks[median], source, seeds, errors)


def _ship(
    run: Run, network: nn.Module, source: Source, seeds: list[int], errors: list[float]
) -> Path:
    """Measure first, and then write: if that breaks off, publishing it again mends all."""
    description = run.description()
    experiment = find(description["experiment"])
    metrics = {
        "experiment": experiment.name,
        **measure(network, experiment, source),
        "seeds": seeds,
        "errors": [round(error, 4) for error in errors],
        "parameters": count_parameters(network),
        "seconds": run.history()[-1].seconds,
        **{
            key: description[key]
            for key in ("recipe", "seed", "device", "precision", "train_digits", "torch", "started")
        },
    }
    folder = checkpoints.published_folder(experiment)
    folder.mkdir(parents=True, exist_ok=True)
    run.recorded()  # it may lack a part
    tried = checkpoints.load_tried(experiment)
    if checkpoints.is_published(experiment):
        before = checkpoints.load_metrics(experiment)
        tried = _with(tried, _figures(before, before["recipe"]["iterations"]))
    _write_tried(experiment, [t for t in tried if not _same(t["recipe"], metrics["recipe"])])
    checkpoints.save_weights(network, experiment, folder / checkpoints.WEIGHTS)
    _write_json(folder / checkpoints.METRICS, metrics)
    pack(run, folder / PACKED)
    for seed, path in packed_runs(folder).items():
        recipe = unpack(path).description["recipe"]
        if seed == metrics["seed"] or not _same(recipe, metrics["recipe"]):
            path.unlink()  # a further seed's, and it is not one any more
    write_card(experiment)
    return folder


def _same(one: dict, other: dict) -> bool:
    """Whether two recipes are one; an older one may lack what it could not have."""
    return Recipe.from_json(one) == Recipe.from_json(other)


def record(run: Run) -> Path:
    """Put a finished run alone into pretrained/, without weights. Gives the file.

    It is a study; or, where another seed's network is published, one more seed beside it. Raises
    RunError if it is not finished, or is of another recipe than the published network, or its own.
    """
    if run.status().state != "finished":
        raise RunError(f"{run.folder} is not finished; it is {run.status().state}")
    description = run.description()
    experiment, seed = find(description["experiment"]), description["seed"]
    folder = checkpoints.published_folder(experiment)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / PACKED
    if checkpoints.is_published(experiment):
        metrics = checkpoints.load_metrics(experiment)
        if not _same(metrics["recipe"], description["recipe"]):
            raise RunError(f"{run.folder} has another recipe than the published network")
        if metrics["seed"] == seed:
            raise RunError(f"the network of seed {seed} is published, with its recording")
        path = folder / packed_name(seed)
    pack(run, path)
    return path


def note(run: Run, source: Source) -> Path:
    """Measure a run as far as it has come, and note its error beside the published network's.

    For a recipe that is not shipped: no weights are kept. Gives the file. Raises RunError if the
    published network is of this recipe; DigitsError without MNIST's test digits.
    """
    if source.test is None:
        raise DigitsError("noting needs MNIST's test digits, and they are not on this machine")
    description = run.description()
    experiment = find(description["experiment"])
    if checkpoints.is_published(experiment) and _same(
        checkpoints.load_metrics(experiment)["recipe"], description["recipe"]
    ):
        raise RunError(f"{run.folder} has the published network's recipe: publish it")
    network, header = checkpoints.load_trained(experiment, run.checkpoint)
    figures = _figures(
        {
            **description,
            "seeds": [description["seed"]],
            "seconds": header["seconds"],
            "error_percent_test": evaluate(network, experiment, source.test).measure,
        },
        header["step"],
    )
    return _write_tried(experiment, _with(checkpoints.load_tried(experiment), figures))


def _with(tried: list[dict], figures: dict) -> list[dict]:
    """With one more, in place of the same recipe's of the same seeds."""
    others = [
        one
        for one in tried
        if one["seeds"] != figures["seeds"] or not _same(one["recipe"], figures["recipe"])
    ]
    return [*others, figures]


def _write_tried(experiment: Experiment, tried: list[dict]) -> Path:
    path = checkpoints.published_folder(experiment) / checkpoints.TRIED
    path.parent.mkdir(parents=True, exist_ok=True)
    if tried:
        _write_json(path, tried)
    else:
        path.unlink(missing_ok=True)
    return path


def _figures(of: dict, step: int) -> dict:
    """What is kept of a training that is not shipped, as far as it came."""
    kept = ("seeds", "seconds", "error_percent_test", "recipe", "device", "precision")
    return {"step": step, **{key: of[key] for key in (*kept, "train_digits", "torch", "started")}}


def publish_boxes(run: Run) -> Path:
    """Put a finished co-localisation into pretrained/, with no set of test digits measured yet.

    Gives the folder. Raises RunError if the run is not finished.
    """
    if run.status().state != "finished":
        raise RunError(f"{run.folder} is not finished; it is {run.status().state}")
    description = run.description()
    cell = find_colocalisation(description["experiment"])
    folder = checkpoints.published_folder(cell)
    folder.mkdir(parents=True, exist_ok=True)
    pack(run, folder / PACKED)
    last = run.history()[-1]
    kept = ("experiment", "recipe", "seed", "device", "precision", "torch", "started")
    metrics = {key: description[key] for key in kept}
    metrics["gallery"] = {
        "set_seed": description["set_seed"],
        **last.measures,
        "loss": last.loss,
        "seconds": last.seconds,
    }
    _write_json(folder / checkpoints.METRICS, {**metrics, "sets": []})
    return folder


def add_set(cell: Colocalisation, measured: dict) -> None:
    """Add one more set of test digits to a published co-localisation's metrics, or measure it anew.

    measured: its set_seed, localised_percent, mean_overlap, loss and seconds.
    """
    metrics = checkpoints.load_metrics(cell)
    others = [one for one in metrics["sets"] if one["set_seed"] != measured["set_seed"]]
    metrics["sets"] = sorted([*others, measured], key=lambda s: s["set_seed"])
    _write_json(checkpoints.published_folder(cell) / checkpoints.METRICS, metrics)


def _write_json(path: Path, value: dict | list) -> None:
    text = json.dumps(value, separators=(",", ": ")) + "\n"
    checkpoints.write_atomically(path, text.encode())


def measure(network: nn.Module, experiment: Experiment, source: Source) -> dict:
    """Errors on the test digits and on the gallery, what is misread, and the confusion matrix."""
    test = evaluate(network, experiment, source.test)
    gallery = evaluate(network, experiment, source.gallery)
    facing = test.facing_degrees
    return {
        "error_percent_test": test.measure,
        "error_percent_gallery": gallery.measure,
        "test_digits": len(source.test),
        "gallery_digits": len(source.gallery),
        "evaluation_seed": EVALUATION_SEED,
        "misread_test": test.misread,
        "confusion_test": _confusion(test, experiment.data.classes),
        "misread_examples": [
            {str(digit): predicted for digit, predicted in misread.items()}
            for misread in (
                misread_examples(network, experiment, source.gallery, seed)
                for seed in range(EXAMPLE_SEEDS_READ)
            )
        ],
        **({} if facing is None else {"facing_degrees": [round(angle, 2) for angle in facing]}),
    }


def _confusion(evaluation: Evaluation, classes: int) -> list[list[int]]:
    """Rows are the true classes, columns what they were taken for."""
    pairs = evaluation.labels * classes + evaluation.predictions
    return pairs.bincount(minlength=classes * classes).view(classes, classes).tolist()


def write_card(experiment: Experiment) -> Path:
    """Render the card of a published network from its metrics."""
    path = checkpoints.published_folder(experiment) / checkpoints.CARD
    card = checkpoints.render_card(experiment, checkpoints.load_metrics(experiment))
    checkpoints.write_atomically(path, card.encode())
    return path
