"""The page on house numbers: transformers in depth, drawn and dragged by the browser itself."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect

from app.data import house_numbers
from app.views.house_numbers import PAGE
from app.views.house_numbers.choices import FIRST_CHOICES, PREFIX
from stn_core import checkpoints
from stn_core.experiments import find
from tests.browser.driving import WATCH, handle, pixels, stage_of, typed, until

NAME = f"{PREFIX}{FIRST_CHOICES[0]}"
TRANSFORMERS = 4
pytestmark = pytest.mark.skipif(
    not checkpoints.is_published(find(NAME)), reason=f"{NAME} is not published"
)


@torch.no_grad()
def deepest_map() -> np.ndarray:
    """What the last transformer reads of the first picture, by the library: its maps' mean."""
    shown = house_numbers.photograph("rendering", PAGE.defaults["rendering"], 64)
    image = house_numbers.cropped(shown.image, shown.crop, find(NAME).data.side)
    mean = checkpoints.load_pretrained(find(NAME)).trace(image).warps[-1].input[0].mean(0)
    return (255 * mean / mean.max()).numpy()


def pointed(page: Page, pane: str) -> list[str]:
    panes = stage_of(page).locator(f"[data-pane={pane}]")
    return panes.evaluate_all("(all) => all.map((pane) => pane.dataset.pointed)")


def test_frames_maps_heads_and_a_place_that_is_pointed_at_follow_the_hand(visit):
    page = visit(at="house_numbers", reduced_motion="reduce")
    handle(page, "frame 1 on the photograph").wait_for()
    last, library = TRANSFORMERS - 1, deepest_map()
    until(
        page,
        lambda: np.abs(pixels(page, "U", nth=last) - library).max() <= 3,
        "the deepest map is another than the library's",
    )

    group = stage_of(page).get_by_role("group", name="Handles on the photograph")
    expect(group.get_by_role("button", name="top left corner")).to_have_count(1)
    expect(handle(page, "transformer 2, top left corner")).to_have_count(1)

    # What is dragged on the photograph changes all multiplied-out views in the event itself.
    views = [f".pane[data-pane=view]:nth-of-type({n + 1}) canvas" for n in range(TRANSFORMERS)]
    stage_of(page).evaluate(WATCH, ["[data-pane=photo] canvas.overlay", views[0], views[last]])
    handle(page, "frame 1 on the photograph").scroll_into_view_if_needed()
    box = handle(page, "frame 1 on the photograph").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y + 12, steps=3)
    moves = page.evaluate("window.moves")
    assert len(moves) >= 3 and all(all(changed) for changed in moves)
    page.mouse.up()
    expect(page.locator(".st-key-verdict")).to_contain_text("θ set by hand")

    # Muted, every view is the crop itself, and a place keeps its coordinates from map to map.
    for n in range(TRANSFORMERS):
        mute = stage_of(page).get_by_label(f"Mute transformer {n + 1}")
        mute.click()
        expect(mute).to_have_attribute("aria-pressed", "true")
    crop = pixels(page, "U", nth=0)
    until(
        page, lambda: np.abs(pixels(page, "view", nth=last) - crop).max() <= 1, "a view is no crop"
    )
    stage_of(page).locator("[data-pane=V] .square").nth(2).focus()
    page.keyboard.press("ArrowRight")
    for pane in ("U", "V", "view"):
        assert pointed(page, pane) == ["0.050,0.000"] * TRANSFORMERS
    assert pointed(page, "photo") == ["0.040,0.000"]
    page.get_by_role("button", name="Use the predicted θ").click()
    expect(page.locator(".st-key-verdict")).not_to_contain_text("θ set by hand")


def test_crop_that_is_far_too_large_is_not_taken(visit):
    """Typed, it snaps back at once; the grid of a scale of 50 had 164 million points."""
    page = visit(at="house_numbers", reduced_motion="reduce")
    handle(page, "frame 1 on the photograph").wait_for()
    stage_of(page).get_by_role("button", name="crop", exact=True).click()
    scale = typed(page, "scale x")
    expect(scale).to_have_value("0.80")
    scale.fill("50")
    expect(scale).to_have_value("0.80")
    expect(page.get_by_role("button", name="Use the predicted θ")).to_be_disabled()
    scale.fill("0.9")
    expect(page.get_by_role("button", name="Use the predicted θ")).to_be_enabled()


def test_browser_oversamples_a_crop_as_python_does(modules, generator):
    sizes = [(256, 256), (192, 256), (80, 80)]
    crops = [[50.0, 0, 0, 0, 50, 0], *(3 * torch.rand(30, 6, generator=generator) - 1.5).tolist()]
    result = modules(
        """
        const { isCrop, oversampling } = await load("layouts/depth/picture");
        const { Depth } = await load("layouts/depth/depth");
        // What a link says of four transformers: which the hand takes, and the crop.
        const restored = ({ active, crop }) => {
            const layout = {
                count: 4, data: { sizes: [0, 1, 2, 3] }, follow: { stop() {} }, take() {},
            };
            const state = { active, held: Array(4).fill(null), muted: [0, 0, 0, 0], crop };
            return Depth.prototype.restore.call(layout, state);
        };
        return {
            times: given.sizes.map(([height, width]) =>
                given.crops.map((crop) => oversampling(crop, { height, width }, 64))),
            are: [given.crops[0], given.crops[1], [0.6, 0, NaN, 0, 0.6, 0]].map(isCrop),
            active: [0, 3, "crop", 4, -1, 1.5, "1", "length"].map((active) =>
                restored({ active, crop: null })),
            crops: given.crops.slice(0, 2).map((crop) => restored({ active: 0, crop })),
        };
        """,
        {"sizes": sizes, "crops": crops},
    )
    expected = [[house_numbers._oversampling(crop, size, 64) for crop in crops] for size in sizes]
    assert result["times"] == expected and expected[0][0] == house_numbers.MAX_OVERSAMPLING
    assert result["are"] == [False, True, False]
    assert result["active"] == [True] * 3 + [False] * 5
    assert result["crops"] == [False, True]
