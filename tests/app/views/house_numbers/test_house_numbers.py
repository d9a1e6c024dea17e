"""House numbers, by Streamlit's own test harness, with networks that nobody has trained."""

from __future__ import annotations

import pytest
import torch

from app.data import house_numbers
from app.data.networks import LoadedNetwork, network_title
from app.data.run_keys import Published
from app.panels import transformers
from app.views.house_numbers import choices
from app.views.house_numbers.choices import PREFIX
from stn_core import results
from stn_core.experiments import find
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
