"""What the browser is told of a recorded training, and the two views that show recordings."""

from __future__ import annotations

import json
import os
import re
import time

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app.data import recordings
from app.data.run_keys import recording_name
from app.panels import replay
from app.training import dispatcher, job, processes
from stn_core import checkpoints
from stn_core.digits import installed
from stn_core.experiments import EXPERIMENTS, find
from stn_core.experiments.studies import STUDIES
from stn_core.runs.packed import PACKED, packed_runs, unpack
from stn_core.runs.records import RecordedRun
from stn_core.training.probes import probe_examples
from tests.app.visiting import MAIN, go_to, opened, texts

NAME = "distorted/rts/st-cnn-aff"


def view(name: str, **query: str) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=120)
    for key, value in {"view": name, **query}.items():
        app.query_params[key] = value
    go_to(app, "distorted").run()
    assert not app.exception and not app.error
    return app


@pytest.mark.parametrize(
    ("name", "seed"),
    [
        (name, seed)
        for name, e in EXPERIMENTS.items()
        for seed in packed_runs(checkpoints.published_folder(e))
    ],
)
def test_every_shipped_recording_begins_at_step_0_and_ends_with_its_training(name, seed):
    run = unpack(packed_runs(checkpoints.published_folder(find(name)))[seed])
    assert run.description["experiment"] == name
    assert seed in (None, run.description["seed"])
    assert run.snapshots[0].step == 0
    last = run.description["recipe"]["iterations"]
    assert run.snapshots[-1].step == run.history[-1].step == last
    assert (np.diff([s.step for s in run.snapshots]) > 0).all()


def test_every_study_is_shipped_with_the_seed_that_it_names():
    for study in STUDIES:
        path = checkpoints.published_folder(study.experiment) / PACKED
        assert unpack(path).description["seed"] == study.seed


def test_comparison_puts_two_studies_side_by_side():
    app = view("Replay")
    for comparison in replay.COMPARISONS:
        assert comparison.words not in texts(app)
        column = comparison.prefix.split("/")[1]
        app.session_state["distortion"] = column.upper()
        app.session_state[f"replay_a_{column}"] = comparison.base.text
        app.session_state[f"replay_b_{column}"] = comparison.study.text
        app.run()
        assert not app.exception and not app.error
        assert comparison.words in texts(app)
        assert app.pills(key="comparison").value == comparison.title
        proto = app.get("bidi_component")[0].proto
        data = json.loads(proto.json or proto.mixed.json)
        assert data["layout"] == "replay" and len(data["runs"]) == 2


def study(name: str) -> RecordedRun:
    return unpack(checkpoints.published_folder(find(f"studies/{name}")) / PACKED)


@pytest.mark.parametrize("comparison", replay.COMPARISONS, ids=lambda c: c.study.name)
def test_words_of_a_comparison_have_the_errors_of_its_recordings(comparison):
    names = [recording_name(k, comparison.prefix) for k in (comparison.base, comparison.study)]
    ends = {recordings.recorded(name).snapshots[-1].measure for name in names}
    assert sorted(re.findall(r"[\d.]+(?= %)", comparison.words), key=float) == [
        f"{error:.1f}" for error in sorted(ends)
    ]


def test_words_of_the_comparisons_are_true_of_the_grids():
    def maps(name: str, step: int = -1) -> np.ndarray:
        return study(name).snapshots[step].theta[:, 0].reshape(10, 2, 3)

    def sizes(found: np.ndarray) -> np.ndarray:
        return np.sqrt(np.abs(np.linalg.det(found[:, :, :2])))

    def degrees(found: np.ndarray) -> np.ndarray:
        (a, b), (c, d) = found[:, :, :2].transpose(1, 2, 0)
        return np.degrees(np.arctan2(c - b, a + d))

    first, fast = maps("st-fcn-aff"), maps("st-fcn-aff-fast-localisation")
    assert np.ptp(fast, axis=0).max() < 0.01  # all ten are the same
    assert np.abs(fast[:, :, 2]).max() < 0.02 and 0.8 < sizes(fast)[0] < 1
    again = maps("st-fcn-aff-again")
    assert np.abs(again[:, :, 2] - first[:, :, 2]).max() < 0.2
    assert np.abs(sizes(again) - sizes(first)).max() < 0.1
    start, end = maps("st-fcn-aff-random-start", 0), maps("st-fcn-aff-random-start")
    assert sizes(start).max() < 0.1 and sizes(end).min() > 0.4
    assert np.abs(degrees(end) - 90).max() < 30 and np.abs(degrees(first)).max() < 10
    assert (sizes(maps("st-fcn-aff-shifted")) < sizes(first)).all()
    collapsed = maps("st-fcn-aff-white-subtracted")
    assert collapsed[:, 0, 0].min() > 1.1 and first[:, 0, 0].max() < 0.8  # half of U's width is 1
    assert np.ptp(collapsed[:, 0, 2]) < 0.3 and np.ptp(first[:, 0, 2]) > 0.7


