"""The error on the test digits of a run's network: measured once, and kept in the run's folder."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from app.data import birds, house_numbers
from app.data.gallery import digits_problem
from app.data.recordings import checkpoint_step, run_reader

FILE = "test.json"
MAX_SECONDS_UNASKED = 15.0  # that a measurement may take which nobody has asked for
FORWARD_SHARE = 1 / 3  # of a step's time: no gradients, no optimiser


class MeasuredError(NamedTuple):
    """step: of the checkpoint that was measured; percent: of so many test digits; of: what they
    are."""

    step: int
    percent: float
    digits: int
    of: str = "test digits"

    @property
    def words(self) -> str:
        return f"{self.percent:.2f} % on {self.digits:,} {self.of}"


class NoTestDigits(RuntimeError):
    """MNIST's test digits are not on this machine."""


def test_error(folder: Path) -> MeasuredError | None:
    """Of the network as of the run's last checkpoint; None if it has not been measured."""
    try:
        value = MeasuredError(**json.loads((folder / FILE).read_bytes()))
        is_percent = math.isfinite(value.percent) and math.isfinite(value.digits)
    except (OSError, ValueError, TypeError):
        return None
    return value if is_percent and value.step == checkpoint_step(_checkpoint(folder)) else None


def published_test_error(name: str) -> float | None:
    """Of a published network, in per cent."""
    from stn_core.checkpoints import CheckpointError
    from stn_core.experiments import UnknownExperiment, find
    from stn_core.metrics import load_metrics

    try:
        return load_metrics(find(name)).error_percent_test
    except (CheckpointError, UnknownExperiment):
        return None


def measure(folder: Path) -> MeasuredError:
    """Measure it, which takes some seconds. Raises NoTestDigits, RunError, CheckpointError."""
    from stn_core import checkpoints
    from stn_core.evaluation import evaluate
    from stn_core.experiment import words_of
    from stn_core.experiments import find

    experiment = find(run_reader(str(folder)).description()["experiment"])
    network, header = checkpoints.load_trained(experiment, _checkpoint(folder))
    own = getattr(experiment.data, "words", None)  # of photographs
    digits = _test_photographs(experiment) if own else _test_digits()
    percent = evaluate(network, experiment, digits).measure
    of = words_of(experiment.data).test.replace("MNIST ", "")
    measured = MeasuredError(int(header["step"]), percent, len(digits), of)
    checkpoints.write_atomically(folder / FILE, json.dumps(measured._asdict()).encode())
    return measured


def is_quick(folder: Path, seconds_a_step: float | None) -> bool:
    """Whether it is measured in a few seconds, by how long a step of the training took."""
    batch = run_reader(str(folder)).description()["recipe"].get("batch_size")
    if not seconds_a_step or not batch:
        return False
    return 10_000 / batch * seconds_a_step * FORWARD_SHARE <= MAX_SECONDS_UNASKED


def is_possible(experiment_name: str = "") -> bool:
    """Whether an experiment's test digits are on this machine, and can be read."""
    from stn_core import digits
    from stn_core.house_numbers import source

    if experiment_name.startswith("house-numbers/"):
        return source.folder() is not None
    if experiment_name.startswith(birds.PREFIX):
        return not birds.cub_problem()
    return not digits_problem() and digits.local_folder() is not None


@st.cache_resource(show_spinner="Reading the test digits …")
def _test_digits():
    from stn_core import digits

    test = digits.load().test if is_possible() else None
    if test is None:
        raise NoTestDigits("MNIST's test digits are not on this machine")
    return test


def _test_photographs(experiment):
    """Raises NoTestDigits, HouseNumbersError, BirdsError."""
    of_birds = experiment.name.startswith(birds.PREFIX)
    photographs = (
        birds.test_photographs() if of_birds else house_numbers.photographs(experiment.data.side)
    )
    if photographs is None:
        whose = "CUB's" if of_birds else "SVHN's"
        raise NoTestDigits(f"{whose} photographs are not on this machine")
    return photographs


def _checkpoint(folder: Path) -> Path:
    return run_reader(str(folder)).checkpoint
