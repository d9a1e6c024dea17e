"""Train in your browser: it trains, is broken, goes back, and gives away what other pages open."""

from __future__ import annotations

import re

import numpy as np
from playwright.sync_api import expect

from app.data.browser_recordings import uploaded_recording
from app.panels.own_recording import how
from stn_core.experiments import find
from stn_core.foreign_checkpoints import load_own
from tests.browser.driving import data_of, go, select, settle, stage_of, until
from tests.browser.from_disk import from_disk, take_page

IDENTITY = [1, 0, 0, 0, 1, 0]


def test_tab_trains_is_broken_starts_again_and_is_taken_away(visit, chromium, tmp_path):
    page = visit("seed=3", at="learn", reduced_motion="reduce")
    stage = stage_of(page)
    steps = lambda: int(data_of(page, "steps")[0])  # noqa: E731
    errors = lambda: data_of(page, "errors").tolist()  # noqa: E731
    press = lambda name: stage.get_by_role("button", name=name, exact=True).click()  # noqa: E731
    stopped_at = lambda n: stage.get_attribute("data-running") == "false" and steps() == n  # noqa: E731
    expect(stage).to_have_attribute("data-steps", "0")
    press("10 steps")
    until(page, lambda: stopped_at(10), "ten steps")
    ten = errors(), data_of(page, "theta").tolist()
    assert ten[1] != IDENTITY

    press("▶ Train")
    until(page, lambda: steps() > 60, "it trains")
    assert max(errors()) < 80
    press("Integer kernel")
    press("attention")
    page.keyboard.press(" ")
    until(page, lambda: stage.get_attribute("data-running") == "false", "it pauses")
    at, before = steps(), data_of(page, "theta")
    page.keyboard.press("ArrowRight")
    until(page, lambda: stopped_at(at + 1), "a step")
    page.keyboard.press("Shift+ArrowRight")
    until(page, lambda: stopped_at(at + 11), "ten steps by one key")
    np.testing.assert_array_equal(data_of(page, "theta"), before)
    press("Integer kernel")
    affine = stage.get_by_role("button", name="affine", exact=True)
    affine.press("Enter")
    expect(affine).to_be_focused()

    page.keyboard.press("r")
    until(page, lambda: stopped_at(0), "step 0")
    np.testing.assert_array_equal(data_of(page, "theta"), IDENTITY)
    press("10 steps")
    until(page, lambda: stopped_at(10), "the same ten steps")
    assert (errors(), data_of(page, "theta").tolist()) == ten

    def file_of(name: str):
        with page.expect_download() as download:
            press(name)
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        return path

    for name, title in (("fcn", "FCN"), ("st-fcn-aff", "ST-FCN")):
        weights = file_of(f"Weights of the {title}")
        load_own(find(f"browser/r/{name}"), weights)
    recorded = uploaded_recording("affine", file_of("Recording of the ST-FCN").read_bytes)
    assert [snapshot.step for snapshot in recorded.snapshots] == [0, 10]
    np.testing.assert_allclose(recorded.snapshots[1].theta[0, 0], ten[1], atol=1e-6)
    assert "Broken" not in how(recorded)
    press("attention")
    with from_disk(chromium, take_page(page, tmp_path)) as opened:
        figure = stage_of(opened)
        expect(figure).to_have_attribute("data-steps", "0")
        chosen = figure.get_by_role("button", name="attention")
        expect(chosen).to_have_attribute("aria-pressed", "true")
        figure.get_by_role("button", name="▶ Train").click()
        until(opened, lambda: int(data_of(opened, "steps")[0]) > 120, "the file trains")
        losses = opened.evaluate("page.stages[0].layouts[0].losses.y[1]")
        assert np.mean(losses[-5:]) < np.mean(losses[:5]) - 0.1

    # The address has what is set, and gives the same run again; not one that was changed.
    press("Swapped labels")
    press("attention")
    expect(stage.locator(".broken")).to_contain_text("Changed at step 10")
    page.keyboard.press("r")
    until(page, lambda: stopped_at(0), "step 0")
    press("10 steps")
    until(page, lambda: stopped_at(10), "ten steps, broken")
    broken = errors(), data_of(page, "theta").tolist()
    assert broken != ten
    page.wait_for_url(re.compile("(?=.*family=attention)(?=.*broken=swapped)"))
    recording = file_of("Recording of the ST-FCN")
    recorded = uploaded_recording("attention", recording.read_bytes)
    s, _, t_x, _, _, t_y = broken[1]
    np.testing.assert_allclose(recorded.snapshots[1].theta[0, 0], [s, t_x, t_y], atol=1e-6)
    page.reload()
    expect(stage).to_have_attribute("data-steps", "0")
    press("10 steps")
    until(page, lambda: stopped_at(10), "the same ten steps, by the address")
    assert (errors(), data_of(page, "theta").tolist()) == broken
    page.set_viewport_size({"width": 375, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page.set_viewport_size({"width": 1440, "height": 900})

    go(page, "Distorted MNIST")
    page.get_by_text("R", exact=True).first.click()
    settle(page)
    page.get_by_role("button", name="Open a checkpoint").click()
    page.get_by_test_id("stPopoverBody").locator("input[type=file]").set_input_files(weights)
    page.get_by_text("Opened as your ST-FCN Aff").wait_for()
    page.keyboard.press("Escape")
    select(page, "Network", "your ST-FCN Aff")
    expect(page.locator(".answer").first).to_contain_text("your ST-FCN Aff reads")
    page.get_by_text("Replay", exact=True).first.click()
    settle(page)
    page.get_by_role("button", name="Open a recording").click()
    page.get_by_test_id("stPopoverBody").locator("input[type=file]").set_input_files(recording)
    page.get_by_text("Choose it under Training").wait_for()
    page.keyboard.press("Escape")
    select(page, "Training", "your ST-FCN")
    page.get_by_text("Broken: swapped labels.").wait_for()
    expect(stage_of(page).locator(".title")).to_contain_text("your ST-FCN")
