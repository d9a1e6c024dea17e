"""A training of the visitor's own, in the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from stn_core.runs.folder import Run
from tests.browser.driving import pixels, scrub, stage_of, until


def steps_done(page: Page) -> int:
    words = page.get_by_text(re.compile(r"step [\d,]+ of")).first.inner_text()
    return int(re.search(r"step ([\d,]+) of", words)[1].replace(",", ""))


def wait_for_step(page: Page, step: int) -> None:
    page.wait_for_function(
        """(step) => {
            const words = document.body.innerText.match(/step ([\\d,]+) of/);
            return words && Number(words[1].replaceAll(",", "")) >= step;
        }""",
        arg=step,
    )


def wait_for_frames(page: Page, count: int) -> int:
    """Until the replay has so many frames after the first; gives how many it has."""
    frames = lambda: int(scrub(page).get_attribute("max"))  # noqa: E731
    until(page, lambda: frames() >= count, f"the replay does not grow to {count} frames")
    return frames()


def test_training_is_started_watched_paused_reloaded_and_stopped(visit):
    page = visit("view=Train", at="distorted")
    page.get_by_role("button", name="Start training").click()
    frames = wait_for_frames(page, 1)
    first_steps, first_output = steps_done(page), pixels(page, "V")
    wait_for_frames(page, frames + 3)
    wait_for_step(page, first_steps + 1)
    expect(page.get_by_text(re.compile("running · step"))).to_be_visible()
    assert scrub(page).evaluate("(scrub) => scrub.value === scrub.max"), "it is no more live"

    # A playhead that was taken elsewhere stays there while the training goes on.
    scrub(page).press("Home")
    where = stage_of(page).locator(".where")
    expect(where).to_have_text("step 0")
    wait_for_frames(page, int(scrub(page).get_attribute("max")) + 2)
    expect(scrub(page)).to_have_value("0")
    expect(where).to_have_text("step 0")
    np.testing.assert_allclose(pixels(page, "V"), pixels(page, "U"), atol=1)  # the identity

    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text(re.compile("paused · step"))).to_be_visible()
    page.reload()
    expect(page.get_by_text(re.compile("paused · step"))).to_be_visible()
    expect(where).to_have_text("step 0")
    paused_at = steps_done(page)
    page.get_by_role("button", name="Continue", exact=True).click()
    expect(page.get_by_text(re.compile("running · step"))).to_be_visible()
    wait_for_step(page, paused_at + 100)
    page.locator(".strip").first.wait_for()
    scrub(page).press("End")
    assert np.abs(pixels(page, "V") - first_output).max() > 30, "the grid has not moved"
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text(re.compile("stopped · step"))).to_be_visible()
    expect(page.get_by_role("button", name="Resume")).to_be_enabled()

    page.get_by_text("Explore", exact=True).first.click()
    page.get_by_text("More digits").wait_for()
    page.get_by_text("Train", exact=True).first.click()
    expect(where).to_have_text(re.compile("^step [1-9]"))
    assert scrub(page).evaluate("(scrub) => scrub.value === scrub.max"), "it is no more live"


@pytest.fixture
def paused(runs: Path) -> Iterator[Run]:
    """A run that seems to be paused for as long as the test lasts."""
    run = Run(runs / "mine")
    recipe = {"iterations": 100, "batch_size": 64, "learning_rate": 1e-3}
    description = {"experiment": "distorted/r/fcn", "recipe": recipe, "seed": 0}
    run.create({**description, "device_type": "cpu", "device": "CPU"})
    run.set_status("paused", 50)
    run.control("pause")
    with run.owned():
        yield run


def test_two_tabs_on_a_paused_run_have_one_rate(visit, paused):
    run = paused
    tabs = [visit("view=Train&distortion=R&run=run-mine", at="distorted") for _ in range(2)]
    every = [tab.get_by_role("slider", name=re.compile("Peak learning rate")) for tab in tabs]
    # Another tab's choice is a slider of its own; for a moment the one before stands beside it.
    sliders = [those.first for those in every]
    for slider in sliders:
        expect(slider).to_have_attribute("aria-valuetext", "0.001")
    sliders[0].press("ArrowRight")
    for slider in sliders:  # the other tab follows, and does not write its own
        expect(slider).to_have_attribute("aria-valuetext", "0.002")
    sliders[1].press("ArrowRight")
    for slider in sliders:
        expect(slider).to_have_attribute("aria-valuetext", "0.005")
    tabs[0].wait_for_timeout(3_000)  # each page has been refreshed since
    assert run.asked_rate() == 0.005 and run.command() == "pause"
    for those in every:
        expect(those).to_have_count(1)
        expect(those).to_have_attribute("aria-valuetext", "0.005")


def test_number_out_of_range_blocks_the_start(visit):
    page = visit("view=Train", at="distorted")
    field = page.get_by_label("Steps", exact=True)
    start = page.get_by_role("button", name="Start training")
    field.fill("99999999999999999999")
    field.press("Tab")
    expect(start).to_be_disabled()
    expect(page.get_by_text("a whole number from 100 to")).to_be_visible()
    field.fill("300")
    field.press("Tab")
    expect(start).to_be_enabled()
