"""The page on addition: two digits, two transformers."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect

from app.data import sums
from stn_core import checkpoints
from stn_core.experiments import find
from stn_core.runs.packed import PACKED, unpack
from stn_core.sampling import sample
from stn_core.transforms import (
    Affine,
)
from tests.browser.driving import (
    DEAF,
    drag,
    handle,
    keep_networks,
    said,
    scrub,
    set_mode,
    stage_of,
    until,
)

SUM = (307, 812, 3)  # first and second digit, and seed


def open_addition(visit, query: str = "", beside: str = "nothing", **options) -> Page:
    """The page on addition with two affine transformers, its grids at the prediction."""
    networks = f"sum_a=2×ST-FCN Aff&sum_b={beside}"
    query = "&".join(["first={}&second={}&sum_seed={}".format(*SUM), networks, query])
    page = visit(query, at="addition", reduced_motion="reduce", **options)
    handle(page, "the whole grid").first.wait_for()
    return page


def planes(page: Page, pane: str) -> np.ndarray:
    """The panes of U or V one after the other, from the page: (panes, H, W)."""
    result = stage_of(page).evaluate(
        """(node, pane) => [...node.querySelectorAll(`[data-pane=${pane}] canvas.pixels`)].map(
            (canvas) => [...canvas.getContext("2d").getImageData(0, 0, 42, 42).data].filter(
                (_, i) => i % 4 === 0))""",
        pane,
    )
    return np.reshape(result, (-1, 42, 42))


def sum_trace(page: Page, *thetas):
    """What the published network makes of the U that is on the stage."""
    network = checkpoints.load_pretrained(find("addition/rts/2st-fcn-aff"))
    with torch.inference_mode():
        return network.trace(torch.from_numpy(planes(page, "U")).float()[None] / 255, *thetas)


def outputs(trace) -> np.ndarray:
    """V of every transformer and channel: (transformers · channels, H, W), 0 to 255."""
    return 255 * torch.cat([warp.output[0] for warp in trace.warps]).numpy()


def test_both_transformers_warp_both_channels_of_a_sum(visit):
    page = open_addition(visit)
    drawn = sums.pair_of_digits(*SUM).images[0].numpy() * 255
    np.testing.assert_allclose(planes(page, "U"), drawn, atol=0.51)
    assert np.abs(planes(page, "V") - outputs(sum_trace(page))).max() <= 8


def test_digit_of_a_channel_is_moved_alone_and_both_transformers_follow(visit):
    page = open_addition(visit)
    before = planes(page, "U")
    set_mode(page, "digit in channel 2")
    expect(handle(page, "digit in channel 2: move")).to_have_count(1)
    drag(page, "digit in channel 2: move", 0.15, 0.1)
    after = planes(page, "U")
    np.testing.assert_array_equal(after[0], before[0])
    assert np.abs(after[1] - before[1]).max() > 100
    follows = lambda: np.abs(planes(page, "V") - outputs(sum_trace(page))).max() <= 8  # noqa: E731
    until(page, follows, "the transformers do not follow")


def test_networks_that_add_answer_a_dragged_digit_without_python(visit):
    names = {"2×ST-FCN Aff": "2st-fcn-aff", "ST-FCN Proj": "st-fcn-proj"}
    page = open_addition(visit, beside="ST-FCN Proj")
    keep_networks(page, *(f"addition/rts/{name}" for name in names.values()))
    before = {title: said(page, title) for title in names}
    set_mode(page, "digit in channel 2")
    page.evaluate(DEAF)
    drag(page, "digit in channel 2: move", 0.15, 0.1)
    assert np.abs(planes(page, "V") - outputs(sum_trace(page))).max() <= 8
    for title, name in names.items():
        network = checkpoints.load_pretrained(find(f"addition/rts/{name}"))
        with torch.inference_mode():
            images = torch.from_numpy(planes(page, "U")).float()[None] / 255
            share, total = network.trace(images).logits[0].softmax(0).max(0)
        assert said(page, title) == (total, pytest.approx(100 * float(share), abs=2))
        assert said(page, title) != before[title]


def test_muted_transformer_shows_u_as_it_is(visit):
    page = open_addition(visit, "muted=Mute transformer 1")
    first, second = planes(page, "V").reshape(2, 2, 42, 42)
    np.testing.assert_allclose(first, planes(page, "U"), atol=1)
    identity = Affine().identity()[None]
    trace = sum_trace(page, identity)
    assert np.abs(second - outputs(trace)[2:]).max() <= 8
    predicted = int(trace.logits.argmax())
    expect(page.get_by_text(re.compile(rf"2×ST-FCN Aff reads {predicted} ")).first).to_be_visible()


def test_swapped_channels_have_the_same_sum(visit):
    page, swapped = open_addition(visit), open_addition(visit, "swapped=true")
    np.testing.assert_array_equal(planes(swapped, "U"), planes(page, "U")[::-1])
    truth = int(sums.pair_of_digits(*SUM).labels)
    assert int(sum_trace(swapped).logits.argmax()) == truth
    expect(swapped.get_by_text(re.compile(rf"2×ST-FCN Aff reads {truth} ")).first).to_be_visible()


def test_replay_of_two_transformers_ends_with_the_published_network(visit):
    page = visit("sum_view=Replay", at="addition", reduced_motion="reduce")
    stage_of(page).locator(".cell").first.wait_for()
    run = unpack(checkpoints.published_folder(find("addition/rts/2st-fcn-aff")) / PACKED)
    scrub(page).press("End")
    cell = stage_of(page).locator(".cell").nth(4)
    shown = cell.evaluate(
        """(node) => [...node.querySelectorAll("[data-pane=V] canvas.pixels")].map((canvas) =>
            [...canvas.getContext("2d").getImageData(0, 0, 42, 42).data].filter(
                (_, i) => i % 4 === 0))"""
    )
    image = torch.from_numpy(run.probes[4]).float()[None] / 255
    theta = torch.from_numpy(run.snapshots[-1].theta[4])
    grid = Affine().grid(theta, (42, 42))
    expected = 255 * sample(image.expand(2, -1, -1, -1), grid).numpy().reshape(-1, 42, 42)
    assert np.abs(np.reshape(shown, (-1, 42, 42)) - expected).max() <= 1
    expect(page.get_by_text("Pose variation remaining in V")).to_be_visible()
