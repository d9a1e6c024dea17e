"""The tour and the lecture's keys in a real headless Chromium."""

from __future__ import annotations

import math
import re

from playwright.sync_api import Page, expect

from app.frame import stops
from app.frame.closing_questions import CLOSING_QUESTIONS
from tests.browser.driving import handle, scrub, stage_of, until

# By the keyboard alone: at each stop the control that is walked to ("<": backwards), and the keys
# that do it.
BY_KEYS = (
    (("the whole grid", "-", 30),),
    (("the whole grid", "Shift+]", 20),),
    (("control point 1", "ArrowRight", 3),),
    (("Descend", "Enter", 1),),
    (("the whole grid", "Shift+ArrowRight", 14),),
    (("frame 1 on the photograph", "ArrowRight", 2),),
    (("Window 1", "ArrowRight", 3),),
    (("Training progress", "ArrowRight", 1),),
    (("digit", "Enter", 1), ("< Volume U", "ArrowRight", 6)),
)
NAME = """() => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    const words = at?.getAttribute("aria-label") || at?.labels?.[0]?.textContent || at?.textContent;
    return (words || "").trim();
}"""
MOST_TABS = 200


def walk_to(page: Page, name: str) -> None:
    """Tab, until it has the focus."""
    met, key = [], "Shift+Tab" if name.startswith("< ") else "Tab"
    name = name.removeprefix("< ")
    for _ in range(MOST_TABS):
        page.keyboard.press(key)
        met.append(page.evaluate(NAME))
        if met[-1].startswith(name):
            return
    raise AssertionError(f"{name} cannot be walked to, but {met}")


def test_tour_is_gone_through_by_the_keyboard_alone(visit):
    page = visit("stop=1", reduced_motion="reduce")
    for number, ways in enumerate(BY_KEYS, 1):
        stop = stops.STOPS[number - 1]
        expect(page.get_by_text(f"Stop {number} of {len(BY_KEYS)}")).to_be_visible()
        expect(page.get_by_text("Your turn")).to_be_visible()
        stage_of(page).locator("canvas").first.wait_for()
        expect(page.locator(".st-key-tour")).to_have_attribute("aria-live", "polite")
        for name, key, times in ways:
            walk_to(page, name)
            for _ in range(times):
                page.keyboard.press(key)
        expect(page.get_by_text("✓ done"), stop.title).to_be_visible()
        walk_to(page, "< Next stop" if number < len(stops.STOPS) else "< Closing questions")
        page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"done=1\.2\.3\.4\.5\.6\.7\.8\.9"))
    expect(page.get_by_text("9 of 9 stops done")).to_be_visible()
    for n, question in enumerate(CLOSING_QUESTIONS):
        walk_to(page, question.answers[0])
        for _ in range(question.right):
            page.keyboard.press("ArrowDown")
        if not question.right:
            page.keyboard.press("Space")
        expect(page.get_by_text("✓ Right.")).to_have_count(n + 1)


def test_stop_stays_in_sight_and_as_high_as_it_is(visit):
    page = visit("stop=2&preset=Fig.+3(a)", at="transformer", reduced_motion="reduce")
    page.set_viewport_size({"width": 1440, "height": 900})
    handle(page, "top left corner").wait_for()
    card = page.locator(".st-key-tour")
    before = card.bounding_box()["height"]
    seen = page.get_by_text("V turned the opposite way.")
    expect(seen).to_be_hidden()
    handle(page, "top left corner").focus()
    for _ in range(17):
        page.keyboard.press("Shift+]")
    expect(seen).to_be_visible()
    assert card.bounding_box()["height"] == before
    page.locator(".st-key-footer").wait_for()  # what the page has below, to be scrolled
    page.mouse.move(700, 700)
    page.mouse.wheel(0, 600)
    until(page, lambda: page.locator("h1").bounding_box()["y"] < -100, "it has not been scrolled")
    expect(seen).to_be_in_viewport(ratio=1)


def test_keys_lead_a_lecture(visit):
    page = visit("step=7", reduced_motion="reduce")
    handle(page, "digit: move").wait_for()
    figure = stage_of(page)
    place = lambda: float(scrub(page).input_value())  # noqa: E731
    middle = place()
    scrub(page).press("ArrowRight")
    scrub(page).press("Shift+ArrowRight")
    assert place() == math.floor(middle) + 11  # from one whole frame to the next
    scrub(page).blur()
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
