"""The page on invariance in a real headless Chromium: a click in its chart, and its width."""

from __future__ import annotations

import re

import numpy as np
from playwright.sync_api import expect

from app.data.invariance import posed
from stn_core import invariance
from tests.browser.driving import pixels, settle, until

COLUMN = "distorted/rts"


def test_clicked_point_shows_its_digits_and_stands_in_the_address(visit):
    page = visit("writer=4", at="invariance", reduced_motion="reduce")
    settle(page)
    chart = page.locator(".nsewdrag.drag").first
    box = chart.bounding_box()
    values = invariance.load(COLUMN).axis("rotation").values
    margin = 0.03 * (values[-1] - values[0])
    share = (-120 - values[0] + margin) / (values[-1] - values[0] + 2 * margin)
    at = (box["x"] + share * box["width"], box["y"] + box["height"] / 2)
    page.mouse.move(*at)
    page.locator(".hoverlayer .legend").first.wait_for()
    page.mouse.click(*at)
    expect(page.get_by_text(re.compile("^At −120°"))).to_be_visible()
    expect(page).to_have_url(re.compile("at_rotation_rts=-120"))
    expected = 255 * posed(COLUMN, "rotation", -120, (4,))[0, 0].numpy()
    turned = lambda: np.abs(pixels(page, "U", 1) - expected).max() <= 1  # noqa: E731
    until(page, turned, "the digits are not those of the point that was clicked")
