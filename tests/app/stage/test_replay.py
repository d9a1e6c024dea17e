"""What the browser gets of a recorded training."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest

from app.panels.transformers import transformers_of
from app.stage.replay import Training, payload
from stn_core import checkpoints
from stn_core.experiments import find
from stn_core.runs.packed import PACKED, unpack
from stn_core.runs.records import RecordedRun
from stn_core.training.probes import MEAN_CLASSES

NAME = "distorted/rts/st-cnn-aff"


def floats(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), np.float32)


@pytest.fixture(scope="module")
def recorded() -> RecordedRun:
    return unpack(checkpoints.published_folder(find(NAME)) / PACKED)


def test_browser_gets_every_snapshot_of_theta_and_the_probabilities(recorded):
    training = Training(
        name="ours",
        colour="#000000",
        recorded=recorded,
        transformers=transformers_of(find(NAME).network),
        mean_classes=MEAN_CLASSES,
    )
    run = payload(training)
    count = len(recorded.snapshots)
    assert run["steps"] == [s.step for s in recorded.snapshots] and run["steps"][0] == 0
    thetas = floats(run["thetas"]).reshape(count, 10, 6)
    for theta, snapshot in zip(thetas, recorded.snapshots, strict=True):
        np.testing.assert_allclose(theta, snapshot.theta[:, 0], rtol=1e-6)
    probabilities = floats(run["probabilities"]).reshape(count, 10, 10)
    np.testing.assert_allclose(probabilities.sum(-1), 1, atol=1e-5)
    last = recorded.snapshots[-1].logits
    assert (probabilities[-1].argmax(-1) == last.argmax(-1)).all()
    assert len(base64.b64decode(run["means"])) == count * len(MEAN_CLASSES) * np.prod(
        run["meanSize"]
    )


def test_seconds_of_the_snapshots_rise_with_their_steps(recorded):
    training = Training(
        name="", colour="", recorded=recorded, transformers=None, mean_classes=MEAN_CLASSES
    )
    seconds = payload(training)["seconds"]
    assert seconds[0] == 0 and (np.diff(seconds) >= 0).all()
    assert seconds[-1] == pytest.approx(recorded.history[-1].seconds)


def test_recording_is_known_again_when_it_has_grown_and_not_when_it_was_begun_anew(recorded):
    def name(of: RecordedRun) -> str:
        training = Training(
            name="", colour="", recorded=of, transformers=None, mean_classes=MEAN_CLASSES
        )
        return payload(training)["recording"]

    begun = recorded._replace(snapshots=recorded.snapshots[:3], history=recorded.history[:9])
    anew = {**recorded.description, "started": "2026-01-01T00:00:00Z"}
    assert name(begun) == name(recorded) != name(recorded._replace(description=anew))


def test_infinite_gradient_reaches_the_browser_as_none(recorded):
    last = recorded.history[-1]
    wild = last._replace(
        loss=float("nan"), gradient_norms={**last.gradient_norms, "classifier": float("inf")}
    )
    training = Training(
        name="",
        colour="",
        recorded=recorded._replace(history=[*recorded.history[:-1], wild]),
        transformers=None,
        mean_classes=MEAN_CLASSES,
    )
    history = json.loads(json.dumps(payload(training)["history"], allow_nan=False))
    assert history["loss"][-1] is None and history["classifier"][-1] is None
