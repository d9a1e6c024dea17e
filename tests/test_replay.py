"""What the browser is told of a recorded training, and the two views that show recordings."""

from __future__ import annotations

import base64
import csv
import io
import json
import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from test_views import MAIN, texts

from stn_core import checkpoints, results, runs
from stn_core.experiments import EXPERIMENTS, find
from stn_core.experiments.studies import STUDIES
from stn_core.training import MEAN_CLASSES

import replay_panel
import results_panel
from panels import transformers_of
from stage.replay import Training, told

NAME = "distorted/rts/st-cnn-aff"


def view(name: str, **query: str) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=120)
    for key, value in {"view": name, **query}.items():
        app.query_params[key] = value
    app.run()
    app.switch_page("views/distorted.py").run()
    assert not app.exception and not app.error
    return app


def floats(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), np.float32)


@pytest.fixture(scope="module")
def recorded() -> runs.RecordedRun:
    return runs.unpack(checkpoints.published_folder(find(NAME)) / runs.PACKED)


def test_browser_gets_every_snapshot_of_theta_and_the_probabilities(recorded):
    training = Training(
        name="ours",
        colour="#000000",
        recorded=recorded,
        transformers=transformers_of(find(NAME).network),
        mean_classes=MEAN_CLASSES,
    )
    run = told(training)
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
    seconds = told(training)["seconds"]
    assert seconds[0] == 0 and (np.diff(seconds) >= 0).all()
    assert seconds[-1] == pytest.approx(recorded.history[-1].seconds)


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
    history = json.loads(json.dumps(told(training)["history"], allow_nan=False))
    assert history["loss"][-1] is None and history["classifier"][-1] is None


@pytest.mark.parametrize(
    ("name", "seed"),
    [
        (name, seed)
        for name, e in EXPERIMENTS.items()
        for seed in runs.packed_runs(checkpoints.published_folder(e))
    ],
)
def test_every_shipped_recording_begins_at_step_0_and_ends_with_its_training(name, seed):
    run = runs.unpack(runs.packed_runs(checkpoints.published_folder(find(name)))[seed])
    assert run.description["experiment"] == name
    assert seed in (None, run.description["seed"])
    assert run.snapshots[0].step == 0
    last = run.description["recipe"]["iterations"]
    assert run.snapshots[-1].step == run.history[-1].step == last
    assert (np.diff([s.step for s in run.snapshots]) > 0).all()


def test_every_study_is_shipped_with_the_seed_that_it_names():
    for study in STUDIES:
        path = checkpoints.published_folder(study.experiment) / runs.PACKED
        assert runs.unpack(path).description["seed"] == study.seed


def test_comparison_puts_two_studies_side_by_side():
    app = view("Replay")
    for other in replay_panel.COMPARISONS.values():
        app.session_state["replay_a_rts"] = replay_panel.BASE
        app.session_state["replay_b_rts"] = other
        app.run()
        assert not app.exception and not app.error
        proto = app.get("bidi_component")[0].proto
        data = json.loads(proto.json or proto.mixed.json)
        assert data["layout"] == "replay" and len(data["runs"]) == 2


@pytest.mark.parametrize("distortion", ["RTS", "TC", "R", "P", "E"])
def test_replay_of_every_distortion_opens(distortion):
    view("Replay", distortion=distortion)


def test_results_show_every_cell_and_both_downloads():
    app = view("Results")
    words = texts(app)
    for name, experiment in EXPERIMENTS.items():
        if name.startswith("distorted/") and checkpoints.is_published(experiment):
            error = checkpoints.load_metrics(experiment)["error_percent_test"]
            assert f"<b>{error:.2f}</b>" in words
    assert len(app.get("download_button")) == 2


@pytest.mark.parametrize("table", results.tables())
def test_downloads_hold_what_is_shown(table):
    cells, columns = results.cells(table), results.rows_and_columns(table)[1]
    lines = list(csv.DictReader(io.StringIO(results_panel.as_csv(cells))))
    held = json.loads(json.dumps(results_panel.everything(table, cells, columns)))
    assert [line["experiment"] for line in lines] == list(cells)
    for line, network, (name, cell) in zip(lines, held["networks"], cells.items(), strict=True):
        assert network["experiment"] == name and network["metrics"] == cell.metrics
        assert float(line["ours"]) == network["ours"] == cell.error
        assert line["paper"] == ("" if network["paper"] is None else str(cell.experiment.reported))
        assert line["seeds"] == " ".join(map(str, cell.metrics["seeds"]))
        assert float(line["learning_rate"]) == cell.metrics["recipe"]["learning_rate"]
        assert network["other_recipes"] == checkpoints.load_tried(cell.experiment)
    told = "\n".join(results.lines(table))
    for found in held["differences"]:
        assert f"[{found['low']:5.2f}, {found['high']:5.2f}]" in told
    assert len(held["differences"]) == told.count("%  [")


def test_download_has_a_line_for_what_is_not_trained():
    name = "distorted/rts/cnn"
    line = results_panel.as_csv({name: results.Cell(find(name), None)}).splitlines()[1]
    assert line == "distorted/rts/cnn,0.8,"


@pytest.mark.parametrize("distortion", ["TC", "P"])
def test_results_below_the_table_are_of_the_chosen_distortion(distortion):
    app = view("Results", distortion=distortion, confusion="CNN")
    column = distortion.lower()
    told = texts(app)
    for found in results.differences("distorted", column):
        by, high = (f"{x:.2f}".replace("-", "−") for x in (found.percent, found.high))
        assert re.search(rf"\| {by} % \| \S+ to {high} \|", told)
    metrics = checkpoints.load_metrics(find(f"distorted/{column}/cnn"))
    written = json.loads(app.get("plotly_chart")[0].proto.spec)["data"][0]["text"]
    assert [int(written[i][i]) for i in range(10)] == [
        row[i] for i, row in enumerate(metrics["confusion_test"])
    ]
    wrong = sum(map(len, metrics["misread_examples"]))
    counts = re.findall(r"(CNN wrong, ST-CNN Aff right|Both wrong): (\d+) of 3,000", told)
    assert sum(int(count) for _, count in counts) == wrong


def test_misread_digit_is_opened_in_the_explorer():
    app = view("Results")
    metrics = checkpoints.load_metrics(find("distorted/rts/cnn"))
    digit = int(next(iter(metrics["misread_examples"][1])))
    app.session_state["view"] = "Explore"
    app.session_state["digit"], app.session_state["seed"] = digit, 1
    app.session_state["a_rts"], app.session_state["b_rts"] = "st-cnn-aff", "cnn"
    app.run()
    assert not app.exception
    said = metrics["misread_examples"][1][str(digit)]
    assert f"<b>CNN</b> says <b style='font-size:1.6em'>{said}</b>" in texts(app)
