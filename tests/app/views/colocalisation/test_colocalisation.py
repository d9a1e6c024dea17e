"""The page on co-localisation, by Streamlit's own test harness."""

from __future__ import annotations

import base64
import io
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from app.data import boxes, pictures
from app.training import orders
from app.training.job import JobError, list_jobs, read_order
from app.views.colocalisation import results as results_module
from stn_core import results
from stn_core.box_search.encoder import load_encoder_networks
from stn_core.box_search.recording import record_search
from stn_core.departures import by_section
from stn_core.experiments.colocalisation import (
    COLOCALISATIONS,
    OWN,
    QUICK_SEARCH,
    image_set,
    own_set,
)
from stn_core.runs.folder import Run
from tests.app.visiting import opened, payload, texts

SHIPPED = list(results.colocalised())


def page(**query: str) -> AppTest:
    app = opened("colocalisation", **query)
    assert not app.exception and not app.error
    return app


def floats(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), np.float32)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_set_is_shown_with_its_boxes_and_the_truth(name):
    _, column, digit = name.split("/")
    data = payload(page(boxes_digit=digit, boxes_clutter=column.upper()))
    run = boxes.recorded_boxes(name)
    assert (data["layout"], data["count"], data["live"]) == ("wall", 100, False)
    assert data["steps"] == [s.step for s in run.snapshots]
    thetas = floats(data["thetas"]).reshape(-1, 100, 3)
    np.testing.assert_array_equal(thetas[-1], run.snapshots[-1].theta[:, 0].astype(np.float32))
    truth = floats(data["truth"]).reshape(100, 3)
    np.testing.assert_allclose(truth[:, 0], 1 / 3, rtol=1e-6)
    assert len(base64.b64decode(data["images"])) == 100 * 84 * 84


def test_curves_are_what_was_logged_at_the_steps_shown():
    logged = payload(page())["history"]
    steps = boxes.recorded_boxes("colocalisation/tc/8").history
    assert logged["loss"] == [step.loss for step in steps]
    assert logged["rate"] == [step.learning_rate for step in steps]
    assert logged["localisation"] == [step.gradient_norms["localisation"] for step in steps]
    assert logged["overlap"] == [step.measures["mean_overlap"] for step in steps]


def test_box_is_shown_before_its_step_is_logged_and_a_norm_that_is_not_finite_is_none(monkeypatch):
    run = boxes.recorded_boxes("colocalisation/tc/8")
    lost = run.history[1]._replace(gradient_norms={"localisation": math.inf})
    cut = run._replace(history=[run.history[0], lost])
    monkeypatch.setattr("app.views.colocalisation.boxes.recorded_boxes", lambda name: cut)
    data = payload(page())
    assert data["steps"] == [s.step for s in run.snapshots]
    none = [None] * (len(run.snapshots) - 2)
    assert data["history"]["loss"] == [step.loss for step in cut.history] + none
    assert data["history"]["localisation"] == [0, None, *none]


def test_equation_has_the_numbers_of_the_pair_that_was_chosen():
    app = page(boxes_clutter="TC")
    token = payload(app)["token"]
    app.session_state["wall"] = {"report": {"token": token, "position": 3, "chosen": [9, 4, 0]}}
    app.run()
    assert not app.exception
    assert "n is image 10 and m is image 5" in texts(app)
    assert "the search used the mean distance to 16 patches of each image" in texts(app)
    step = payload(app)["steps"][3]
    assert any(f"at step {step}" in heading.value for heading in app.header)
    at_step_3 = app.latex[0].value
    state = {"token": token, "position": None, "chosen": ["x", -1, 3]}  # not from our browser
    app.session_state["wall"] = {"report": state}
    app.run()
    assert not app.exception and app.latex[0].value != at_step_3
    assert "n is image 1 and m is image 2" in texts(app)


def test_results_are_the_table_s():
    app = page(boxes_view="Results")
    words = texts(app)
    for metrics in results.colocalised().values():
        assert f"<b>{results.share_of_sets(metrics)}</b>" in words
    assert "class 9" in words
    labels = [button.proto.label for button in app.get("download_button")]
    assert labels == ["Table as CSV", "All of it as JSON"]
    table = next(one for one in app.get("html") if "departures" in one.proto.body)
    marks = by_section()["App. A.2"]
    assert table.proto.body.count("<tr><th scope='row'") == len(marks) > 10
    assert marks[0][1].ours in table.proto.body


def test_download_of_the_results_holds_what_is_shown_and_what_has_not_been_run():
    found = results.colocalised()
    left_out = found.pop("colocalisation/tc/3")
    rows = results_module.rows(found)
    assert [row["cell"] for row in rows] == list(COLOCALISATIONS)
    for row in rows:
        assert row["paper"] == COLOCALISATIONS[row["cell"]].reported
        if row["cell"] in found:
            told = f"{row['mean']:.1f} ± {row['spread']:.1f}"
            assert told == results.share_of_sets(found[row["cell"]])
            assert row["sets"] == "0 1 2" and row["recipe"] == "quick"
    (bare,) = [row for row in rows if row["cell"] == left_out.experiment]
    assert bare["mean"] is None and bare["sets"] == ""
    assert set(bare) == set(rows[0])


def test_empty_state_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("STN_RUNS", str(tmp_path))
    app = page(boxes_view="Run it live")
    assert "Start with the form: the boxes appear in about 10 s" in app.info[0].value


