"""The page on birds: windows that are dragged and a cover that is laid, drawn by the browser."""

from __future__ import annotations

import numpy as np
from playwright.sync_api import expect

from app.data import birds
from tests.browser.driving import WATCH, handle, pixels, stage_of, until


def test_crop_follows_its_window_and_a_cover_is_painted(visit):
    page = visit("free_bird=1", at="birds", reduced_motion="reduce", width=390)
    window, note = handle(page, "Window 1: drag it"), stage_of(page).locator(".note")
    window.scroll_into_view_if_needed()
    crops = [f".crops figure:nth-child({n}) canvas" for n in (1, 2)]
    stage_of(page).evaluate(WATCH, [crops[0]])
    photo = stage_of(page).locator(".photo").bounding_box()
    box = window.bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + box["height"] - 5)  # in no other window
    page.mouse.down()
    page.mouse.move(box["x"] - 400, box["y"] + box["height"] - 5, steps=4)
    moves = page.evaluate("window.moves")
    assert len(moves) >= 3 and moves[0] == [True]
    page.mouse.up()
    assert abs(window.bounding_box()["x"] - photo["x"]) < 2  # no window leaves the photograph
    expect(note).to_contain_text("window 1 moved by")
    for _ in range(2):
        page.keyboard.press("Shift+ArrowRight")
    assert abs(window.bounding_box()["x"] - photo["x"] - 0.1 * photo["width"]) < 2

    # Covered, the photograph has its mean colour there, and nowhere else another one.
    before, colour = pixels(page, "photo"), birds.mean_colour(birds.bird(birds.FREE, 1).image)[0]
    stage_of(page).get_by_role("button", name="cover", exact=True).click()
    page.mouse.click(photo["x"] + photo["width"] / 2, photo["y"] + photo["height"] / 4)
    after = pixels(page, "photo")
    assert (after[16:48, 48:80] == colour).all()
    after[16:48, 48:80] = before[16:48, 48:80]
    assert np.array_equal(after, before)
    stage_of(page).get_by_role("button", name="Uncover").click()
    until(page, lambda: np.array_equal(pixels(page, "photo"), before), "it is still covered")
    stage_of(page).get_by_role("button", name="Predict").click()
    expect(note).not_to_contain_text("moved by")

    # By the keyboard it is laid in the middle, and moved from there.
    stage_of(page).get_by_role("button", name="cover", exact=True).press("Enter")
    cover = handle(page, "The cover: arrow keys move it")
    expect(cover).to_be_focused()
    assert (pixels(page, "photo")[48:80, 48:80] == colour).all()
    page.keyboard.press("Shift+ArrowUp")
    shown = cover.bounding_box()
    assert abs(shown["y"] - photo["y"] - 0.325 * photo["height"]) < 2
