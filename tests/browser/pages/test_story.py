"""The story on the front page, gone through by keyboard, by mouse and wheel, and by touch."""

from __future__ import annotations

import base64
import json
import re
from urllib.parse import quote

import numpy as np
import pytest
import torch
from playwright.sync_api import expect

from app.data import browser_networks
from app.views.front.steps import STEPS
from stn_core import checkpoints
from stn_core.experiments import find
from tests.browser.driving import (
    copied,
    data_of,
    drag,
    handle,
    pixels,
    scrub,
    stage_of,
    until,
)

IDENTITY = [1, 0, 0, 0, 1, 0]
SHOWN = {  # the boxes of the figure that a step shows
    1: {"u", "classifier"},
    2: {"u", "v", "classifier"},
    3: {"u", "localisation", "theta", "generator", "v", "classifier"},
    4: {"u", "sampler", "v"},
    5: {"u", "localisation", "theta", "generator", "sampler", "v", "classifier"},
    6: set(),
    7: {"u", "localisation", "theta", "generator", "sampler", "v", "classifier"},
}
# Of a chart: whether its cursor, an upright line, is where the last value is.
INK_AT_ITS_RIGHT_END = """(canvas) => {
    const sharp = canvas.width / canvas.clientWidth;
    const x = Math.round((canvas.clientWidth - 10) * sharp);
    const high = Math.round(canvas.height / 2);
    const { data } = canvas.getContext("2d").getImageData(x - 2, 0, 4, high);
    const inked = Array.from({ length: high }, (_, y) => {
        const row = data.subarray(16 * y, 16 * (y + 1));
        return row.some((v, i) => i % 4 === 3 && v > 100);
    });
    return inked.filter(Boolean).length > high / 2;
}"""


def boxes(page) -> set[str]:
    return {
        box.get_attribute("data-box")
        for box in stage_of(page).locator(".figure2 .box").all()
        if box.is_visible()
    }


def expect_step(page, number: int) -> None:
    expect(stage_of(page).locator(".panel h2")).to_have_text(
        f"{number} / {len(STEPS)} {STEPS[number - 1].title}"
    )
    expect(page).to_have_url(re.compile(rf"step={number}\b"))


def bottom_of(page, selector: str) -> float:
    box = stage_of(page).locator(selector).first.bounding_box()
    return box["y"] + box["height"]


def open_story(visit, query: str = "", **options):
    page = visit(query, reduced_motion="reduce", **options)
    stage_of(page).locator(".panel h2").wait_for()
    return page


def test_story_is_told_by_the_keyboard_and_every_step_fits_a_projector(visit):
    page = open_story(visit)
    page.set_viewport_size({"width": 1280, "height": 720})
    assert boxes(page) == SHOWN[1]
    assert "θ" not in stage_of(page).inner_text(), "no symbol before it is needed"
    said = stage_of(page).locator(".said").first
    expect(said).to_contain_text("Reads 8")  # until it is moved
    handle(page, "digit: move").focus()
    for key in ["Shift+ArrowRight"] * 4 + ["Shift+ArrowUp"] * 4:
        page.keyboard.press(key)
    expect(said).to_contain_text("it is an 8")
    for number in range(2, len(STEPS) + 1):
        page.keyboard.press(("PageDown", "ArrowRight")[number % 2])
        expect_step(page, number)
        assert boxes(page) == SHOWN[number], number
        controls = ".ways" if number == len(STEPS) else ".sticky"
        until(page, lambda c=controls: bottom_of(page, c) <= 720, f"step {number} is too high")
    page.keyboard.press("PageUp")
    expect_step(page, len(STEPS) - 1)
    back = stage_of(page).get_by_role("button", name="Previous step")
    back.press("Enter")
    back.press("Enter")
    expect_step(page, len(STEPS) - 3)
    expect(back).to_be_focused()
    page.keyboard.press("Shift+?")
    expect(page.get_by_role("dialog")).to_contain_text("next step of the story")


