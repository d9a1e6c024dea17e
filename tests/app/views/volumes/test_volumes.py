"""The page on volumes, by Streamlit's own test harness."""

from __future__ import annotations

import base64
import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from app.data import gallery, networks, recordings, volumes
from app.views.volumes import choices
from app.views.volumes.choices import FIRST_DIGIT, FIRST_SEED, PREFIX
from stn_core import checkpoints, evaluation, results
from stn_core.experiments import EXPERIMENTS, find
from stn_core.runs.folder import Run
from stn_core.training.network import train_steps
from stn_core.transforms import Affine3D, euler_rotation
from tests.app.visiting import answers, opened, payload, texts

PUBLISHED = [
    name.removeprefix(PREFIX)
    for name, e in EXPERIMENTS.items()
    if name.startswith(PREFIX) and checkpoints.is_published(e)
]


def page(**query: str) -> AppTest:
    app = opened("volumes", **query)
    assert not app.exception and not app.error
    return app


def report(app: AppTest, **state) -> None:
    """What the browser would report, and the page after it."""
    nothing = {"serial": 1, "theta": None, "pose": None, "position": 1}
    app.session_state["volume"] = {"report": {"token": payload(app)["token"], **nothing, **state}}
    app.run()
    assert not app.exception and not app.error


def floats(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), np.float32)


def network(name: str = "st-cnn-aff"):
    return checkpoints.load_pretrained(find(f"{PREFIX}{name}"))


def test_page_opens_with_a_transformer_beside_the_plain_projection():
    app = page()
    assert app.title[0].value == "Three dimensions"
    assert [box.value for box in app.selectbox] == ["st-cnn-aff", "cnn"]
    assert len(answers(app)) == 2
    data = payload(app)
    assert (data["layout"], data["side"], data["outputSide"]) == ("volume", 60, 30)


def test_browser_is_told_the_digit_its_pose_and_the_network_s_theta():
    data = payload(page())
    example = evaluation.example(
        find(f"{PREFIX}st-cnn-aff"), gallery.gallery(), FIRST_DIGIT, FIRST_SEED
    )
    pixels = np.frombuffer(base64.b64decode(data["digit"]["pixels"]), np.uint8)
    np.testing.assert_array_equal(pixels, gallery.gallery().images[FIRST_DIGIT].flatten())
    turn = euler_rotation(example.pose["angle_degrees"].deg2rad())
    np.testing.assert_allclose(data["pose"][:9], turn.flatten(), atol=1e-6)
    np.testing.assert_allclose(data["pose"][9:], example.pose["shift"][0], atol=1e-6)
    with torch.inference_mode():
        theta = network().trace(example.images).warps[0].theta[0]
    np.testing.assert_allclose(data["theta"], theta, atol=1e-5)


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_published_network_can_be_looked_at(name):
    app = page()
    app.selectbox(key="volume_a").set_value(name).run()
    assert not app.exception and not app.error
    assert f"{networks.network_title(name)} reads" in texts(app)


def test_network_without_a_transformer_is_shown_the_volume_as_it_is():
    app = page(volume_a="CNN", volume_b="none")
    data = payload(app)
    assert not data["transforms"] and data["theta"] == Affine3D().identity().tolist()
    assert "has no transformer" in texts(app)


def test_digit_moved_by_hand_is_what_the_network_sees():
    app = page()
    turn = euler_rotation(torch.tensor([[0.0, 1.2, 0.0]]))
    pose = [*turn.flatten().tolist(), 0.2, -0.1, 0.0]
    before = payload(app)["theta"]
    report(app, pose=pose)
    image = gallery.gallery().images[FIRST_DIGIT].numpy()
    images = volumes.extruded(image, np.reshape(pose[:9], (3, 3)), np.array(pose[9:]))
    with torch.inference_mode():
        theta = network().trace(images).warps[0].theta[0]
    np.testing.assert_allclose(payload(app)["theta"], theta, atol=1e-5)
    assert not np.allclose(payload(app)["theta"], before, atol=1e-3)
    assert "then moved by hand" in texts(app)


def test_theta_by_hand_is_what_the_classifier_is_given():
    app = page(volume_b="none")
    theta = (Affine3D().identity() * 0.05).tolist()
    theta[3] = 5.0  # far beyond the volume: V is black
    report(app, theta=theta)
    assert "θ set by hand" in texts(app) and "V is black" in texts(app)


@pytest.mark.parametrize(
    "state",
    [
        {"pose": [1.0] * 12},
        {"pose": [-1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]},
        {"pose": [1, 0, 0, 0, 1, 0, 0, 0, 1, 9, 0, 0]},
        {"pose": [float("nan")] * 12},
        {"pose": "abc"},
        {"theta": [1.0] * 6},
        {"theta": {"0": 1}},
        {"token": "another"},
    ],
    ids=["no-rotation", "mirrored", "far", "nan", "text", "short", "mapping", "token"],
)
def test_nonsense_from_a_browser_is_not_heeded(state):
    app = page()
    before = texts(app)
    report(app, **state)
    assert texts(app) == before


def test_further_digit_is_chosen():
    app = page(volume_digit="312", volume_seed="4")
    data = payload(app)
    pixels = np.frombuffer(base64.b64decode(data["digit"]["pixels"]), np.uint8)
    np.testing.assert_array_equal(pixels, gallery.gallery().images[312].flatten())
    strip = payload(app, 1)
    assert [item["label"][0] for item in strip["items"]] == list("0123456789")


