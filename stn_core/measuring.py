"""The measured part of a published network's metrics; and measuring it again."""

from __future__ import annotations

import statistics
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor, cat

from stn_core import checkpoints
from stn_core.card import write_card
from stn_core.digits import Digits, DigitsError, Source
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

EXAMPLE_SEEDS_READ = 3  # of every gallery digit: where the results' gallery looks for misread ones


def measure_test(experiment: Experiment, test: list[Evaluation]) -> dict[str, Any]:
    """What ``Metrics`` has of the test digits: errors in percent, and what is misread for what.

    test: their draws (``evaluate_draws``).

    >>> from stn_core import find, load_digits
    >>> experiment, gallery = find("distorted/r/fcn"), load_digits().gallery
    >>> few = Digits(gallery.images[:20], gallery.labels[:20])
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
    >>> few = Digits(gallery.images[:20], gallery.labels[:20])
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


def measure_again(experiment: Experiment, source: Source, *, threads: int = 1) -> Path:
    """Measure a published network on the test digits again, and write its metrics and its card.

    Gives the folder. Of several seeds, whose weights are not kept, the errors stay as they were
    measured. Raises CheckpointError if it is not published, DigitsError without test digits.

    >>> from stn_core import find
    >>> from stn_core.digits import installed

    >>> try:
    ...     measure_again(find("distorted/r/fcn"), installed())
    ... except DigitsError as error:
    ...     print(str(error).split(",")[0])
    publishing needs MNIST's test digits
    """
    if source.test is None:
        raise no_test_digits(experiment)
    metrics, network = load_metrics(experiment), checkpoints.load_pretrained(experiment)
    test = evaluate_draws(network, experiment, source.test, threads=threads)
    measured = measure_test(experiment, test)
    if len(metrics.seeds) == 1:
        measured["errors"] = (round(mean_error(test), 4),)
    save_metrics(experiment, replace(metrics, **measured))
    return write_card(experiment).parent


def no_test_digits(experiment: Experiment) -> DigitsError:
    """The error that says what is missing for measuring.

    >>> from stn_core import find
    >>> str(no_test_digits(find("distorted/r/fcn"))).split(",")[0]
    "publishing needs MNIST's test digits"
    """
    return DigitsError(
        f"publishing needs {words_of(experiment.data).absent}, which are not on this machine; set "
        "STN_DATA to their folder"
    )


def _confusion(test: list[Evaluation], classes: int) -> tuple[tuple[int, ...], ...]:
    """Of all draws: rows are the true classes, columns what they were taken for."""
    # Of a sequence, place by place.
    pairs: Tensor = cat([draw.labels * classes + draw.predictions for draw in test])
    counts = pairs.flatten().bincount(minlength=classes * classes).view(classes, classes).tolist()
    return tuple(map(tuple, counts))
