"""The front page in a real headless Chromium: the network that the browser runs, against torch."""

from __future__ import annotations

import base64
import re
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect

from app.data import browser_networks
from app.stage import transformers
from stn_core import checkpoints
from stn_core.experiments import find
from stn_core.transforms import Affine
from tests.browser.driving import PAINTED, data_of, handle, pixels, stage_of, until

SPARE = """(node) => node.closest(".box").getBoundingClientRect().right
    - node.getBoundingClientRect().right"""


@torch.no_grad()
def assert_network_is_torch_s(page) -> None:
    """What the browser says of the U that it shows, against the library."""
    network = checkpoints.load_pretrained(find(browser_networks.NAME))
    image = torch.from_numpy(pixels(page, "U")).float()[None, None] / 255
    theta = torch.tensor(data_of(page, "theta"))[None].float()
    trace = network.trace(image)
    # U is in whole grey values on the screen, and not in the network
    torch.testing.assert_close(trace.warps[0].theta, theta, rtol=0, atol=0.01)
    held = network.trace(image, theta)
    np.testing.assert_allclose(data_of(page, "logits"), held.logits[0], atol=0.15)
    np.testing.assert_allclose(pixels(page, "V"), 255 * held.warps[0].output[0, 0].numpy(), atol=2)


def assert_drag_tells_its_angle_and_leaves_no_mark(page) -> None:
    """With a pixel pointed at before the drag."""
    u = stage_of(page).locator("[data-pane=U] .square")
    marked = lambda: u.locator("canvas.overlay").last.evaluate(PAINTED)  # noqa: E731
    where = stage_of(page).locator(".where")
    u.hover(position={"x": 40, "y": 40})
    assert marked()
    before = where.inner_text()
    handle(page, "top left corner").hover()
    page.mouse.down()
    box = u.bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.1 * box["height"], steps=3)
    expect(where).to_be_visible()
    expect(where).not_to_have_text(before)
    expect(where).to_have_text(re.compile(r"^digit turned by −?\d+°$"))
    assert not marked()
    page.mouse.up()
    page.locator("h1").hover()
    assert not marked()


def test_browser_runs_the_network_as_torch_does(visit):
    page = visit("step=7", reduced_motion="reduce")
    handle(page, "digit: move").wait_for()
    before = data_of(page, "theta")
    assert_network_is_torch_s(page)
    where = stage_of(page).locator(".where")
    turn = lambda: int(re.search(r"−?\d+", where.inner_text())[0].replace("−", "-"))  # noqa: E731
    at_first = turn()
    handle(page, "top left corner").focus()
    for _ in range(4):
        page.keyboard.press("Shift+]")
    until(page, lambda: abs(turn() - at_first - 23) <= 1, "4 · 0.1 radians")
    page.keyboard.press("Shift+ArrowRight")
    assert np.abs(data_of(page, "theta") - before).max() > 0.1
    assert_network_is_torch_s(page)
    expect(stage_of(page).locator(".said").first).to_contain_text("Reads ")
    assert_drag_tells_its_angle_and_leaves_no_mark(page)
    matrix = stage_of(page).locator(".matrix")  # which an arrow leads away from
    for width in (1100, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        until(page, lambda: matrix.evaluate(SPARE) >= -1, f"the matrix is cut at {width} pixels")


def test_theta_by_hand_is_kept_until_it_is_given_back(visit, server):
    page = visit("step=7", reduced_motion="reduce")
    figure = stage_of(page)
    handle(page, "digit: move").wait_for()
    assert_affine_form_is_python_s(page, server)
    predicted = data_of(page, "theta")
    figure.get_by_role("button", name="θ = identity").click()
    np.testing.assert_allclose(data_of(page, "theta"), [1, 0, 0, 0, 1, 0])
    np.testing.assert_allclose(pixels(page, "V"), pixels(page, "U"), atol=1)
    expect(figure.get_by_text("set by hand")).to_be_visible()
    figure.get_by_role("button", name="Use the network's θ").click()
    np.testing.assert_allclose(data_of(page, "theta"), predicted)

    figure.get_by_role("button", name="grid", exact=True).click()
    handle(page, "the whole grid").press("Shift+ArrowRight")
    assert data_of(page, "theta")[2] == pytest.approx(predicted[2] + 0.1, abs=1e-6)
    link = figure.get_by_role("link", name="Grid generator").get_attribute("href")
    asked = parse_qs(urlsplit(link).query)
    linked = [float(v) for v in asked["theta"][0].split(",")]
    np.testing.assert_allclose(linked, data_of(page, "theta"), atol=1e-3)


def assert_affine_form_is_python_s(page: Page, server: str) -> None:
    for rigid, whole in ((False, "the whole grid"), (True, "digit")):
        form = page.evaluate(
            """async ([url, whole, rigid]) => {
                const { affine } = await import(url);
                const form = affine([5, 4], whole, rigid);
                const plain = ([name, v]) => [name, v instanceof Float32Array ? [...v] : v];
                return Object.fromEntries(Object.entries(form).map(plain));
            }""",
            [f"{server}/_stcore/bidi-components/app.stage/maths/affine.js", whole, rigid],
        )
        expected = transformers.describe_transform(Affine(), (5, 4), rigid=rigid, whole=whole)
        assert set(form) == set(expected)
        for name, value in expected.items():
            if name in ("slope", "offset", "target", "latticeTarget", "handleTarget"):
                numbers = np.frombuffer(base64.b64decode(value), np.float32)
                np.testing.assert_allclose(form[name], numbers, atol=1e-6)
            else:
                assert form[name] == ([list(r) for r in value] if name == "ranges" else value)


def test_boxes_of_the_figure_open_pages_on_a_phone(visit):
    page = visit("step=7", width=375, reduced_motion="reduce")
    handle(page, "digit: move").wait_for()
    page.get_by_text("Fig. 5: three dimensions").wait_for()
    stage_of(page).get_by_role("link", name="Grid generator").click()
    expect(page).to_have_url(re.compile("/transformer"))
    handle(page, "the whole grid").wait_for()
