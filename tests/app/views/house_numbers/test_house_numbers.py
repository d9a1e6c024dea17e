"""House numbers, by Streamlit's own test harness, with networks that nobody has trained."""

from __future__ import annotations

import json
import math
import sys

import numpy as np
import pytest
import torch

from app.data import house_numbers
from app.data.networks import LoadedNetwork, network_title
from app.data.run_keys import Published
from app.panels import transformers
from app.stage.depth import DepthReport
from app.views.house_numbers import choices, shown
from app.views.house_numbers import results as page_results
from app.views.house_numbers.choices import PREFIX, SIDES
from app.views.house_numbers.shown import Shown
from stn_core import results
from stn_core.experiments import find
from stn_core.house_numbers import source
from stn_core.house_numbers.networks import HouseNumberCNN
from stn_core.house_numbers.numbers import HouseNumbersError
from stn_core.metrics import load_metrics
from tests.app.visiting import opened, payload, payloads, texts

SMALLER = [0.5, 0.0, 0.1, 0.0, 0.5, 0.0]


@pytest.fixture
def fresh(monkeypatch):
    """ST-CNN Multi and CNN with random weights, in place of published ones."""
    made = {}
    for short in ("st-cnn-multi", "cnn"):
        experiment = find(f"{PREFIX}{short}")
        made[short] = LoadedNetwork(
            experiment=experiment,
            network=experiment.build(seed=0).eval(),
            key=f"fresh {short}",
            title=network_title(short),
            record="not trained",
        )
    keys = tuple(map(Published, made))
    monkeypatch.setattr(choices, "choose_networks", lambda prefix, first: keys)
    monkeypatch.setattr(transformers, "load", lambda key, prefix: made[key.text])
    return made


def test_hand_s_theta_reaches_the_heads_and_the_stage(fresh):
    app = opened("house_numbers", rendering="3")
    assert not app.exception and not app.error
    assert texts(app).count("</b> reads <b") == 2
    data = payload(app)
    assert data["layout"] == "depth" and len(data["thetas"]) == len(data["layers"]) + 1 == 4
    assert data["sizes"] == [[3, 64, 64], [24, 32, 32], [32, 32, 32], [48, 16, 16]]
    crop = [0.6, 0.1, 0.1, -0.1, 0.6, 0.0]
    app.session_state["number-stage"] = {
        "report": {
            "token": data["token"],
            "serial": 7,
            "crop": crop,
            "thetas": [None, SMALLER, 5, None],
        }
    }
    app.run()
    assert not app.exception and "θ set by hand" in texts(app)
    moved = payload(app)
    assert moved["echo"] == 7 and moved["thetas"][1] == pytest.approx(SMALLER)
    assert moved["own"][1] != moved["thetas"][1] and moved["thetas"][0] == moved["own"][0]
    shown = house_numbers.photograph("rendering", 3, 64)
    image = house_numbers.cropped(shown.image, crop, 64)
    with torch.inference_mode():
        trace = fresh["st-cnn-multi"].network.trace(image, None, torch.tensor([SMALLER]))
    number = house_numbers.read_as_text(trace.logits[0].argmax(-1).tolist())
    assert f"reads <b style='font-size:1.6em'>{number or 'nothing'}</b>" in texts(app)


def test_results_compare_the_networks_of_a_size_over_photographs():
    app = opened("house_numbers", number_view="Results", number_crop="128 px")
    assert not app.exception and not app.error
    [table] = [m.value for m in app.markdown if "aria-label='Differences'" in m.value]
    [found] = results.differences("house-numbers", "128")
    assert f"| ST-CNN Multi | CNN | {found.percent:.2f}&nbsp;% | " in table
    assert "95 % confidence intervals over photographs" in texts(app)
    assert found.seeds == 3 and "‡ The mean of 3 trainings of each network" in texts(app)
    assert "±: the spread over several seeds of a training." in texts(app)


def test_results_open_each_network_in_the_page():
    app = opened("house_numbers", number_view="Results")
    [table] = [m.value for m in app.markdown if "<table>" in m.value and "128 × 128" in m.value]
    assert "href='?number_a=CNN'" in table and "href='?'" in table
    assert "href='?number_crop=128+px&amp;number_a=CNN'" in table


@pytest.mark.parametrize(("side", "begun"), [(64, False), (128, True)])
def test_results_say_how_much_was_trained_on(side, begun):
    app = opened("house_numbers", number_view="Results", number_crop=SIDES[side])
    [scope] = [info.value for info in app.info if "Compare these networks" in info.value]
    assert ("begun with networks trained on 2.6 %" in scope) == begun
    assert ("0.9 % of the paper's 235,000" in scope) == begun


