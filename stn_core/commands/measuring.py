"""What several commands say at their end: a network's error on digits that it has not seen."""

from __future__ import annotations

from typing import NamedTuple

from stn_core.digits import Source
from stn_core.evaluation import EVALUATION_SEED, evaluate
from stn_core.experiment import Experiment, words_of
from stn_core.networks import ClassificationNetwork


class Measured(NamedTuple):
    """An error in percent; on how many pictures, and in words on which.

    >>> Measured(2.5, 1000, "gallery digits, seed 2015").sentence
    'error 2.50 % on the 1,000 gallery digits, seed 2015'
    """

    error_percent: float
    pictures: int
    of: str

    @property
    def sentence(self) -> str:
        return f"error {self.error_percent:.2f} % on the {self.pictures:,} {self.of}"


def measure(
    network: ClassificationNetwork, experiment: Experiment, source: Source, threads: int
) -> Measured:
    """On the source's test pictures; on its gallery, where it has none.

    >>> from stn_core import find
    >>> from stn_core.digits import installed
    >>> experiment = find("distorted/r/fcn")
    >>> measure(experiment.build(seed=0), experiment, installed(), threads=1).pictures
    1000
    """
    words = words_of(experiment.data)
    chosen, of = source.test, words.test
    if chosen is None:
        chosen = source.gallery
        of = f"{words.gallery} ({words.absent} are not on this machine)"
    error = evaluate(network, experiment, chosen, threads=threads).measure
    seed = f", seed {EVALUATION_SEED}" if words.drawn else ""
    return Measured(error, len(chosen), f"{of}{seed}")
