"""The page on distorted digits: one network's grid in the hand, and its digit."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from playwright.sync_api import expect
from scipy import ndimage

from app.data import examples
from stn_core import checkpoints
from stn_core.experiments import find
from tests.browser.driving import (
    DEAF,
    DIGIT,
    SEED,
    U_PIXELS,
    V_PIXELS,
    WATCH,
    component,
    drag,
    handle,
    keep_networks,
    made_anew,
    open_distorted,
    pixels,
    play_button,
    said,
    scrub,
    select,
    set_mode,
    settle,
    stage_of,
    theta_shown,
    until,
)
from tests.browser.expected import expected_output, prediction, shown, trace_of_u

HEADER_PIXELS = 60  # Streamlit's, which stays at the top
# What slow networks read, on whose turn the input has become another.
LATE_ANSWER = """
    const { Verdicts } = await load("layouts/verdicts");
    const verdicts = new Verdicts(document.createElement("div"));
    const data = { token: "one", rows: [{ title: "", odds: [1], network: "none" }] };
    const read = [];
    verdicts.update(data);
    verdicts.read = () => read.push(verdicts.data.token);
    verdicts.free = performance.now() + 50;
    verdicts.see([[1]], {});
    verdicts.update({ ...data, token: "another" });
    await new Promise((done) => setTimeout(done, 100));
    verdicts.stop();
    return read;
