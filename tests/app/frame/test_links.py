"""What a link asks for, held against what the page has taken."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from app.frame.links import is_the_same
from app.panels import training_panel as panel
from stn_core.runs.folder import Run
from tests.app.visiting import MAIN, go_to, opened


def page(name: str, **fields: str) -> AppTest:
    return opened(name, **fields)


def said(app: AppTest) -> list[str]:
    return [toast.value for toast in app.toast]


def test_field_that_cannot_be_had_is_told_of_and_the_default_shown():
    app = page("distorted", digit="5000", seed="2", distortion="*zz*", a_rts="ST-FCN Aff")
    assert not app.exception
    assert app.number_input(key="digit").value == 474
    assert said(app) == [
        "The link asks for digit = 5000, which this page does not have. It shows 474.",
        "The link asks for distortion = &#42;zz&#42;, which this page does not have. It shows RTS.",
    ]
    app.number_input(key="seed").set_value(3).run()
    assert said(app) == []


def test_good_link_and_no_link_are_not_talked_about():
    good = {"distortion": "TC", "seed": "7", "sweep": "true", "b_tc": "none"}
    assert said(page("distorted", **good)) == []
    assert said(page("distorted")) == []


def test_empty_field_clears_nothing():
    app = page("colocalisation", boxes_digit="", boxes_clutter="T")
    assert not app.exception and not app.error
    assert app.segmented_control(key="boxes_clutter").value == "T"


@pytest.fixture
def trainings(tmp_path, monkeypatch):
    """A function second -> the key of a training that ended then; the runs' folder is its own."""
    monkeypatch.setenv("STN_RUNS", str(tmp_path))

    def one(second: int) -> str:
        run = Run(tmp_path / f"distorted-rts-fcn-20260101-00000{second}")
        run.create({"experiment": "distorted/rts/fcn", "recipe": {"iterations": 10}})
        run.set_status("stopped", 0)
        return f"run-{run.folder.name}"

    return one


def test_training_that_is_watched_is_in_the_address_by_its_key_and_stays(trainings):
    first = trainings(1)
    app = page("distorted", view="Train")
    assert app.query_params["run"] == first
    second = trainings(2)
    assert app.run().selectbox(key="run").value == first
    reloaded = page("distorted", view="Train", run=app.query_params["run"])
    assert reloaded.selectbox(key="run").value == first and said(reloaded) == []
    reloaded.selectbox(key="run").set_value(second).run()
    assert reloaded.query_params["run"] == second
    reloaded.query_params["run"] = first  # the browser goes back
    assert reloaded.run().selectbox(key="run").value == first
    assert page("distorted", view="Train").selectbox(key="run").value == second


def test_address_of_another_visitor_s_training_is_the_same(trainings, monkeypatch):
    first, _ = trainings(1), trainings(2)
    monkeypatch.setattr(panel, "_whose", lambda job: panel.OTHERS)
    app = page("distorted", view="Train", run=first)
    assert app.selectbox(key="run").value == first and said(app) == []
    assert app.query_params["run"] == first
    assert all(title.endswith("another visitor's") for title in app.selectbox(key="run").options)


@pytest.mark.parametrize(
    "words",
    ["FCN, started 00:00:01", "FCN, started 01 Jan, 00:00:01, another visitor's"],
)
def test_address_of_before_which_had_words_still_leads_there(words, trainings):
    first, _ = trainings(1), trainings(2)
    app = page("distorted", view="Train", run=words)
    assert app.selectbox(key="run").value == first and said(app) == []
    assert app.query_params["run"] == first


def test_training_that_is_gone_is_told_of_once_and_the_newest_shown(trainings):
    newest = trainings(1)
    app = page("distorted", view="Train", run="run-distorted-rts-fcn-20250101-000000")
    assert app.selectbox(key="run").value == newest
    assert said(app) == [
        "The link asks for run = run-distorted-rts-fcn-20250101…, which this page does not have. "
        "It shows FCN, started 01 Jan, 00:00:01."
    ]
    assert said(app.run()) == []