@pytest.mark.parametrize("name", recordings.recorded_names(PREFIX))
def test_replay_has_theta_and_probabilities_of_every_recorded_step(name):
    title = networks.network_title(name).replace(" ", "+")
    app = page(volume_view="Replay", replay_volume=title.replace("+", " "), volume_probe="3")
    data, run = payload(app), recordings.recorded(f"{PREFIX}{name}")
    track = data["track"]
    assert track["steps"] == [s.step for s in run.snapshots] and track["truth"] == 3
    thetas = floats(track["thetas"]).reshape(-1, 12)
    identity = Affine3D().identity()
    np.testing.assert_array_equal(thetas[0], identity)
    last = run.snapshots[-1].theta
    np.testing.assert_allclose(thetas[-1], last[3, 0] if last.size else identity, atol=1e-6)
    odds = floats(track["probabilities"]).reshape(-1, 10)
    np.testing.assert_allclose(odds.sum(1), 1, rtol=1e-5)
    probe = volumes.placed_probe(3)
    shown = volumes.extruded(probe.image, probe.turn, probe.shift)[0]
    np.testing.assert_allclose(run.probes[3] / 255, shown, atol=3e-3)


@pytest.mark.parametrize("name", recordings.recorded_names(PREFIX))
def test_replay_has_the_curves_and_the_means_that_were_recorded(name):
    track = payload(page(volume_view="Replay", replay_volume=networks.network_title(name)))["track"]
    run = recordings.recorded(f"{PREFIX}{name}")
    assert track["history"]["rate"] == [step.learning_rate for step in run.history]
    learns = run.snapshots[0].theta.size > 0
    for part, there in {"classifier": True, "localisation": learns}.items():
        norms = [step.gradient_norms[part] for step in run.history] if there else None
        assert track["history"][part] == norms
    means = np.frombuffer(base64.b64decode(track["means"]), np.uint8)
    if not learns:
        assert track["meanClasses"] == [] == means.tolist() and track["poseLeft"] is None
        return
    assert (track["meanClasses"], track["meanDigits"]) == (["2", "5", "8"], 10)
    last = run.snapshots[-1]
    np.testing.assert_array_equal(
        means.reshape(-1, 3, *track["meanSize"])[-1], last.mean_output[:, 0]
    )
    np.testing.assert_allclose(track["poseLeft"][-1], 100 * last.pose_left)


def test_history_that_is_empty_or_not_finite_is_told_in_json(monkeypatch):
    run = recordings.recorded(f"{PREFIX}st-cnn-aff")
    norms = {"classifier": math.inf, "localisation": 2.0}
    broken = run.history[0]._replace(loss=math.nan, gradient_norms=norms)
    for history in ([], [broken]):
        monkeypatch.setattr(recordings, "recorded", lambda key, h=history: run._replace(history=h))
        data = payload(page(volume_view="Replay"))
        json.dumps(data, allow_nan=False)
        assert data["track"]["history"]["loss"] == [None] * len(history)
    logged = data["track"]["history"]
    assert (logged["classifier"], logged["localisation"]) == ([None], [2.0])


def test_results_are_the_table_s():
    app = page(volume_view="Results")
    shown = texts(app)
    cell = results.cells("volumes")[f"{PREFIX}st-cnn-aff"]
    mean, _, spread = cell.ours.partition(" ± ")
    assert f"<b>{mean}</b></a><span class='spread'> ± {spread}</span>" in shown
    assert "Table" not in shown.split("Click a number")[0]


def test_training_that_was_started_here_is_shown(tmp_path, monkeypatch, source):
    monkeypatch.setenv("STN_RUNS", str(tmp_path))
    experiment = find(f"{PREFIX}st-cnn-rigid")
    recipe = {"iterations": 2, "batch_size": 2}
    short = replace(experiment, recipes=(replace(experiment.recipe, **recipe),))
    run = Run(tmp_path / "volumes-extruded-st-cnn-rigid-20260101-000000")
    list(train_steps(short, source, run=run))
    app = page(volume_view="Train")
    data = payload(app)
    assert data["track"]["steps"] == [0, 2] and data["track"]["truth"] == 5
    app = page(volume_view="Explore")
    titles = app.selectbox(key="volume_a").options
    assert any("Rigid, 2 × 2, rate " in title and ", started " in title for title in titles)


def test_empty_state_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("STN_RUNS", str(tmp_path))
    said = texts(page(volume_view="Train"))
    assert "Nothing has been trained on Three dimensions here yet" in said


def test_curriculum_is_said_of_those_that_had_one_alone(monkeypatch):
    (sentence,) = [s for s in choices.names().split(". ") if "In the training of" in s]
    cells = results.cells("volumes")
    for name, cell in cells.items():
        title = f"**{networks.network_title(name.rsplit('/', 1)[1])}**"
        assert (title in sentence) == bool(cell.metrics.recipe.curriculum)
    untrained = {name: results.Cell(cell.experiment, None) for name, cell in cells.items()}
    monkeypatch.setattr(results, "cells", lambda _: untrained)
    assert "In the training of" not in choices.names()
    assert "{" not in choices.names()
