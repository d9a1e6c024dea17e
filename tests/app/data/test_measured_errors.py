"""The error on the test digits of a run's network."""

from __future__ import annotations

import json

import pytest

from app.data import networks, test_errors
from stn_core.experiments import find
from stn_core.runs.folder import Run
from stn_core.training.network import train_steps


def test_error_is_measured_once_kept_and_shown_with_the_network(tmp_path, monkeypatch, source):
    experiment = find("distorted/r/st-fcn-aff").with_recipe(iterations=2, batch_size=2)
    run = Run(tmp_path / "mine")
    for _ in train_steps(experiment, source, run=run):
        pass
    monkeypatch.setattr(test_errors, "_test_digits", lambda: source.gallery)
    assert test_errors.test_error(run.folder) is None
    measured = test_errors.measure(run.folder)
    assert test_errors.test_error(run.folder) == measured
    assert (measured.step, measured.digits) == (2, len(source.gallery)) and measured.percent > 30
    loaded = networks.from_run(str(run.folder), "mine", (1.0, 1.0))
    assert measured.words in loaded.record
    stale = {**measured._asdict(), "step": 1}  # of an earlier checkpoint
    (run.folder / test_errors.FILE).write_text(json.dumps(stale))
    assert test_errors.test_error(run.folder) is None


@pytest.mark.parametrize(
    "content", ["", "[]", '{"step": 2}', '{"step":2,"percent":"x","digits":1}']
)
def test_error_in_a_broken_file_is_none(content, tmp_path):
    (tmp_path / test_errors.FILE).write_text(content)
    assert test_errors.test_error(tmp_path) is None


def test_error_of_a_published_network_is_its_own():
    assert 0 < test_errors.published_test_error("distorted/rts/st-cnn-aff") < 2
    assert test_errors.published_test_error("distorted/rts/none") is None