def test_story_is_told_by_the_wheel_and_its_figure_stays_in_sight(visit):
    page = open_story(visit)
    page.set_viewport_size({"width": 1280, "height": 720})
    page.mouse.move(640, 500)
    met = []
    for _ in range(60):
        page.mouse.wheel(0, 120)
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => done()))")
        met.append(stage_of(page).locator(".panel .count").inner_text().split()[0])
        if met[-1] == str(len(STEPS)):
            break
        assert stage_of(page).locator(".panel").bounding_box()["y"] >= 0
    assert sorted(set(met)) == [str(n) for n in range(1, len(STEPS) + 1)]
    expect_step(page, len(STEPS))
    page.get_by_text("Fig. 5: three dimensions").scroll_into_view_if_needed()  # what comes after
    stage_of(page).get_by_role("button", name=re.compile("^Step 2")).click()
    expect_step(page, 2)


def test_digit_is_read_once_the_frame_is_dragged_onto_it(visit):
    page = open_story(visit, "step=2")
    np.testing.assert_allclose(data_of(page, "theta"), IDENTITY)
    expect(stage_of(page).locator(".said").first).to_contain_text("Reads 9")
    drag(page, "the whole grid", 0.16, -0.18)
    handle(page, "top left corner").focus()
    for key in ["-"] * 7 + ["Shift+]"] * 5:
        page.keyboard.press(key)
    expect(stage_of(page).locator(".said").first).to_contain_text("Reads 8")
    expect(stage_of(page).locator(".note-now")).to_contain_text("you are the transformer")
    page.keyboard.press("PageDown")  # with the focus on a handle, as after a drag
    expect_step(page, 3)


def test_sampler_shows_the_four_pixels_and_their_weights(visit):
    page = open_story(visit, "step=4")
    four = stage_of(page).locator(".quad .tap")
    expect(four).to_have_count(4)
    taps = [[float(n) for n in re.findall(r"\d\.\d\d", tap.inner_text())] for tap in four.all()]
    weights = np.array([weight for _, weight in taps])
    assert weights.sum() == pytest.approx(1, abs=0.021)
    total = sum(grey * weight for grey, weight in taps)
    note = stage_of(page).locator(".sampler .note, .note").first.inner_text()
    column, row = map(int, re.search(r"V at \((\d+),(\d+)\)", note).groups())
    assert total == pytest.approx(pixels(page, "V")[row, column] / 255, abs=0.03)
    expect(stage_of(page).locator(".rays path")).to_have_count(3)


def test_step_of_a_link_is_shown_while_its_grid_is_on_its_way(visit):
    page = visit("step=4", reduced_motion="no-preference")
    expect(stage_of(page).locator(".quad .tap")).to_have_count(4)
    expect(page.get_by_text("BidiComponent Error")).to_have_count(0)


def test_gradient_does_not_move_what_a_hand_has_set(visit):
    page = visit("step=5", reduced_motion="no-preference")
    corner = handle(page, "top left corner")
    corner.press("ArrowRight")
    held = data_of(page, "theta")
    page.wait_for_timeout(3000)  # it would begin by itself
    np.testing.assert_array_equal(data_of(page, "theta"), held)
    stage_of(page).get_by_role("button", name="Descend").press("Enter")
    until(page, lambda: (data_of(page, "theta") != held).any(), "it does not descend")
    corner.press("ArrowRight")
    held = data_of(page, "theta")
    page.wait_for_timeout(200)
    np.testing.assert_array_equal(data_of(page, "theta"), held)


