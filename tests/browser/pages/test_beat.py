"""Beat the network, played: by the keyboard against a clock, and by a finger on a phone."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from playwright.sync_api import expect

from app.data import browser_networks
from app.palette import GRIDS
from app.stage.beat import SECONDS
from app.views.beat.digits import ten
from stn_core import checkpoints
from stn_core.experiments import find
from stn_core.transforms import decompose_affine
from tests.browser.driving import data_of, handle, pixels, stage_of, until
from tests.browser.pages.test_touch import PHONE, middle, touch
from tests.browser.screens import nothing_is_cut

# The colours on a canvas, as (red, green, blue).
COLOURS = """(canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const at = [...Array(data.length / 4).keys()].filter((i) => data[4 * i + 3] === 255);
    const seen = new Set(at.map((i) => data.slice(4 * i, 4 * i + 3).join()));
    return [...seen].map((text) => text.split(",").map(Number));
}"""
KEY_DEGREES = np.degrees(0.02)  # of one "[" or "]"; five times as much with Shift
SEED = 7
TURNED, LEFT = 3, 1  # digits that are brought upright, and that are left as they were


def angle_of(theta) -> float:
    return decompose_affine(torch.tensor([theta]).float())["angle_degrees"].item()


def off(theta, ideal) -> float:
    return abs((angle_of(theta) - angle_of(ideal) + 180) % 360 - 180)


def keys_to_turn(degrees: float) -> list[str]:
    """The keys that turn the frame so far."""
    steps = round(abs(degrees) / KEY_DEGREES)
    key = "]" if degrees > 0 else "["
    return [f"Shift+{key}"] * (steps // 5) + [key] * (steps % 5)


def results(thetas: list) -> list[tuple[float, int, bool]]:
    """How far off upright each of the first digits is at its θ, what the network reads, by
    PyTorch, and whether that is right; the network's own θ stand for None."""
    network = checkpoints.load_pretrained(find(browser_networks.NAME))
    found = []
    for digit, theta in zip(ten(SEED), thetas, strict=False):
        image = torch.from_numpy(digit.image)[None, None].float() / 255
        given = None if theta is None else torch.tensor([theta]).float()
        with torch.no_grad():
            trace = network.trace(image, given)
        said = int(trace.logits.argmax())
        held = trace.warps[0].theta[0].tolist()
        found.append((off(held, digit.ideal), said, said == digit.label))
    return found


def winner(mine, its) -> str:
    if mine and mine[2] and its[2]:
        return "You" if mine[0] <= its[0] else "Network"
    return "You" if mine and mine[2] else "Network" if its[2] else "–"


def expect_cell(words: str, result) -> None:
    if result is None:
        assert words == "not reached"
        return
    angle, said = re.fullmatch(r"([\d.]+)° off\s+reads (\d) [✓✗]", words).groups()
    assert float(angle) == pytest.approx(result[0], abs=0.15)
    assert int(said) == result[1]
    assert ("✓" in words) == result[2]


def left_and_continued(page, theta: list[float]) -> None:
    """A reload stops the clock; "Continue" starts it again, with the frame where it was."""
    stage, before = stage_of(page), seconds_left(page)
    page.reload()
    expect(stage.get_by_text("Press Continue")).to_be_visible()
    stopped = seconds_left(page)
    assert before - 2 <= stopped <= before
    assert not pixels(page, "U").any()  # nobody looks at the digit while the clock stands still
    page.clock.fast_forward(5000)
    assert seconds_left(page) == stopped
    page.keyboard.press("Enter")
    expect(stage.locator(".count")).to_have_text(f"Digit {TURNED + LEFT} of 10")
    np.testing.assert_allclose(data_of(page, "theta"), theta)


def seconds_left(page) -> int:
    return int(stage_of(page).locator(".clock").inner_text().split()[0])


def test_game_is_played_by_the_keyboard_and_its_score_is_true(visit):
    page = visit(f"seed={SEED}", at="beat", reduced_motion="reduce")
    stage = stage_of(page)
    expect(stage.get_by_text("Press Start")).to_be_visible()
    page.clock.install()
    stage.get_by_role("button", name="Start").focus()
    page.keyboard.press("Enter")
    thetas = []
    for n, digit in enumerate(ten(SEED)[: TURNED + LEFT], 1):
        expect(stage.locator(".count")).to_have_text(f"Digit {n} of 10")
        np.testing.assert_array_equal(pixels(page, "U"), digit.image)
        for key in keys_to_turn(angle_of(digit.ideal)) if n <= TURNED else ():
            page.keyboard.press(key)
        thetas.append(data_of(page, "theta").tolist())
        if n < TURNED + LEFT:
            page.keyboard.press("Enter")
    left_and_continued(page, thetas[-1])
    page.clock.fast_forward(1000 * SECONDS)
    rows = stage.locator(".board tbody tr")
    expect(rows).to_have_count(10)
    mine = [*results(thetas), *[None] * (10 - len(thetas))]
    its = results([None] * 10)
    assert max(angle for angle, _, _ in mine[:TURNED]) < KEY_DEGREES
    points = [winner(*both) for both in zip(mine, its, strict=True)]
    assert {"You", "Network"} <= set(points)
    for row, *both, point in zip(rows.all(), mine, its, points, strict=True):
        cells = row.locator("td").all_inner_texts()
        for words, result in zip(cells[1:3], both, strict=True):
            expect_cell(words, result)
        assert cells[3] == point
    frames = {tuple(c) for c in rows.first.locator("canvas.overlay").evaluate(COLOURS)}
    assert {tuple(bytes.fromhex(colour[1:])) for colour in GRIDS} <= frames
    for width, height in ((1280, 720), (375, 800)):
        page.set_viewport_size({"width": width, "height": height})
        nothing_is_cut(page, {"width": width})
    total = f"You {points.count('You')}, the network {points.count('Network')}"
    expect(stage.get_by_role("heading")).to_have_text(total)
    expect(stage.get_by_role("link", name="Find a pose")).to_have_attribute("href", "./?step=7")
    page.reload()
    expect(stage.get_by_role("heading")).to_have_text(total)
    stage.get_by_role("button", name="Play again").click()
    expect(stage.get_by_text("Press Start")).to_be_visible()
    expect(page).to_have_url(re.compile(rf"seed={SEED + 1}\b"))
    for n in range(11):  # start, and ten digits
        page.keyboard.press("Enter")
        if n == 0:
            np.testing.assert_array_equal(pixels(page, "U"), ten(SEED + 1)[0].image)
    expect(stage.locator(".board .words")).to_contain_text("10 of 10 digits")


def test_game_is_played_by_a_finger(visit):
    page = visit(at="beat", **PHONE)
    stage = stage_of(page)
    start = stage.get_by_role("button", name="Start")
    touch(page, *middle(start))
    turn = lambda: data_of(page, "theta")[1]  # noqa: E731
    corner = handle(page, "top left corner")
    before = (corner.wait_for(), turn())[1]
    touch(page, *middle(corner), across=60)
    until(page, lambda: abs(turn() - before) > 0.05, "the frame is turned")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    stage.get_by_text("next by itself").click()
    page.clock.install()
    touch(page, *middle(handle(page, "top right corner")), across=20)
    page.clock.fast_forward(3000)
    expect(stage.locator(".count")).to_have_text("Digit 2 of 10")
    np.testing.assert_allclose(data_of(page, "theta"), [1, 0, 0, 0, 1, 0])