def test_run_that_was_started_here_is_shown(tmp_path, monkeypatch, source):
    monkeypatch.setenv("STN_RUNS", str(tmp_path))
    search = replace(QUICK_SEARCH, iterations=2, batch_size=4, patches=1)
    cell = replace(COLOCALISATIONS["colocalisation/t/1"], recipes=(search,))
    run = Run(tmp_path / "colocalisation-t-1-20260101-120000")
    images = image_set(cell, source.gallery, 5, source.gallery)
    networks = load_encoder_networks()
    for _ in record_search(cell, images, networks, run, seed=0, set_seed=5):
        pass
    (job,) = list_jobs("colocalisation/")
    assert job.title.startswith("class 1, T, started") and job.table_title == "Co-localisation"
    app = page(boxes_view="Run it live")
    data = payload(app)
    assert data["layout"] == "wall" and data["steps"] == [0, 2]
    labels = [button.proto.label for button in app.get("download_button")]
    assert labels[:3] == [
        "Weights of the encoder",
        "Weights of the fine encoder",
        "Weights of the localisation network",
    ]
    np.testing.assert_allclose(
        floats(data["truth"]).reshape(100, 3), images.boxes.numpy(), atol=1e-6
    )


def test_start_button_starts_what_the_form_says(tmp_path, monkeypatch):
    monkeypatch.setenv("STN_RUNS", str(tmp_path))
    asked = {}

    def start(name, **options):
        asked.update(options, name=name)
        raise JobError("no room")

    monkeypatch.setattr(orders, "colocalise", start)
    app = page(boxes_view="Run it live")
    app.radio(key="live_recipe").set_value("literal").run()
    app.slider(key="live_clutter").set_value(16).run()
    app.button(key="live_start").click().run()
    assert asked["name"] == "colocalisation/tc/8" and asked["recipe"] == "literal"
    assert (asked["margin"], asked["clutter"]) == (1, 16)
    assert (asked["iterations"], asked["starts"]) == (1_100, 1)
    assert app.error[0].value == "no room"


def picture(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(array).save(file, "PNG")
    return file.getvalue()


def test_own_images_are_read_bright_on_black_within_bounds_and_a_broken_one_is_named(monkeypatch):
    paper = np.full((100, 140), 240, np.uint8)
    paper[40:60, 60:80] = 10
    app = page(boxes_view="Run it live")
    app.segmented_control(key="live_kind").set_value("Your own images").run()
    assert app.button(key="own_start").disabled
    files = [(f"{i}.png", picture(paper), "image/png") for i in range(10)]
    app.file_uploader(key="own_images").set_value([*files, ("x.png", b"no", "image/png")]).run()
    assert not app.exception
    assert app.error[0].value.startswith("x.png: this file is damaged or not a picture")
    assert not app.button(key="own_start").disabled
    read = pictures.on_black(files[0][1], 84)
    assert read.shape == (84, 84) and read[42, 42] > 200 and np.median(read) == 0
    app.file_uploader(key="own_images").set_value(files[:3]).run()
    assert "You chose 3 pictures; a set needs 10 to 200" in app.warning[0].value
    monkeypatch.setattr("app.data.decoded.MAX_SET_PIXELS", 9 * paper.size)
    app.file_uploader(key="own_images").set_value(files).run()
    assert "too many pixels in total" in app.warning[0].value
    assert "The first 9 are used" in app.warning[0].value
    assert app.button(key="own_start").disabled


def test_of_too_many_images_the_first_are_read_and_no_more(monkeypatch):
    read = []
    monkeypatch.setattr("stn_core.experiments.colocalisation.MAX_IMAGES", 10)

    def made(make, content: bytes, side: int) -> np.ndarray:
        read.append(content)
        return np.zeros((side, side), np.uint8)

    monkeypatch.setattr("app.data.decoded.made", made)
    app = page(boxes_view="Run it live", live_kind="Your own images")
    files = [(f"{i}.png", bytes([i]), "image/png") for i in range(12)]
    app.file_uploader(key="own_images").set_value(files).run()
    assert not app.exception
    assert read == [bytes([i]) for i in range(10)]
    assert "12 pictures; the first 10 are used" in app.warning[0].value
    assert not app.button(key="own_start").disabled


def test_own_images_are_optimised_and_shown_without_a_truth(tmp_path, monkeypatch, generator):
    monkeypatch.setenv("STN_RUNS", str(tmp_path))
    search = replace(QUICK_SEARCH, iterations=2, batch_size=4, patches=1)
    random = torch.randint(0, 255, (11, 84, 84), generator=generator, dtype=torch.uint8)
    images = own_set(random.numpy())
    run = Run(tmp_path / "colocalisation-own-set-20260101-120000")
    cell, networks = replace(OWN, recipes=(search,)), load_encoder_networks()
    for _ in record_search(cell, images, networks, run, seed=0, set_seed=0):
        pass
    app = page(boxes_view="Run it live")
    data = payload(app)
    assert data["count"] == 11 and data["truth"] is None
    assert sorted(data["history"]) == ["localisation", "loss", "rate"]
    assert "localised" not in app.get("progress")[0].proto.text


def test_own_images_are_handed_to_the_process(tmp_path, monkeypatch):
    monkeypatch.setenv("STN_RUNS", str(tmp_path))
    images = np.zeros((10, 84, 84), np.uint8)
    job = orders.colocalise_own(images, iterations=7, starts=1)
    assert job.title.startswith("your own images")
    asked = read_order(job)
    assert (asked.command, asked.experiment) == ("colocalise", "colocalisation/own/set")
    arguments = asked.arguments
    assert arguments[:2] == ["--iterations", "7"]
    assert np.array_equal(np.load(arguments[arguments.index("--images") + 1]), images)