def test_loss_flows_backwards_and_a_step_lowers_it(visit):
    page = open_story(visit, "step=5")
    loss = stage_of(page).locator(".loss")
    shown = lambda: float(loss.inner_text().split("=")[-1])  # noqa: E731
    start = shown()
    stage_of(page).get_by_role("button", name="One step").click()
    until(page, lambda: shown() < start, "a step does not lower the loss")
    expect(stage_of(page).get_by_text("moved by the gradient")).to_be_visible()
    gradient = stage_of(page).locator(".gradient").inner_text()
    values = [float(v.replace("−", "-")) for v in re.findall(r"−?\d+\.\d+", gradient)]
    network = checkpoints.load_pretrained(find(browser_networks.NAME))
    image = torch.from_numpy(pixels(page, "U")).float()[None, None] / 255
    theta = torch.tensor([data_of(page, "theta")]).float().requires_grad_()
    logits = network.trace(image, theta).logits
    exact = torch.nn.functional.cross_entropy(logits, torch.tensor([8]))
    exact.backward()
    assert shown() == pytest.approx(exact.item(), rel=0.02)
    np.testing.assert_allclose(values, -theta.grad[0].numpy(), rtol=0.05, atol=0.5)
    stage_of(page).get_by_role("button", name="Descend").click()
    expect(stage_of(page).locator(".said").first).to_contain_text("Reads 8")
    assert shown() < start / 10
    handle(page, "Choose this 3").click()  # which begins at a wrong place, too
    assert np.abs(data_of(page, "theta") - IDENTITY).max() > 0.5
    stage_of(page).get_by_role("button", name="forward").click()
    expect(loss).to_be_hidden()


def test_blocks_open_where_they_are_and_say_true_sums(visit):
    page = open_story(visit, "step=3")
    stage_of(page).get_by_text("One filter, close up").click()
    words = stage_of(page).locator(".product + .words")
    expect(words).to_contain_text("products sum to")
    numbers = [float(n.replace("−", "-")) for n in re.findall(r"−?\d+\.\d\d", words.inner_text())]
    products, bias, value = numbers
    assert value == pytest.approx(max(0, products + bias), abs=0.011)
    stage_of(page).get_by_text("Set each by hand").click()
    expect(words).to_be_hidden()
    stage_of(page).get_by_label("θ13, as a number").fill("0.9")
    assert data_of(page, "theta")[2] == pytest.approx(0.9)
    expect(stage_of(page).get_by_text("set by hand", exact=True)).to_be_visible()


def test_training_is_watched_and_the_limits_are_measured_in_the_browser(visit):
    page = open_story(visit, "step=6")
    slider = stage_of(page).get_by_label("Training progress")
    strip = stage_of(page).locator(".training .strip")
    slider.press("Home")
    expect(strip).not_to_have_attribute("aria-label", re.compile("^8 of 8"))
    slider.press("End")
    expect(strip).to_have_attribute("aria-label", re.compile("^8 of 8"))
    loop = stage_of(page).get_by_role("button", name="Loop")
    loop.click()
    until(page, lambda: slider.input_value() != slider.get_attribute("max"), "it does not replay")
    loop.click()
    slider.press("End")
    page.keyboard.press("Escape")
    stage_of(page).get_by_role("button", name="Next →").click()
    curve = stage_of(page).locator(".limits canvas")
    until(page, lambda: "at  180" in curve.get_attribute("aria-label"), "the curve stays short")
    said = curve.get_attribute("aria-label")
    parts = said.split("alone, reading U:")
    aided, alone = ([float(v) for v in re.findall(r"([\d.]+) at  ", part)] for part in parts)
    assert np.mean(aided[:5]) > np.mean(alone[:5]) + 30
    assert not curve.evaluate(INK_AT_ITS_RIGHT_END)
    scrub(page).press("End")
    expect(stage_of(page).locator(".where")).to_contain_text("180°")
    assert curve.evaluate(INK_AT_ITS_RIGHT_END), "the cursor is not at 180°"


def test_three_questions_are_answered_by_the_figure(visit):
    asked = {n: step.question for n, step in enumerate(STEPS, 1) if step.question}
    assert len(asked) == 3
    page = open_story(visit)
    page.set_viewport_size({"width": 1280, "height": 720})
    panel = stage_of(page).locator(".panel")
    for number, question in asked.items():
        if number > 1:
            stage_of(page).get_by_role("button", name=re.compile(f"^Step {number}:")).click()
            expect_step(page, number)
        panel.get_by_role("button", name="Predict first").press("Enter")
        expect(panel.get_by_text(question.words)).to_be_visible()
        expect(panel.locator(":scope > .told")).to_be_hidden()
        said = panel.locator(".asked [role=status]")
        right = 0 if number == 3 else 1  # it follows; the others are misread
        for chosen in (1 - right, right):
            panel.get_by_role("button", name=question.answers[chosen]).press("Enter")
            expect(said).to_contain_text(question.reasons[chosen])
            expect(said).to_contain_text(
                "Right." if chosen == right else "Not quite: the answer is"
            )
        figure = stage_of(page).locator(".figure")
        theta, logits = (
            [float(v) for v in figure.get_attribute(f"data-{name}").split(",")]
            for name in ("theta", "logits")
        )
        if number == 3:
            assert theta[2] > 0.15  # its frame is where the digit has come to
        else:
            assert int(np.argmax(logits)) != {1: 8, 7: 4}[number]
        assert bottom_of(page, ".ways" if number == len(STEPS) else ".sticky") <= 720
        panel.get_by_role("button", name="Close").press("Enter")
        expect(panel.locator(":scope > .told")).to_be_visible()


