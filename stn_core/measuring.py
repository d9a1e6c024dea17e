"""The measured part of a published network's metrics; and measuring it again."""

from __future__ import annotations

import statistics
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor, cat

from stn_core import checkpoints
from stn_core.birds import mean_crops, parts, placing
from stn_core.birds.photographs import Photographs
from stn_core.card import write_card
from stn_core.digits import Digits, DigitsError, Progress, Source
from stn_core.evaluation import (
    EVALUATION_SEEDS,
    Evaluation,
    evaluate,
    evaluate_draws,
    mean_error,
    misread_examples,
)
from stn_core.experiment import Experiment, words_of
from stn_core.metrics import load_metrics, save_metrics
from stn_core.networks import ClassificationNetwork
from stn_core.threads import on_threads

SET_DATA = "set STN_DATA to the folder that holds mnist/, svhn/ or cub/"
EXAMPLE_SEEDS_READ = 3  # of every gallery digit: where the results' gallery looks for misread ones


def measure_test(experiment: Experiment, test: list[Evaluation]) -> dict[str, Any]:
    """What ``Metrics`` has of the test digits: errors in percent, and what is misread for what.

    test: their draws (``evaluate_draws``).

    >>> from stn_core import find, load_digits
    >>> experiment, gallery = find("distorted/r/fcn"), load_digits().gallery
    >>> few = gallery[:20]
    >>> test = evaluate_draws(experiment.build(seed=0), experiment, few)
    >>> figures = measure_test(experiment, test)
    >>> figures["test_digits"], len(figures["draw_errors"]), len(figures["confusion_test"])
    (20, 5, 10)
    """
    seen = [draw.facing_degrees for draw in test if draw.facing_degrees]
    facing = tuple(round(statistics.mean(angles), 2) for angles in zip(*seen, strict=True))
    return {
        "error_percent_test": mean_error(test),
        "draw_errors": tuple(draw.measure for draw in test),
        "test_digits": len(test[0].labels),
        "evaluation_seeds": EVALUATION_SEEDS[: len(test)],
        "misread_test": tuple(tuple(draw.misread) for draw in test),
        "confusion_test": _confusion(test, experiment.data.classes),
        "facing_degrees": facing or None,
    }


def measure_gallery(
    network: ClassificationNetwork, experiment: Experiment, gallery: Digits
) -> dict[str, Any]:
    """What ``Metrics`` has of the gallery, which any machine can check.

    >>> from stn_core import find, load_digits
    >>> experiment, gallery = find("distorted/r/fcn"), load_digits().gallery
    >>> few = gallery[:20]
    >>> figures = measure_gallery(experiment.build(seed=0), experiment, few)
    >>> figures["gallery_digits"], len(figures["misread_examples"])
    (20, 3)
    """
    evaluation = evaluate(network, experiment, gallery)
    # Of a photograph there is one example, not one for each seed.
    seeds = range(EXAMPLE_SEEDS_READ if evaluation.labels.ndim == 1 else 0)
    return {
        "error_percent_gallery": evaluation.measure,
        "gallery_digits": len(gallery),
        "misread_examples": tuple(
            misread_examples(network, experiment, gallery, seed) for seed in seeds
        ),
    }


def measure_parts(
    network: ClassificationNetwork,
    experiment: Experiment,
    test: Digits,
    seed: int = 0,
    progress: Progress | None = None,
) -> parts.SeedParts | None:
    """What a network's windows have of birds in them, and what it costs to have them elsewhere.

    seed: the network's. None of other pictures and without windows.

    >>> from stn_core import find, load_digits
    >>> experiment, gallery = find("distorted/r/fcn"), load_digits().gallery
    >>> measure_parts(experiment.build(seed=0), experiment, gallery) is None
    True
    """
    if network.transformer is None or not isinstance(test, Photographs):
        return None
    middles = parts.windows(network, experiment, test, progress)
    found = parts.SeedParts(seed=seed, shares=parts.measure(middles, test))
    placed = placing.costs(network, experiment, test, middles, found.best, progress)
    return replace(found, placed=placed)


def write_mean_crops(
    network: ClassificationNetwork, experiment: Experiment, test: Digits, folder: Path
) -> None:
    """Of birds: what a network's windows have of some species in common, into its folder.

    >>> from stn_core import find, load_digits
    >>> experiment, gallery = find("distorted/r/fcn"), load_digits().gallery
    >>> write_mean_crops(experiment.build(seed=0), experiment, gallery, Path("nowhere"))
    """
    if network.transformer is None or not isinstance(test, Photographs):
        return
    picture, path = mean_crops.strip(network, experiment, test), folder / mean_crops.FILE
    if picture is None:
        path.unlink(missing_ok=True)  # an earlier network's
    else:
        checkpoints.write_atomically(path, picture)


def measure_again(
    experiment: Experiment, source: Source, *, threads: int = 1, progress: Progress | None = None
) -> Path:
    """Measure a published network on the test digits again, and write its metrics and its card.

    Gives the folder. Of several seeds, whose weights are not kept, errors, parts and what is
    misread stay as they were measured. Raises CheckpointError if it is not published, DigitsError
    without test digits.

    >>> from stn_core import find
    >>> from stn_core.digits import installed

    >>> try:
    ...     measure_again(find("distorted/r/fcn"), installed())
    ... except DigitsError as error:
    ...     print(str(error).split(",")[0])
    measuring needs MNIST's test digits
    """
    if source.test is None:
        raise no_test_digits(experiment)
    metrics, network = load_metrics(experiment), checkpoints.load_pretrained(experiment)
    test = evaluate_draws(network, experiment, source.test, threads=threads, progress=progress)
    measured = measure_test(experiment, test)
    if len(metrics.seeds) == 1:
        measured["errors"] = (round(mean_error(test), 4),)
    with on_threads(threads):
        if again := measure_parts(network, experiment, source.test, metrics.seed, progress):
            others = (one for one in metrics.parts or () if one.seed != metrics.seed)
            measured["parts"] = tuple(sorted((again, *others), key=lambda one: one.seed))
        folder = save_metrics(experiment, replace(metrics, **measured)).parent
        write_mean_crops(network, experiment, source.test, folder)
    return write_card(experiment).parent


def no_test_digits(experiment: Experiment) -> DigitsError:
    """The error that says what is missing for measuring.

    >>> from stn_core import find
    >>> str(no_test_digits(find("distorted/r/fcn"))).split(",")[0]
    "measuring needs MNIST's test digits"
    """
    return DigitsError(
        f"measuring needs {words_of(experiment.data).absent}, which are not on this machine; "
        f"{SET_DATA}"
    )


def _confusion(test: list[Evaluation], classes: int) -> tuple[tuple[int, ...], ...]:
    """Of all draws: rows are the true classes, columns what they were taken for."""
    # Of a sequence, place by place.
    pairs: Tensor = cat([draw.labels * classes + draw.predictions for draw in test])
    counts = pairs.flatten().bincount(minlength=classes * classes).view(classes, classes).tolist()
    return tuple(map(tuple, counts))
