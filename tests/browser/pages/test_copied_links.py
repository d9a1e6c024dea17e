"""Links that are copied from a page bring back what its address alone does not hold."""

from __future__ import annotations

import numpy as np
from playwright.sync_api import Page, expect

from tests.browser.driving import (
    copied,
    data_of,
    handle,
    open_distorted,
    open_volumes,
    play_button,
    scrub,
    set_mode,
    stage_of,
    theta_shown,
    until,
)


def opened(page: Page, address: str) -> Page:
    """The same in a tab of its own, which remembers nothing."""
    other = page.context.new_page()
    other.goto(address)
    scrub(other).wait_for()
    return other


def test_link_has_the_descent_its_playhead_and_the_axes(visit):
    page = visit(at="labels", reduced_motion="reduce")
    stage_of(page).get_by_role("button", name="Descend").click()
    last = float(scrub(page).get_attribute("max"))
    stage_of(page).get_by_label("Horizontal axis").select_option("x")
    for _ in range(3):
        play_button(page, "One step back").click()
    theta = data_of(page, "theta")
    other = opened(page, copied(page))
    expect(scrub(other)).to_have_value(str(round(last) - 3))
    expect(scrub(other)).to_have_attribute("max", str(round(last)))
    expect(stage_of(other).get_by_label("Horizontal axis")).to_have_value("x")
    np.testing.assert_allclose(data_of(other, "theta"), theta, atol=1e-3)


def test_link_has_what_is_revealed_and_the_order(visit):
    page = visit(at="colocalisation", reduced_motion="reduce")
    for name in ("Show true boxes", "Worst first"):
        stage_of(page).get_by_role("button", name=name).click()
    first = stage_of(page).locator(".thumb").first.get_attribute("aria-label")
    other = opened(page, copied(page))
    for name in ("Show true boxes", "Worst first"):
        button = stage_of(other).get_by_role("button", name=name)
        expect(button).to_have_attribute("aria-pressed", "true")
    expect(stage_of(other).locator(".thumb").first).to_have_attribute("aria-label", first)
    expect(stage_of(other).locator(".truth").first).to_be_visible()


def test_link_has_the_playhead_and_what_the_hand_takes(visit):
    page = open_distorted(visit)
    set_mode(page, "digit")
    for _ in range(4):
        play_button(page, "One step back").click()
    theta, position = theta_shown(page), scrub(page).input_value()
    other = opened(page, copied(page))
    handle(other, "digit: move").wait_for()
    there = lambda: scrub(other).input_value() == position  # noqa: E731
    until(other, there, "the playhead is elsewhere")
    np.testing.assert_allclose(theta_shown(other), theta, atol=0.011)
    chosen = stage_of(other).get_by_role("button", name="digit", exact=True)
    expect(chosen).to_have_attribute("aria-pressed", "true")


def test_link_has_the_transformer_whose_handles_are_out(visit):
    page = visit(at="addition", reduced_motion="reduce")
    whose = stage_of(page).get_by_role("group", name="Transformer:").get_by_role("button")
    whose.nth(1).click()
    expect(whose.nth(1)).to_have_attribute("aria-pressed", "true")
    other = opened(page, copied(page))
    again = stage_of(other).get_by_role("group", name="Transformer:").get_by_role("button")
    expect(again.nth(1)).to_have_attribute("aria-pressed", "true")
    expect(again.nth(0)).to_have_attribute("aria-pressed", "false")


def test_link_has_what_the_hand_does_to_a_volume(visit):
    page = open_volumes(visit)
    for name in ("digit", "move"):
        stage_of(page).get_by_role("button", name=name, exact=True).click()
    other = opened(page, copied(page))
    for name in ("digit", "move"):
        button = stage_of(other).get_by_role("button", name=name, exact=True)
        expect(button).to_have_attribute("aria-pressed", "true")
