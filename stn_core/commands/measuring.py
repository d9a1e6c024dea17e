"""What several commands say at their end: a network's error on digits that it has not seen."""

from __future__ import annotations

import statistics
from typing import NamedTuple

from stn_core.digits import Progress, Source
from stn_core.evaluation import EVALUATION_SEEDS, evaluate, evaluate_draws, mean_error
from stn_core.experiment import Experiment, words_of
from stn_core.networks import ClassificationNetwork


class Measured(NamedTuple):
    """A mean error in percent; on how many pictures, in words on which, and the draws' errors.

    spread: the standard deviation of the draws, None of one.

    >>> Measured(2.5, 0.1, 1000, "gallery digits, seed 2015", (2.4, 2.6)).sentence
    'error 2.50 ± 0.10 % on the 1,000 gallery digits, seed 2015'
    """

    error_percent: float
    spread_percent: float | None
    pictures: int
    of: str
    draw_errors_percent: tuple[float, ...]

    @property
    def sentence(self) -> str:
        spread = "" if self.spread_percent is None else f" ± {self.spread_percent:.2f}"
        return f"error {self.error_percent:.2f}{spread} % on the {self.pictures:,} {self.of}"


def measure(
    network: ClassificationNetwork,
    experiment: Experiment,
    source: Source,
    threads: int,
    progress: Progress | None = None,
) -> Measured:
    """On all draws of the source's test pictures; on one of its gallery, where it has none.

    >>> from stn_core import find
    >>> from stn_core.digits import installed
    >>> experiment = find("distorted/r/fcn")
    >>> measure(experiment.build(seed=0), experiment, installed(), threads=1).pictures
    1000
    """
    words = words_of(experiment.data)
    if source.test is None:
        draws = [evaluate(network, experiment, source.gallery, threads=threads)]
        of = f"{words.gallery} ({words.absent} are not on this machine)"
    else:
        draws = evaluate_draws(network, experiment, source.test, threads=threads, progress=progress)
        of = words.test
    errors = tuple(draw.measure for draw in draws)
    spread = statistics.stdev(errors) if len(errors) > 1 else None
    seeds = f", {seed_words(len(errors))}" if words.drawn else ""
    return Measured(mean_error(draws), spread, len(draws[0].labels), f"{of}{seeds}", errors)


def seed_words(draws: int) -> str:
    """With which of the fixed seeds so many draws of the distortions are made.

    >>> seed_words(1), seed_words(5)
    ('seed 2015', 'each distorted 5 times (seeds 2015 to 2019)')
    """
    first, last = EVALUATION_SEEDS[0], EVALUATION_SEEDS[draws - 1]
    if draws == 1:
        return f"seed {first}"
    return f"each distorted {draws} times (seeds {first} to {last})"
