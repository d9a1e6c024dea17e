"""The page on volumes: a digit in three dimensions, turned by hand."""

from __future__ import annotations

import re

import numpy as np
import torch
import torch.nn.functional as F
from playwright.sync_api import Page, expect

from app.data import recordings
from app.data.volumes import extruded, placed, placed_probe
from app.views.volumes.choices import FIRST_DIGIT, FIRST_SEED
from stn_core import checkpoints
from stn_core.experiments import find
from tests.browser.driving import open_volumes, scrub, stage_of, until


def flat(page: Page, index: int) -> np.ndarray:
    """A small picture: U summed, a slice of U, W, a slice of V."""
    canvas = stage_of(page).locator("canvas.flat").nth(index)
    side, values = canvas.evaluate(
        """(canvas) => {
            const { width } = canvas;
            const { data } = canvas.getContext("2d").getImageData(0, 0, width, width);
            return [width, [...data].filter((_, i) => i % 4 === 0)];
        }"""
    )
    return np.array(values).reshape(side, side)


@torch.no_grad()
def projection(turn: np.ndarray, shift: np.ndarray, image: np.ndarray) -> np.ndarray:
    """W by the library, of the network that is shown first, the brightest pixel 255."""
    network = checkpoints.load_pretrained(find("volumes/extruded/st-cnn-aff"))
    w = network.trace(extruded(image, turn, shift)).classifier_input[0, 0].numpy()
    return 255 * w / w.max()


def grasp_volume(page: Page, dx: float, dy: float) -> None:
    """Drag in the first volume, by so many pixels."""
    canvas = stage_of(page).locator("canvas.solid").first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx, y + dy, steps=5)
    page.mouse.up()


def test_volume_is_projected_as_by_the_library_viewed_flattened_and_sliced(visit):
    page = open_volumes(visit)
    shown = placed(FIRST_DIGIT, FIRST_SEED)
    expected = projection(shown.turn, shown.shift, shown.image)
    until(page, lambda: np.abs(flat(page, 2) - expected).max() <= 2, "W is another")
    u = extruded(shown.image, shown.turn, shown.shift)[0, 0].sum(0).numpy()
    assert np.abs(flat(page, 0) - 255 * u / u.max()).max() <= 2
    sentence = re.compile(r"Viewing angle off face-on: (\d+)° in U, (\d+)° in V")
    below = sentence.search(stage_of(page).inner_text())
    beside = page.get_by_text(re.compile("Viewing angle.* in the box of ")).inner_text()
    assert re.findall(r"(\d+)°", beside)[:2] == list(below.groups())
    solids = stage_of(page).locator("canvas.solid")
    before = [solids.nth(i).screenshot() for i in (0, 1)]
    w = flat(page, 2)
    grasp_volume(page, 60, 20)
    assert all(solids.nth(i).screenshot() != before[i] for i in (0, 1))
    np.testing.assert_array_equal(flat(page, 2), w)
    ways = page.get_by_role("group", name="Turn or move").get_by_role("button")
    expect(ways.nth(1)).to_be_disabled()  # the view only turns
    page.get_by_role("button", name="digit", exact=True).click()
    expect(ways.nth(1)).to_be_enabled()
    solid = stage_of(page).locator("canvas.solid").nth(1)
    before = solid.screenshot()
    page.get_by_label("Flatten V:").fill("1")
    assert solid.screenshot() != before
    page.get_by_label("Slice:").fill("0")
    expect(page.get_by_text("V, slice 1 of 30")).to_be_visible()


def test_digit_that_is_turned_is_followed_and_a_turned_grid_is_what_the_classifier_is_given(visit):
    page = open_volumes(visit)
    caption = page.get_by_text("Rotation of this digit")
    u = flat(page, 0)
    page.get_by_role("button", name="digit", exact=True).click()
    grasp_volume(page, 70, 0)
    assert np.abs(flat(page, 0) - u).max() > 20
    expect(caption).to_contain_text("then moved by hand")
    page.get_by_role("button", name="Use the predicted θ").click()
    expect(caption).not_to_contain_text("then moved by hand")
    np.testing.assert_array_equal(flat(page, 0), u)
    w = flat(page, 2)
    page.get_by_role("button", name="grid", exact=True).click()
    canvas = stage_of(page).locator("canvas.solid").first
    for _ in range(6):
        canvas.press("ArrowRight")
    assert np.abs(flat(page, 2) - w).max() > 20
    expect(page.get_by_text("θ set by hand")).to_be_visible()
    page.get_by_role("button", name="θ = identity").click()
    shown = placed(FIRST_DIGIT, FIRST_SEED)
    u = extruded(shown.image, shown.turn, shown.shift)
    plain = F.avg_pool3d(u, 2)[0, 0].sum(0).numpy()
    assert np.abs(flat(page, 2) - 255 * plain / plain.max()).max() <= 2


def test_replay_of_a_volume_has_the_recording_s_charts_and_ends_with_the_published_network(visit):
    page = visit("volume_view=Replay&volume_probe=5", at="volumes", reduced_motion="reduce")
    page.locator("canvas.solid").first.wait_for()
    shown = placed_probe(5)
    u = extruded(shown.image, shown.turn, shown.shift)
    start = F.avg_pool3d(u, 2)[0, 0].sum(0).numpy()
    until(page, lambda: np.abs(flat(page, 2) - 255 * start / start.max()).max() <= 2, "not U")
    scrub(page).press("End")
    expected = projection(shown.turn, shown.shift, shown.image)
    # The recording has θ of the training's own precision, the published network float16 weights.
    until(page, lambda: np.abs(flat(page, 2) - expected).max() <= 25, "W is another")
    expect(page.get_by_text("5 ◂")).to_be_visible()
    mean = stage_of(page).get_by_label("Mean of W over 10 digits of class 8")
    mean.wait_for()
    run = recordings.recorded("volumes/extruded/st-cnn-aff")

    def painted() -> np.ndarray:
        return np.array(
            mean.evaluate(
                """(canvas) => [...canvas.getContext("2d")
                    .getImageData(0, 0, canvas.width, canvas.height).data]"""
            )
        )[::4].reshape(30, 30)

    for key, snapshot in {"Home": run.snapshots[0], "End": run.snapshots[-1]}.items():
        scrub(page).press(key)
        np.testing.assert_array_equal(painted(), snapshot.mean_output[2, 0])
    for chart in ("Learning rate", "Gradient norm", "θ of this probe: translation"):
        canvas = stage_of(page).get_by_role("img", name=re.compile(f"^{re.escape(chart)}\\."))
        ink = canvas.evaluate(
            """(canvas) => new Set(canvas.getContext("2d")
                .getImageData(0, 0, canvas.width, canvas.height).data).size"""
        )
        assert ink > 10, chart