def test_story_on_a_phone_is_turned_by_touch_and_fits(visit):
    page = open_story(visit, width=375, has_touch=True, is_mobile=True)
    page.set_viewport_size({"width": 375, "height": 812})
    for number in range(2, len(STEPS) + 1):
        stage_of(page).get_by_role("button", name="Next →").tap()
        expect_step(page, number)
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 375
        if number < len(STEPS):
            seen = ".training .strip" if number == 6 else ".said, .quad"
            boxes_shown = [b for b in stage_of(page).locator(seen).all() if b.is_visible()]
            lowest = max(b["y"] + b["height"] for b in (n.bounding_box() for n in boxes_shown))
            assert lowest <= 812, number


def test_link_to_a_step_and_an_old_link_without_one(visit):
    page = open_story(visit, "step=3")
    expect_step(page, 3)
    page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop = 0")
    expect_step(page, 1)
    token = quote(browser_networks.network().title, safe="")
    state = {token: {"digit": 3, "pose": IDENTITY, "theta": IDENTITY}}
    old = base64.urlsafe_b64encode(json.dumps(state).encode()).decode().rstrip("=")
    page = open_story(visit, f"stage={old}")
    expect(stage_of(page).locator(".panel h2")).to_contain_text(STEPS[-1].title)
    np.testing.assert_allclose(data_of(page, "theta"), IDENTITY)
    expect(stage_of(page).get_by_text("set by hand", exact=True)).to_be_visible()


def test_digit_of_one_s_own_is_read_while_it_is_drawn_and_kept_in_the_link(visit):
    page = open_story(visit, "step=3")
    pen = stage_of(page).get_by_role("button", name="Draw")
    pen.click()
    sheet = stage_of(page).locator(".sheet").bounding_box()
    page.mouse.move(sheet["x"] + 0.5 * sheet["width"], sheet["y"] + 0.2 * sheet["height"])
    page.mouse.down(button="right")
    page.mouse.up(button="right")
    assert pixels(page, "U").max() == 0
    page.mouse.down()
    read = set()
    for share in np.linspace(0.25, 0.8, 12):
        page.mouse.move(sheet["x"] + 0.5 * sheet["width"], sheet["y"] + share * sheet["height"])
        read.add(stage_of(page).locator(".said").first.inner_text())
    page.mouse.up()
    expect(stage_of(page).locator(".said").first).to_contain_text("Reads 1")
    assert len(read) > 1 and not any("it is" in words for words in read)
    ink = pixels(page, "U")
    assert ink.max() == 255
    pen.click()
    expect(stage_of(page).locator(".sheet")).to_have_count(0)
    handle(page, "digit: move").press("Shift+ArrowRight")
    moved, theta = pixels(page, "U"), data_of(page, "theta")
    assert np.abs(moved.astype(int) - ink).max() > 100
    other = open_story(visit, copied(page).split("?")[1])
    expect(stage_of(other).locator(".said").first).to_contain_text("Reads 1")
    assert np.abs(pixels(other, "U").astype(int) - moved).max() <= 16
    np.testing.assert_allclose(data_of(other, "theta"), theta, atol=0.05)
    stage_of(other).get_by_role("button", name=re.compile("^Step 7")).click()
    expect(stage_of(other).get_by_text("no curve of its class")).to_be_visible()
    expect(stage_of(other).locator(".limits canvas")).to_be_hidden()