@pytest.fixture
def begun(tmp_path, monkeypatch):
    """A function name -> the folder of a training that was asked for, which nobody starts."""
    monkeypatch.setenv("STN_RUNS", str(tmp_path))
    monkeypatch.setattr(dispatcher, "look", lambda: None)

    def begin(name: str):
        folder = tmp_path / f"{name}-20260101-000001"
        folder.mkdir()
        order = {"command": "train", "experiment": "", "arguments": [], "device": "cpu"}
        (folder / job.ORDER).write_text(json.dumps({**order, "iterations": 9}))
        return folder

    return begin


@pytest.mark.parametrize(
    ("page", "name", "query"),
    [
        (
            "distorted",
            "distorted-rts-st-fcn-aff",
            {"view": "Replay", "replay_a_rts": "ST-FCN Aff, started 01 Jan, 00:00:01"},
        ),
        (
            "volumes",
            "volumes-extruded-st-cnn-aff",
            {"volume_view": "Replay", "replay_volume": "ST-CNN Aff, started 01 Jan, 00:00:01"},
        ),
    ],
)
def test_replay_of_a_training_that_has_shown_nothing_yet_waits_for_it(page, name, query, begun):
    folder = begun(name)
    app = opened(page, **query)
    assert not app.exception and not app.error
    assert "00:00:01 is waiting in the queue" in texts(app)
    (folder / job.CLAIMED).touch()
    app.run()
    assert not app.exception and not app.error
    assert "Training its first steps …" in texts(app)
    past = time.time() - 2 * processes.START_SECONDS
    os.utime(folder / job.CLAIMED, (past, past))
    app.run()
    assert not app.exception
    assert "has no probes or no snapshots" in app.error[0].value
    assert str(folder.parent) not in app.error[0].value


@pytest.mark.parametrize("distortion", ["RTS", "TC", "R", "P", "E"])
def test_replay_of_every_distortion_opens(distortion):
    view("Replay", distortion=distortion)


@pytest.mark.parametrize(
    ("name", "sideways"),
    [("st-fcn-aff", 0.99), ("st-fcn-aff-halves", 0.66), ("st-fcn-aff-halves-theta", 0.76)],
)
def test_grids_follow_the_digits_as_far_as_the_words_say(name, sideways):
    gallery = installed().gallery
    pose = probe_examples(find(f"studies/{name}"), gallery).pose
    theta = study(name).snapshots[-1].theta[:, 0]
    half = 42 / 2
    slopes = [
        np.polyfit(pose[f"shift_{axis}_pixels"] / half, theta[:, column], 1)[0]
        for axis, column in (("x", 2), ("y", 5))
    ]
    assert slopes == pytest.approx([sideways, 0.98], abs=0.1)  # of ten probes


def test_words_on_the_learnt_basis_are_true_of_its_rows():
    first, last = (study("st-fcn-basis").snapshots[frame].target[0] for frame in (0, -1))

    def roughness(rows: np.ndarray, where: slice) -> np.ndarray:
        steps = np.abs(np.diff(rows[3:].reshape(3, 28, 28).astype(float), axis=2))
        return steps[:, where, where if where == middle else slice(None)].mean((1, 2))

    middle, border = slice(8, 20), slice(0, 4)
    assert (roughness(last, middle) < roughness(first, middle)).all()
    assert (roughness(last, border) > roughness(first, border)).all()
    for before, after in zip(first[:2], last[:2], strict=True):
        assert np.corrcoef(before.astype(float), after.astype(float))[0, 1] > 0.98