def test_results_have_the_confusion_matrix_of_the_crops_and_files():
    app = opened("house_numbers", number_view="Results", confusion="ST-CNN Single")
    chosen = app.selectbox(key="confusion")
    assert chosen.value == "st-cnn-single" and chosen.options[1] == "ST-CNN Single"
    (drawn,) = [c for c in app.get("plotly_chart") if "read as" in c.proto.spec]
    (cells,) = json.loads(drawn.proto.spec)["data"]
    counts = load_metrics(find("house-numbers/64/st-cnn-single")).confusion_test
    assert [[int(n or 0) for n in row] for row in cells["text"]] == [list(row) for row in counts]
    assert cells["x"] == [*"0123456789", "none"]
    labels = {button.proto.label for button in app.get("download_button")}
    assert {"Table as CSV", "Differences as CSV", "All of it as JSON"} <= labels
    assert "Misread examples as CSV" not in labels  # none are compared here

    # A network that there is not for the other crops is not chosen there.
    app.segmented_control(key="number_crop").set_value(choices.LOOSE).run()
    assert not app.exception
    assert app.selectbox(key="confusion").value == "st-cnn-multi"


def test_widths_in_what_is_reproduced_are_those_of_our_networks():
    network = HouseNumberCNN()
    widths = f"{min(network.widths)} to {max(network.widths)} filters of {network.filter_size}"
    assert widths in page_results.REPRODUCED
    assert f"{network.units} units" in page_results.REPRODUCED


def test_crop_of_another_size_is_another_thing_on_the_stage():
    photograph = house_numbers.Photograph(
        image=np.zeros((3, 8, 8), np.uint8), crop=choices.MIDDLE, number=None, name="own/1"
    )
    tokens = {
        Shown(
            choice=choices.Choice(
                networks=(), side=side, photograph=photograph, kind="rendering", index=0
            ),
            networks=(),
        ).token
        for side in SIDES
    }
    assert len(tokens) == len(SIDES)


@pytest.mark.parametrize("entry", [50.0, -4.1, math.nan, math.inf])
def test_crop_that_is_far_too_large_or_no_number_is_not_read(fresh, monkeypatch, entry):
    crop = (0.6, 0.0, 0.0, 0.0, 0.6, 0.0)
    cut = []
    monkeypatch.setattr(
        house_numbers,
        "cropped",
        lambda _, crop, side: cut.append(crop) or torch.zeros(1, 3, 64, 64),
    )
    photograph = house_numbers.photograph("rendering", 3, 64)
    choice = choices.Choice(networks=(), side=64, photograph=photograph, kind="rendering", index=3)
    showing = Shown(choice=choice, networks=(fresh["cnn"],))
    for given in ([*crop[:5], entry], list(crop)):
        shown.readings(showing, DepthReport(crop=given))
    assert cut == [photograph.crop, list(crop)]


def test_no_crop_is_cut_of_more_than_sixteen_times_its_pixels():
    image = np.zeros((3, 256, 256), np.uint8)
    assert house_numbers._oversampling([50, 0, 0, 0, 50, 0], (256, 256), 64) == 16
    assert house_numbers._oversampling([1, 0, 0, 0, 1, 0], (256, 256), 64) == 4
    assert house_numbers.cropped(image, [50, 0, 0, 0, 50, 0], 64).shape == (1, 3, 64, 64)


def test_training_says_which_of_svhn_is_there(monkeypatch, tmp_path):
    monkeypatch.setenv("STN_DATA", str(tmp_path))
    folder = tmp_path / "svhn"
    folder.mkdir()
    assert house_numbers.supply(64).notice.startswith("SVHN is not on this machine")
    (folder / "extra").mkdir()
    said = house_numbers.supply(64)
    assert "holds SVHN's extra, but neither a folder test" in said.problem and not said.notice
    assert str(tmp_path) not in said.problem
    (folder / "test").mkdir()
    assert "SVHN's photographs (extra) and 8,000" in house_numbers.supply(64).notice
    assert house_numbers.supply(128).notice.startswith("SVHN's train is not on this machine")
    (folder / "train").mkdir()
    assert "SVHN's photographs (train and extra)" in house_numbers.supply(64).notice
    assert "SVHN's photographs (train) and" in house_numbers.supply(128).notice


def test_page_names_the_package_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, source.__name__, None)
    for view in ("Explore", "Train"):
        app = opened("house_numbers", number_view=view)
        assert not app.exception
        assert "pip install h5py opencv-python-headless pillow" in app.error[0].value
    with pytest.raises(HouseNumbersError, match="pip install h5py"):
        house_numbers.gallery.__wrapped__(64)


@pytest.mark.parametrize(
    ("text", "is_one"), [("42", True), ("٤٢", False), ("²", False), ("4a", False), ("", False)]
)
def test_true_number_has_the_ten_digits_of_the_heads(text, is_one):
    assert choices.is_number(text) == is_one


def test_page_without_networks_says_what_to_do(monkeypatch):
    monkeypatch.setattr(choices, "choose_networks", lambda prefix, first: ())
    app = opened("house_numbers")
    assert not app.exception and not app.error
    assert "Switch from *Explore* to *Train*" in app.info[0].value
    assert payloads(app)[0]["sizes"] == []  # the photograph and its crop alone


def test_crop_of_a_picture_of_the_set_is_what_networks_are_measured_on():
    digits = house_numbers.gallery(64)
    shown = house_numbers.photograph("rendering", 3, 64)
    measured = find(f"{PREFIX}cnn").data.examples(digits, torch.Generator()).images[3]
    image = house_numbers.cropped(shown.image, shown.crop, 64)[0]
    torch.testing.assert_close(image, measured, atol=1e-5, rtol=0)
