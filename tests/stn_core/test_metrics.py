"""metrics.json and tried.json: read as they were written, and refused where a field is wrong."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from stn_core import checkpoints
from stn_core.checkpoints import CheckpointError
from stn_core.experiments import EXPERIMENTS
from stn_core.experiments.colocalisation import COLOCALISATIONS
from stn_core.metrics import (
    TRIED,
    load_metrics,
    load_search_metrics,
    load_tried,
    save_metrics,
    save_tried,
)

EXPERIMENT = EXPERIMENTS["distorted/r/fcn"]
CELL = COLOCALISATIONS["colocalisation/tc/8"]
METRICS = load_metrics(EXPERIMENT)
SEARCH_METRICS = load_search_metrics(CELL)


@pytest.fixture
def folder(pretrained):
    """Of the experiment's, in a pretrained/ of the test's own."""
    folder = pretrained / EXPERIMENT.name
    folder.mkdir(parents=True)
    return folder


def test_what_is_written_is_what_was_measured(folder):
    save_metrics(EXPERIMENT, METRICS)
    assert load_metrics(EXPERIMENT) == METRICS
    save_metrics(CELL, SEARCH_METRICS)
    assert load_search_metrics(CELL) == SEARCH_METRICS
    facing = replace(METRICS, facing_degrees=(31.5, 4.25))
    save_metrics(EXPERIMENT, facing)
    assert load_metrics(EXPERIMENT) == facing


def test_what_other_recipes_came_to_is_kept_in_order_and_nothing_has_no_file(folder):
    assert load_tried(EXPERIMENT) == ()
    tried = (METRICS.tried, replace(METRICS.tried, step=7, seeds=(1, 2)))
    save_tried(EXPERIMENT, tried)
    assert load_tried(EXPERIMENT) == tried
    save_tried(EXPERIMENT, ())
    assert not (folder / TRIED).exists() and load_tried(EXPERIMENT) == ()


def test_keys_of_json_are_numbers_again(folder):
    save_metrics(EXPERIMENT, replace(METRICS, misread_examples=({3: 5}, {})))
    assert load_metrics(EXPERIMENT).misread_examples == ({3: 5}, {})


@pytest.mark.parametrize("content", [None, "{", "\x80"], ids=["missing", "torn", "no-text"])
def test_metrics_that_cannot_be_read_are_an_error_that_names_the_file(content, folder):
    path = folder / checkpoints.METRICS
    if content is not None:
        path.write_text(content, encoding="latin-1")
    with pytest.raises(CheckpointError, match=f"{path} cannot be read"):
        load_metrics(EXPERIMENT)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"errors": None}, "metrics has no errors"),
        ({"errors": None, "seed": None}, "metrics has no errors, seed"),
        ({"mood": "good"}, "metrics has unknown fields: mood"),
        ({"test_digits": "many"}, "test_digits should be a whole number, got 'many'"),
        ({"test_digits": True}, "test_digits should be a whole number, got True"),
        ({"test_digits": 1.5}, "test_digits should be a whole number, got 1.5"),
        ({"error_percent_test": []}, r"error_percent_test should be a finite number, got \[\]"),
        ({"error_percent_test": math.inf}, "should be a finite number, got inf"),
        ({"error_percent_test": 10**400}, "should be a finite number, got 1000"),
        ({"errors": [1, "x"]}, r"errors\[1\] should be a finite number, got 'x'"),
        ({"errors": 1}, "errors should be a list, got 1"),
        ({"confusion_test": [[1], 2]}, r"confusion_test\[1\] should be a list, got 2"),
        ({"misread_examples": [{"a": 1}]}, r"a key of misread_examples\[0\] should be a whole"),
        ({"misread_examples": [3]}, r"misread_examples\[0\] should be an object, got 3"),
        ({"facing_degrees": [1.0]}, r"facing_degrees should be a list of 2, got \[1.0\]"),
        ({"device": 3}, "device should be a string, got 3"),
        ({"recipe": {"name": "quick"}}, "recipe: not a recipe"),
    ],
    ids=lambda value: None if isinstance(value, dict) else value[:40],
)
def test_field_that_is_wrong_is_an_error_that_names_it(changes, message, folder):
    path = save_metrics(EXPERIMENT, METRICS)
    values = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({key: value for key, value in values.items() if value is not None}))
    with pytest.raises(CheckpointError, match=message):
        load_metrics(EXPERIMENT)


def test_search_that_is_wrong_is_an_error_that_names_its_field(folder):
    path = save_metrics(CELL, SEARCH_METRICS)
    values = json.loads(path.read_text())
    values["recipe"]["objective"] = {"margin": "wide"}
    path.write_text(json.dumps(values))
    with pytest.raises(CheckpointError, match="margin should be a finite number, got 'wide'"):
        load_search_metrics(CELL)
