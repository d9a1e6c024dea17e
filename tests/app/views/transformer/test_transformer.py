"""The Transformer page and its challenge, run by Streamlit's own test harness."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from app.data import families, pictures
from app.views.transformer import choices
from stn_core.transforms import Affine
from tests.app.visiting import opened, payloads

FAMILY_NAMES = list(families.families())


def page(**query: str) -> AppTest:
    """The page as a link with this query opens it."""
    app = opened("transformer", **query)
    assert not app.exception and not app.error
    return app


def run(widget) -> AppTest:
    """The page after a widget was set."""
    app = widget.run()
    assert not app.exception and not app.error
    return app


def told(app: AppTest) -> dict:
    """What Python tells the stage."""
    return next(data for data in payloads(app) if "token" in data)


def theta(app: AppTest) -> list[float]:
    (only,) = told(app)["items"][0]["thetas"]
    return only


def report(app: AppTest, key: str, **state) -> AppTest:
    """What the stage of this key would report, and the page after it."""
    nothing = {"serial": 1, "thetas": None, "poses": None, "position": 1}
    state = {"token": told(app)["token"], **nothing, **state}
    app.session_state[key] = {"report": state}
    return run(app)


def texts(app: AppTest) -> str:
    return " ".join(element.value for element in (*app.markdown, *app.caption, *app.info))


# -- the page


def test_page_opens_on_an_affine_grid_on_the_test_card():
    app = page()
    assert app.title[0].value == "The spatial transformer"
    assert app.selectbox(key="family").value == "Affine"
    assert told(app)["inputSize"] == told(app)["outputSize"] == list(pictures.test_card().shape)
    assert theta(app) != Affine().identity().tolist()


@pytest.mark.parametrize("name", FAMILY_NAMES)
def test_every_family_can_be_chosen_and_starts_at_a_theta_of_its_own(name):
    app = run(page().selectbox(key="family").set_value(name))
    params = len(told(app)["transform"]["names"])
    assert len(theta(app)) == params
    assert theta(app) != told(app)["transform"]["identity"]
    assert f"**{name}**, {params} degrees of freedom" in texts(app)
    assert app.latex[0].value


@pytest.mark.parametrize("name", choices.KERNELS)
def test_every_kernel_can_be_chosen(name):
    app = run(page().selectbox(key="kernel").set_value(name))
    assert told(app)["reading"]["kernel"] == name


def test_tent_is_as_wide_as_the_slider_says():
    app = run(page().selectbox(key="kernel").set_value("tent"))
    app = run(app.slider(key="phi").set_value(2.5))
    assert told(app)["reading"]["halfWidth"] == 2.5


@pytest.mark.parametrize(("name", "times"), choices.SIZES.items())
def test_v_has_the_chosen_size(name, times):
    app = run(page().segmented_control(key="size").set_value(name))
    assert told(app)["outputSize"] == [64 * times, 64 * times]


@pytest.mark.parametrize(("name", "side"), choices.POOLS.items())
def test_v_is_pooled_as_chosen(name, side):
    app = run(page().segmented_control(key="pool").set_value(name))
    assert told(app)["reading"]["pool"] == side


def test_outside_of_u_is_the_border_if_wanted():
    app = page()
    assert told(app)["reading"]["padding"] == "zeros"
    app = run(app.segmented_control(key="padding").set_value("border"))
    assert told(app)["reading"]["padding"] == "border"


@pytest.mark.parametrize("name", choices.IMAGES)
def test_every_image_can_be_chosen(name):
    app = run(page().selectbox(key="image").set_value(name))
    assert told(app)["inputSize"] == ([28, 28] if name == "Digit" else [64, 64])


@pytest.mark.parametrize("name", FAMILY_NAMES)
def test_every_family_works_at_every_size_on_a_digit(name):
    app = page(family=name, image="Digit")
    for size, times in choices.SIZES.items():
        app = run(app.segmented_control(key="size").set_value(size))
        assert told(app)["outputSize"] == [28 * times, 28 * times]


def test_gradient_has_the_identity_as_its_target():
    app = page()
    assert not told(app)["features"]["gradient"]
    app = run(app.toggle(key="gradient").set_value(True))
    assert told(app)["features"]["gradient"]
    assert told(app)["features"]["target"] == [Affine().identity().tolist()]


# -- presets


def assert_is(app: AppTest, name: str) -> None:
    """Whether the page is as this preset has it."""
    preset, data = families.PRESETS[name], told(app)
    assert app.selectbox(key="family").value == preset.family
    assert app.selectbox(key="image").value == preset.image
    np.testing.assert_allclose(theta(app), preset.theta)
    assert data["reading"]["kernel"] == preset.kernel
    assert data["reading"]["pool"] == choices.POOLS[preset.pool]
    assert data["outputSize"] == [n * choices.SIZES[preset.size] for n in data["inputSize"]]
    assert data["features"]["gradient"] == preset.gradient
    assert preset.words in texts(app)


def test_one_preset_after_another_can_be_chosen():
    app = page()
    for name in families.PRESETS:
        app = run(app.pills(key="preset").set_value(name))
        assert_is(app, name)


@pytest.mark.parametrize("name", families.PRESETS)
def test_link_to_a_preset_opens_it(name):
    assert_is(page(preset=name), name)


def test_preset_is_left_with_its_family_and_the_kernel_keeps_it():
    app = page(preset="Mirror")
    app = run(app.selectbox(key="kernel").set_value("bicubic"))
    np.testing.assert_allclose(theta(app), families.PRESETS["Mirror"].theta)
    app = run(app.selectbox(key="family").set_value("Attention"))
    assert app.pills(key="preset").value is None
    assert families.PRESETS["Mirror"].words not in texts(app)


def test_unknown_preset_is_passed_over():
    assert page(preset="Fig. 99").pills(key="preset").value is None


def test_horizon_lies_in_its_grid_and_the_fold_is_one():
    for name in ("Horizon", "Fold"):
        preset = families.PRESETS[name]
        transform = families.families()[preset.family].make((64, 64))
        grid = transform.grid(torch.tensor([preset.theta]), (64, 64))[0]
        along, down = (grid[:-1, 1:] - grid[:-1, :-1]), (grid[1:, :-1] - grid[:-1, :-1])
        turned = along[..., 0] * down[..., 1] - along[..., 1] * down[..., 0] < 0
        assert 0.01 < turned.float().mean() < 0.9


# -- θ in the address


def test_theta_in_the_link_is_taken_up():
    linked = [1.0, 0, 0, 0, 1, 0.5]
    app = page(theta=",".join(map(str, linked)))
    assert theta(app) == linked


def test_theta_in_the_link_stays_in_the_address_until_there_is_another():
    app = page(theta="1,0,.3,0,1,0")
    assert app.query_params["theta"] == "1,0,.3,0,1,0"
    app = report(app, "lab", thetas=None)
    assert app.query_params["theta"] == "1,0,0.3,0,1,0"  # back to the start, which is the link's
    app.selectbox(key="family").set_value("Projective").run()
    assert "theta" not in app.query_params


def test_theta_in_the_link_is_of_the_link_s_family():
    assert theta(page(family="Attention", theta="0.4,0.1,-0.2")) == [0.4, 0.1, -0.2]


@pytest.mark.parametrize(
    "broken",
    ["", "abc", "1,0,0", "1,0,0,0,1,0,0", "1,0,0,0,1,nan", "1,0,0,0,1,inf", "1,0,0,0,1,", ",,,,,"],
)
def test_broken_theta_in_the_link_is_passed_over(broken):
    assert theta(page(theta=broken)) == theta(page())


def test_theta_of_the_hand_stands_in_the_address_and_opens_again():
    hand = [0.5, 0.25, 0, -0.25, 0.5, 0.125]
    app = report(page(), "lab", thetas=[hand])
    again = page(theta=app.query_params["theta"])
    np.testing.assert_allclose(theta(again), hand, atol=1e-3)
    # The hand lets go of it again.
    assert "theta" not in report(app, "lab").query_params


def test_theta_of_the_hand_on_a_preset_opens_again_and_its_words_are_still_true():
    hand = [0.5, 0.25, 0, -0.25, 0.5, 0.125]
    app = report(page(preset="Fig. 3(a)"), "lab", thetas=[hand])
    assert re.search("At the identity, [^.]*V equals U", texts(app))
    again = page(preset="Fig. 3(a)", theta=app.query_params["theta"])
    np.testing.assert_allclose(theta(again), hand, atol=1e-3)


@pytest.mark.parametrize(
    "state",
    [
        {"token": "of another picture", "thetas": [[1.0, 0, 0, 0, 1, 0]]},
        {"thetas": [[1.0, 0, 0]]},
        {"thetas": [[1.0, 0, 0, 0, 1, float("inf")]]},
        {"thetas": "abc"},
    ],
    ids=["stale", "misshapen", "infinite", "text"],
)
def test_unusable_theta_of_a_hand_is_passed_over(state):
    assert "theta" not in report(page(), "lab", **state).query_params


def test_theta_of_the_hand_is_no_other_family_s():
    app = report(page(), "lab", thetas=[[0.5, 0.25, 0, -0.25, 0.5, 0.125]])
    app = run(app.selectbox(key="family").set_value("Attention"))
    assert "theta" not in app.query_params
    assert len(theta(app)) == 3


# -- files


def uploaded(content: bytes) -> AppTest:
    app = page(image="Upload")
    app.file_uploader[0].upload("a picture.png", content, "image/png").run()
    assert not app.exception
    return app


def test_picture_of_the_visitor_s_is_shown_in_colours():
    from tests.app.data.test_pictures import file, quarters

    app = uploaded(file(quarters()))
    assert not app.error
    assert told(app)["channels"] == 3


def test_file_that_is_no_picture_is_an_error_on_the_page_and_the_test_card_stays():
    app = uploaded(b"Dear reader")
    assert "could not be used" in app.error[0].value
    assert told(app)["channels"] == 1


# -- the challenge


def test_challenge_opens_with_the_grid_at_the_identity():
    app = page(lab_view="Challenge")
    assert theta(app) == Affine().identity().tolist()
    assert "Drag the grid" in app.info[0].value
    assert not app.toggle


def test_hand_is_compared_with_the_network_and_the_truth():
    app = page(lab_view="Challenge")
    app = report(app, "challenge-stage", thetas=[[0.6, 0.1, 0, -0.1, 0.6, 0]])
    app = run(app.toggle[0].set_value(True))
    (table,) = (m.value for m in app.markdown if "Ideal θ" in m.value and "|" in m.value)
    rows = {
        cells[1].strip(): [cell.strip() for cell in cells[2:6]]
        for cells in (line.split("|") for line in table.splitlines() if line.startswith("| "))
        if cells[1].strip()
    }
    assert list(rows) == ["Yours", "The network", "Ideal θ"]
    turned, centre, size, read = rows["Ideal θ"]
    assert float(turned.strip("°")) == 0 and centre == "0.0 px" and size == "1.00"
    assert "✓" in rows["The network"][3]
    assert rows["Yours"] != rows["Ideal θ"]


def test_another_digit_starts_the_challenge_anew():
    app = page(lab_view="Challenge")
    before = told(app)["items"][0]["image"]
    app = report(app, "challenge-stage", thetas=[[0.6, 0.1, 0, -0.1, 0.6, 0]])
    app = run(app.button[0].click())
    assert told(app)["items"][0]["image"] != before
    assert "Drag the grid" in app.info[0].value
