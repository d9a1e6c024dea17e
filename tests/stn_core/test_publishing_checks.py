"""Runs that are seeds of one training differ in nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stn_core.experiments import find
from stn_core.metrics import load_metrics
from stn_core.publishing_checks import refuse_different
from stn_core.runs.records import RunError

BEFORE = replace(load_metrics(find("distorted/r/fcn")), seeds=(0,), extended=None)
RUN = {
    "experiment": BEFORE.experiment,
    "recipe": BEFORE.recipe.to_json(),
    "precision": BEFORE.precision,
    "train_digits": BEFORE.train_digits,
    "seed": 1,
}


def test_extended_run_is_no_further_seed_of_straight_ones():
    extended = {**RUN, "seed": 2, "extended": [40]}
    with pytest.raises(RunError, match="these runs differ in their extensions"):
        refuse_different([RUN, extended], None)
    with pytest.raises(RunError, match="published network differ in their extensions"):
        refuse_different([extended], BEFORE)
    with pytest.raises(RunError, match="published network differ in their extensions"):
        refuse_different([RUN], replace(BEFORE, extended=(40,)))


def test_runs_that_were_extended_alike_are_seeds_of_one_training():
    extended = {**RUN, "extended": [40]}
    refuse_different([extended, {**extended, "seed": 2}], replace(BEFORE, extended=(40,)))
    refuse_different([RUN, {**RUN, "seed": 2, "extended": []}], BEFORE)
