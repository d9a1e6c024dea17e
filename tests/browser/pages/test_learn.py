"""Train in your browser: it trains, is broken, goes back, and gives its weights away."""

from __future__ import annotations

import numpy as np
from playwright.sync_api import expect

from app.data.browser_recordings import uploaded_recording
from stn_core.experiments import find
from stn_core.foreign_checkpoints import load_own
from tests.browser.driving import data_of, stage_of, until
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
    assert len(set(errors())) == 1, "at the identity both networks say the same"
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
    np.testing.assert_array_equal(data_of(page, "theta"), before)
    press("Integer kernel")
    press("affine")

    page.keyboard.press("r")
    until(page, lambda: stopped_at(0), "step 0")
    np.testing.assert_array_equal(data_of(page, "theta"), IDENTITY)
    press("10 steps")
    until(page, lambda: stopped_at(10), "the same ten steps")
    assert (errors(), data_of(page, "theta").tolist()) == ten
    for name, title in (("fcn", "FCN"), ("st-fcn-aff", "ST-FCN")):
        with page.expect_download() as download:
            press(f"Weights of the {title}")
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        load_own(find(f"browser/r/{name}"), path)
    with page.expect_download() as download:
        press("Recording of the ST-FCN")
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    recorded = uploaded_recording("test", path.read_bytes)
    assert [snapshot.step for snapshot in recorded.snapshots] == [0, 10]
    np.testing.assert_allclose(recorded.snapshots[1].theta[0, 0], ten[1], atol=1e-6)
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
    page.set_viewport_size({"width": 375, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