@pytest.mark.parametrize("value", ["Infinity", "-inf", "1e999", "nan", "9" * 400])
@pytest.mark.parametrize(
    ("name", "field"), [("distorted", "digit"), ("volumes", "volume_seed"), ("transformer", "phi")]
)
def test_number_that_no_field_can_hold_is_left_out_and_the_page_says_so(name, field, value):
    app = AppTest.from_file(MAIN, default_timeout=300)
    app.query_params.update({field: value, "kernel": "tent"})
    go_to(app, name).run()
    assert not app.exception
    assert field not in app.query_params
    assert any(toast.value.startswith(f"The link asks for {field} = ") for toast in app.toast)


@pytest.mark.parametrize("theta", ["1,x", "1,2,3", "nan,0,0,0,1,0"])
def test_theta_that_does_not_fit_is_told_of(theta):
    app = page("transformer", theta=theta)
    assert not app.exception
    (words,) = said(app)
    assert "θ" in words and "default θ" in words


@pytest.mark.parametrize(
    ("asked", "taken", "same"),
    [
        ("ST-CNN Aff", "st-cnn-aff", True),
        ("2×ST-FCN Aff", "2st-fcn-aff", True),
        ("bilinear (Eq. 5)", "bilinear", True),
        ("504", 504, True),
        ("504.0", 504, True),
        ("505", 504, False),
        ("x", 504, False),
        ("true", True, True),
        ("0", False, True),
        ("maybe", True, False),
        ("cnn", "st-cnn-aff", False),
        ("*", "cnn", False),
    ],
)
def test_text_and_value_are_compared_by_what_they_mean(asked, taken, same):
    assert is_the_same(asked, taken) is same


def test_numbers_of_a_new_training_are_fields_of_the_address():
    recipes = page("distorted", view="Train").selectbox(key="train_recipe").options
    fields = {
        "train_network": "ST-FCN TPS", "train_seed": "3", "train_stop": "true",
        "train_recipe": next(words for words in recipes if words.startswith("long")),
        "train_steps_distorted_long": "700", "train_rate_distorted_long": "0.005",
    }  # fmt: skip
    app = page("distorted", view="Train", **fields)
    assert not app.exception and said(app) == []
    assert app.selectbox(key="train_network").value == "st-fcn-tps"
    assert app.selectbox(key="train_recipe").value == "long"
    assert app.text_input(key="train_steps_distorted_long").value == "700"
    assert app.text_input(key="train_rate_distorted_long").value == "0.005"
    assert app.text_input(key="train_seed").value == "3"
    assert app.checkbox(key="train_stop").value


def test_numbers_of_a_new_search_are_fields_of_the_address():
    losses = page("colocalisation", boxes_view="Run it live").radio(key="live_recipe").options
    fields = {
        "live_digit": "3", "live_clutter": "16", "live_recipe": losses[1],
        "live_margin_literal": "2", "live_seed": "5", "live_steps": "300",
    }  # fmt: skip
    app = page("colocalisation", boxes_view="Run it live", **fields)
    assert not app.exception and said(app) == []
    assert app.pills(key="live_digit").value == 3
    assert app.slider(key="live_clutter").value == 16
    assert app.radio(key="live_recipe").value == "literal"
    assert app.text_input(key="live_margin_literal").value == "2"
    assert app.text_input(key="live_seed").value == "5"
    assert app.select_slider(key="live_steps").value == 300


@pytest.mark.parametrize(
    ("name", "field", "view"),
    [
        ("distorted", "view", "Results"),
        ("transformer", "lab_view", "Challenge"),
        ("addition", "sum_view", "Results"),
        ("colocalisation", "boxes_view", "Results"),
        ("volumes", "volume_view", "Results"),
    ],
)
def test_view_is_honoured_by_every_page_that_has_views(name, field, view):
    app = page(name, view=view)
    assert not app.exception
    assert app.segmented_control(key=field).value == view
    assert said(app) == []


@pytest.mark.parametrize("name", ["labels", "glossary"])
def test_view_of_a_page_without_views_is_answered(name):
    app = page(name, view="Results")
    assert said(app) == [
        "The link asks for view = Results, which this page does not have. It shows the page's only "
        "view."
    ]