"""


def test_stage_draws_what_the_library_computes_and_follows_its_numbers(visit):
    page = open_distorted(visit)
    np.testing.assert_allclose(pixels(page, "V"), expected_output(), atol=1)
    assert pixels(page, "U").shape == (42, 42)
    grid = stage_of(page).locator("[data-pane=U] canvas.overlay").first
    drawn = grid.evaluate(
        "(c) => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v) => v > 0)"
    )
    assert drawn
    expect(page.get_by_text(re.compile(r" reads \d"))).to_have_count(2)
    play_button(page, "Play").click()  # which jumps, with reduced motion
    expect(scrub(page)).to_have_value("1")
    expect(play_button(page, "Pause")).to_have_count(0)

    # A slider changes V at once, and then what the network says.
    shift = stage_of(page).get_by_label("θ13", exact=True)
    before = float(shift.input_value())
    for _ in range(40):
        shift.press("ArrowRight")
    assert float(shift.input_value()) == pytest.approx(before + 0.4, abs=0.011)
    theta = prediction()
    theta[0, 2] = float(shift.input_value())
    np.testing.assert_allclose(pixels(page, "V"), expected_output(theta), atol=1)
    expect(page.get_by_text("θ set by hand")).to_be_visible()

    stage_of(page).get_by_role("button", name="θ = identity").click()
    np.testing.assert_allclose(pixels(page, "V"), pixels(page, "U"), atol=1)

    stage_of(page).get_by_role("button", name="Use the predicted θ").click()
    np.testing.assert_allclose(pixels(page, "V"), expected_output(), atol=1)
    expect(page.get_by_text("θ set by hand")).to_have_count(0)

    # A number that is typed moves its slider.
    stage_of(page).get_by_label("θ23, as a number").fill("-0.5")
    assert float(stage_of(page).get_by_label("θ23", exact=True).input_value()) == -0.5
    expect(page.get_by_text("θ set by hand")).to_be_visible()

    # Another digit and back, the stage shows the prediction, and Python has forgotten the hand.
    for digit in (5, 2):
        page.locator(".strip button").nth(digit).click()
        page.get_by_role("img", name=f"U: a distorted {digit}").wait_for()
    settle(page)
    np.testing.assert_allclose(pixels(page, "V"), expected_output(), atol=1)
    expect(page.get_by_text("θ set by hand")).to_have_count(0)


def test_grid_arrives_at_the_prediction_by_itself_and_is_played_to_it(visit):
    page = open_distorted(visit, reduced_motion="no-preference")
    close = lambda: np.abs(pixels(page, "V") - expected_output()).max() <= 1  # noqa: E731
    until(page, close, "the grid does not arrive")
    np.testing.assert_allclose(theta_shown(page), prediction().reshape(2, 3), atol=0.0051)
    speed = stage_of(page).get_by_label("Speed")
    speed.select_option("0.25")
    play_button(page, "Play").click()
    play_button(page, "Pause").click()
    assert 0 <= float(scrub(page).input_value()) < 1
    assert np.abs(pixels(page, "V") - expected_output()).max() > 20
    speed.select_option("4")
    play_button(page, "Play").click()
    expect(scrub(page)).to_have_value("1")
    np.testing.assert_allclose(pixels(page, "V"), expected_output(), atol=1)


def test_digit_of_the_strip_or_of_the_angles_is_taken_and_stands_in_the_address(visit):
    page = open_distorted(visit)
    before = pixels(page, "U")
    chosen = page.locator(".strip button").nth(5)
    with made_anew(page, chosen):
        chosen.click()
        expect(chosen).to_have_attribute("aria-pressed", "true")  # at once
    expect(page).to_have_url(re.compile(r"digit=507"))
    expect(chosen).to_have_attribute("aria-pressed", "true")
    assert np.abs(pixels(page, "U") - before).max() > 100
    page.reload()
    handle(page, "the whole grid").wait_for()
    expect(page.locator(".strip button").nth(5)).to_have_attribute("aria-pressed", "true")
    settle(page)
    points = page.locator(".scatterlayer .points path")
    points.nth(3).scroll_into_view_if_needed()
    box = points.nth(3).bounding_box()
    at = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(*at)
    hover = page.locator(".hoverlayer .hovertext").first
    hover.wait_for()
    digit = re.search(r"digit (\d+):", hover.text_content())[1]
    page.mouse.click(*at)
    expect(page).to_have_url(re.compile(rf"digit={digit}&"))
    expect(page.get_by_role("spinbutton", name="Digit, 0 to 999")).to_have_value(digit)


def test_grid_follows_the_hand_and_the_keyboard(visit):
    page = open_distorted(visit)
    before, output = theta_shown(page), pixels(page, "V")
    drag(page, "the whole grid", 0.1, -0.05)
    moved = theta_shown(page)
    inner = 1 - 2 * 0.11  # the image's share of the pane, drawing.js
    np.testing.assert_allclose(moved[:, :2], before[:, :2], atol=0.011)
    np.testing.assert_allclose(moved[:, 2] - before[:, 2], [0.2 / inner, -0.1 / inner], atol=0.03)
    assert np.abs(pixels(page, "V") - output).max() > 50
    expect(page.get_by_text("θ set by hand")).to_be_visible()

    drag(page, "bottom right corner: turn", -0.1, 0.1)
    turned = theta_shown(page)
    np.testing.assert_allclose(turned[:, 2], moved[:, 2], atol=0.011)
    assert abs(np.linalg.det(turned[:, :2]) - np.linalg.det(moved[:, :2])) < 0.3
    assert np.abs(turned[:, :2] - moved[:, :2]).max() > 0.1

    stage_of(page).get_by_role("button", name="Use the predicted θ").click()
    body = stage_of(page).get_by_label("the whole grid")
    body.focus()
    start = theta_shown(page)
    body.press("ArrowRight")
    body.press("Shift+ArrowDown")
    moved = theta_shown(page)
    np.testing.assert_allclose(moved[:, 2] - start[:, 2], [0.02, 0.1], atol=0.011)
    body.press("Shift++")
    grown = theta_shown(page)
    np.testing.assert_allclose(grown[:, :2], 1.1 * moved[:, :2], atol=0.02)
    body.press("Shift+]")
    turned = theta_shown(page)
    cos, sin = np.cos(0.1), np.sin(0.1)
    expected = np.array([[cos, -sin], [sin, cos]]) @ grown[:, :2]
    np.testing.assert_allclose(turned[:, :2], expected, atol=0.02)


def test_pixel_of_v_tells_where_it_is_read_by_eq_5_and_one_of_u_which_pixels_read_it(visit):
    page = open_distorted(visit)
    settle(page)
    output = pixels(page, "V")
    row, column = np.unravel_index(output.argmax(), output.shape)
    box = stage_of(page).locator("[data-pane=V] canvas.pixels").bounding_box()
    scale = box["width"] / output.shape[1]
    page.mouse.move(box["x"] + (column + 0.5) * scale, box["y"] + (row + 0.5) * scale)
    note = stage_of(page).locator(".note")
    expect(note).to_contain_text(f"V at ({column},{row})")
    words = note.inner_text()
    place = re.search(r"\(x, y\) = \((-?[\d.]+), (-?[\d.]+)\)", words)
    network, images = shown()
    grid = network.transformer.transform.grid(prediction(), output.shape)[0, row, column]
    expected = ((grid + 1) * 42 - 1) / 2
    np.testing.assert_allclose([float(v) for v in place.groups()], expected.numpy(), atol=0.006)
    terms = re.findall(r"([\d.]+)·([\d.]+)·([\d.]+)", words)
    assert np.array(terms, float).prod(1).sum() == pytest.approx(
        output[row, column] / 255, abs=0.03
    )
    page.set_viewport_size({"width": 1440, "height": 1400})  # so that nothing is scrolled away
    stage_of(page).get_by_role("button", name="θ = identity").click()
    box = stage_of(page).locator("[data-pane=U] canvas.pixels").bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.4 * box["height"])
    expect(stage_of(page).locator(".note")).to_contain_text("1 output pixel uses this pixel")


def test_moved_digit_is_seen_at_once_and_the_network_follows(visit):
    page = open_distorted(visit)
    network, _ = shown()
    other = said(page, "CNN")
    set_mode(page, "digit")
    verdict = page.get_by_text(re.compile(r"ST-CNN Aff reads")).first
    before, words = theta_shown(page), verdict.inner_text()
    assert "2 (over 99.9 %)" in words
    stage_of(page).evaluate(WATCH, [U_PIXELS, V_PIXELS])
    drag(page, "digit: move", -0.3, 0.1)  # half out of U
    moves = page.evaluate("window.moves")
    assert len(moves) >= 2 and all(all(move) for move in moves)

    def follows() -> bool:
        predicted = trace_of_u(page, network).warps[0].theta.reshape(2, 3)
        return np.allclose(theta_shown(page), predicted, atol=0.03)

    until(page, follows, "θ is not the network's")
    assert np.abs(theta_shown(page) - before).max() > 0.05
    trace = trace_of_u(page, network)
    output = 255 * trace.warps[0].output[0, 0].numpy()
    assert np.abs(pixels(page, "V") - output).mean() < 2
    share, digit = trace.logits[0].softmax(0).max(0)

    def verdict_follows() -> bool:
        result = re.search(r"reads (\d) \((?:over )?([\d.]+) %\)", verdict.inner_text())
        return result and int(result[1]) == digit and abs(float(result[2]) - 100 * share) < 3

    until(page, verdict_follows, "the verdict is not the network's")
    assert verdict.inner_text() != words
    expect(page.get_by_text("then moved by hand")).to_be_visible()
    expect(page.get_by_text("θ set by hand")).to_have_count(0)

    stage_of(page).get_by_role("button", name="Use the predicted θ").click()
    until(page, lambda: np.allclose(theta_shown(page), before, atol=0.011), "it does not go back")
    expect(page.get_by_text("then moved by hand")).to_have_count(0)
    still = pixels(page, "U")
    handle(page, "digit: move").press("Shift+]")
    assert np.abs(pixels(page, "U") - still).max() > 20
    expect(page.get_by_text("then moved by hand")).to_be_visible()

    # A new stage has the digit where it was: the other network's answer is to that again.
    keep_networks(page, "distorted/rts/cnn")
    drag(page, "digit: move", -0.2, 0.1)
    until(page, lambda: said(page, "CNN") != other, "the other network does not follow")
    select(page, "Network", "ST-FCN Aff")
    page.get_by_text("ST-FCN Aff reads").first.wait_for()
    until(page, lambda: said(page, "CNN") == other, "the other network's answer is the hand's")
    assert component(page, LATE_ANSWER) == []


def test_both_networks_answer_a_dragged_digit_without_python(visit):
    names = "st-cnn-aff", "cnn"
    page = open_distorted(visit)
    keep_networks(page, *(f"distorted/rts/{name}" for name in names))
    set_mode(page, "digit")
    theta, before = theta_shown(page), [said(page, title) for title in ("ST-CNN Aff", "CNN")]
    page.evaluate(DEAF)
    drag(page, "digit: move", -0.3, 0.1)
    for title, name, former in zip(("ST-CNN Aff", "CNN"), names, before, strict=True):
        network = checkpoints.load_pretrained(find(f"distorted/rts/{name}"))
        trace = trace_of_u(page, network)
        share, digit = trace.logits[0].softmax(0).max(0)
        assert said(page, title) == (digit, pytest.approx(100 * float(share), abs=3))
        assert said(page, title) != former
        for warp in trace.warps:
            predicted = warp.theta.reshape(2, 3)
            np.testing.assert_allclose(theta_shown(page), predicted, atol=0.03)
            assert np.abs(theta_shown(page) - theta).max() > 0.05
            output = 255 * warp.output[0, 0].numpy()
            assert np.abs(pixels(page, "V") - output).mean() < 2

    before = said(page, "CNN")
    stage_of(page).get_by_role("button", name="θ = identity").click()
    expect(page.locator(".answer", has_text="ST-CNN Aff")).to_contain_text("θ set by hand")
    identity = torch.tensor([[1.0, 0, 0, 0, 1, 0]])
    network = checkpoints.load_pretrained(find("distorted/rts/st-cnn-aff"))
    share, digit = trace_of_u(page, network, 0, identity).logits[0].softmax(0).max(0)
    assert said(page, "ST-CNN Aff") == (digit, pytest.approx(100 * float(share), abs=3))
    assert said(page, "CNN") == before

    # On a phone the picture, what is dragged and both answers are on one screen.
    line = page.locator(".answer-line")
    expect(line).to_be_hidden()
    for width, height in ((375, 667), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        down = stage_of(page).locator(".panes").bounding_box()["y"] - HEADER_PIXELS
        page.get_by_test_id("stMain").evaluate("(main, by) => main.scrollBy(0, by)", down)
        expect(line).to_be_visible()
        hand = stage_of(page).get_by_role("group", name="Drag:").bounding_box()
        assert hand["y"] + hand["height"] <= line.bounding_box()["y"]
        for n, title in enumerate(("ST-CNN Aff", "CNN")):
            expect(line.locator("div").nth(n)).to_contain_text(f"{said(page, title)[1]:.1f} %")
    page.locator(".answer").last.scroll_into_view_if_needed()
    expect(line).to_be_hidden()


def test_sweep_of_the_angle_plays_and_u_turns(visit):
    page = open_distorted(visit, "sweep=true", reduced_motion="no-preference")
    expect(scrub(page)).to_have_attribute("aria-label", re.compile("Rotation of the image"))
    expect(scrub(page)).to_have_attribute("max", "60")
    network, _ = shown()
    scrub(page).press("Home")
    first = pixels(page, "U")
    where = stage_of(page).locator(".where")
    expect(where).to_have_text(re.compile("^[-−]90°$"))
    theta = trace_of_u(page, network).warps[0].theta.reshape(2, 3)
    np.testing.assert_allclose(theta_shown(page), theta, atol=0.02)
    stage_of(page).get_by_label("Speed").select_option("4")
    play_button(page, "Play").click()
    turned = lambda: np.abs(pixels(page, "U") - first).max() > 100  # noqa: E731
    until(page, turned, "U does not turn")
    expect(where).to_have_text("90°")
    expect(play_button(page, "Play")).to_be_visible()
    theta = trace_of_u(page, network).warps[0].theta.reshape(2, 3)
    follows = lambda: np.allclose(theta_shown(page), theta, atol=0.02)  # noqa: E731
    until(page, follows, "θ is not that of the last frame")
    # From −90° to 90° is half a turn: each pixel reads what was on the other side of the middle.
    pose = examples.movable("distorted/rts/st-cnn-aff", DIGIT, SEED).pose
    middle = ((pose[[5, 2]] + 1) * 42 - 1) / 2
    opposite = 2 * middle[:, None, None] - np.indices((42, 42))
    expected = ndimage.map_coordinates(first, opposite, float, order=1)
    assert np.abs(pixels(page, "U") - expected).mean() < 3 < np.abs(first - expected).mean()


def test_digit_that_is_moved_on_one_stage_moves_on_the_other(visit):
    page = open_distorted(visit, "a_rts=ST-CNN Aff&b_rts=ST-FCN Aff")
    expect(page.locator(".stage.compact")).to_have_count(2)
    np.testing.assert_array_equal(pixels(page, "U"), pixels(page, "U", 1))
    before = pixels(page, "U")
    set_mode(page, "digit")
    drag(page, "digit: move", 0.1, -0.1)
    moved = pixels(page, "U")
    assert np.abs(moved - before).max() > 100
    follows = lambda: np.abs(pixels(page, "U", 1) - pixels(page, "U")).max() <= 1  # noqa: E731
    until(page, follows, "the other stage's U does not follow")
    np.testing.assert_array_equal(pixels(page, "U"), moved)
    other = checkpoints.load_pretrained(find("distorted/rts/st-fcn-aff"))

    def drawn() -> bool:
        expected = 255 * trace_of_u(page, other, 1).warps[0].output[0, 0].numpy()
        return np.abs(pixels(page, "V", 1) - expected).max() <= 8

    until(page, drawn, "the other network's grid does not follow")
    expect(page.get_by_text("then moved by hand")).to_be_visible()
