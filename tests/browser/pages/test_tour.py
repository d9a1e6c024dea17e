"""The tour and the lecture's keys in a real headless Chromium."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.driving import PATIENCE_MILLISECONDS, handle, scrub, stage_of, until


def test_stop_stays_in_sight_and_as_high_as_it_is(visit):
    page = visit("lesson=1", reduced_motion="reduce")
    page.set_viewport_size({"width": 1440, "height": 900})
    handle(page, "top left corner").wait_for()
    card = page.locator(".st-key-tour")
    before = card.bounding_box()["height"]
    seen = page.get_by_text("For each pose")
    expect(seen).to_be_hidden()
    handle(page, "top left corner").focus()
    for _ in range(12):
        page.keyboard.press("Shift+]")
    expect(seen).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    assert card.bounding_box()["height"] == before
    page.locator(".st-key-footer").wait_for()  # what the page has below, to be scrolled
    page.get_by_text("The paper, figure by figure").scroll_into_view_if_needed()
    page.mouse.move(700, 700)
    page.mouse.wheel(0, 600)
    until(page, lambda: page.locator("h1").bounding_box()["y"] < -100, "it has not been scrolled")
    expect(seen).to_be_in_viewport(ratio=1)


def test_keys_lead_a_lecture(visit):
    page = visit(reduced_motion="reduce")
    handle(page, "digit: move").wait_for()
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
    expect(figure.get_by_role("button", name="Choose this 9")).to_have_attribute(
        "aria-pressed", "true"
    )
    page.keyboard.press("Shift+?")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("play or pause")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_what_is_hidden_is_not_to_be_seen_and_letters_are_larger(visit):
    page = visit("hide=playhead,kernel&large=true", at="transformer", reduced_motion="reduce")
    handle(page, "the whole grid").wait_for()
    expect(stage_of(page).locator(".transport")).to_be_hidden()
    expect(page.get_by_text("Kernel", exact=True)).to_be_hidden()
    expect(page.get_by_text("Image U", exact=True)).to_be_visible()
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "20px"
