"""The tour and the lecture's keys in a real headless Chromium."""

from __future__ import annotations

import re

from playwright.sync_api import expect
from test_browser import chromium, handle, scrub, server, stage_of, until, visit  # noqa: F401

import tour


def test_stop_waits_until_it_is_done_and_then_says_what_was_seen(visit):  # noqa: F811
    page = visit("lesson=1", reduced_motion="reduce")
    expect(page.get_by_text("Waiting for it to be done")).to_be_visible()
    handle(page, "top left corner").focus()
    for _ in range(12):
        page.keyboard.press("Shift+]")
    expect(page.get_by_text("✓ done")).to_be_visible()
    expect(page).to_have_url(re.compile("done=1"))
    page.get_by_role("link", name="Next stop").click()
    expect(page.get_by_text(f"Stop 2 of 11: {tour.STOPS[1].title}")).to_be_visible()
    handle(page, "the digit: move").wait_for()
    page.get_by_role("button", name="the grid").click()
    handle(page, "the whole grid").focus()
    for _ in range(12):
        page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_text("✓ done")).to_be_visible()
    expect(page).to_have_url(re.compile(r"done=1\.2"))


def test_replay_s_stop_is_done_by_moving_the_playhead(visit):  # noqa: F811
    page = visit("lesson=7", reduced_motion="reduce")
    expect(page.get_by_text("Waiting for it to be done")).to_be_visible()
    scrub(page).wait_for()
    scrub(page).press("ArrowLeft")
    expect(page.get_by_text("✓ done")).to_be_visible()


def test_keys_lead_a_lecture(visit):  # noqa: F811
    page = visit(reduced_motion="reduce")
    handle(page, "the digit: move").wait_for()
    figure = stage_of(page)
    place = lambda: float(scrub(page).input_value())  # noqa: E731
    middle = place()
    page.locator("h1").click()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    assert place() == middle + 11
    page.keyboard.press("r")
    assert place() == middle
    page.keyboard.press("Space")
    until(page, lambda: place() != middle, "the space bar does not play")
    page.keyboard.press("Space")
    expect(figure.get_by_role("button", name="Play", exact=True)).to_be_visible()
    page.keyboard.press("9")
    expect(figure.get_by_role("button", name="Take this 8")).to_have_attribute(
        "aria-pressed", "true"
    )
    page.keyboard.press("Shift+?")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("play, or pause")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_what_is_hidden_is_not_to_be_seen_and_letters_are_larger(visit):  # noqa: F811
    page = visit("hide=playhead,kernel&large=true", at="transformer", reduced_motion="reduce")
    handle(page, "the whole grid").wait_for()
    expect(stage_of(page).locator(".transport")).to_be_hidden()
    expect(page.get_by_text("Kernel", exact=True)).to_be_hidden()
    expect(page.get_by_text("Image U", exact=True)).to_be_visible()
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "20px"
