"""The Transformer page: one image, any family and kernel, no network."""

from __future__ import annotations

import re
import urllib.parse
import urllib.request

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect

from app.data import families, pictures
from stn_core.sampling import bicubic_kernel, sample
from stn_core.transforms import Affine
from tests.browser.driving import (
    V_PIXELS,
    WATCH,
    drag,
    open_transformer,
    pixels,
    play_button,
    scrub,
    select,
    settle,
    stage_of,
    theta_shown,
    typed,
    until,
)
from tests.browser.expected import transformer_output

MOVED_HANDLES = 5  # of a family at most, the first among them
U_GRID = "[data-pane=U] canvas:nth-child(3)"  # above the pixels and the tint


def test_dragged_corner_changes_v_the_grid_and_the_equation_in_the_same_frame(visit):
    page = open_transformer(visit)
    stage_of(page).evaluate(WATCH, [V_PIXELS, U_GRID, ".equation"])
    drag(page, "bottom right corner", 0.06, 0.09)
    moves = page.evaluate("window.moves")
    assert len(moves) >= 2
    assert all(all(move) for move in moves)
    # The equation's numbers are θ, of which the address keeps three digits, a moment later.
    numbers = stage_of(page).locator(".equation mtd mn").all_text_contents()
    shown = [float(number.replace("−", "-")) for number in numbers if number != "1"]

    def linked() -> list[float]:
        found = re.search(r"theta=([^&]+)", urllib.parse.unquote(page.url))
        return [float(value) for value in found[1].split(",")] if found else [np.inf] * 6

    until(
        page,
        lambda: np.allclose(shown, linked(), atol=0.0061),
        f"the address has another θ than {shown}",
    )
    theta = linked()
    np.testing.assert_allclose(theta_shown(page).flatten(), shown, atol=1e-6)
    expected = transformer_output("Affine", theta, pictures.test_card())
    assert np.abs(pixels(page, "V") - expected).mean() < 1.5


def test_rotation_slider_turns_the_grid(visit):
    page = open_transformer(visit)
    slider = stage_of(page).get_by_label("rotation", exact=True)
    assert slider.input_value() == "-25"
    grid = stage_of(page).locator(U_GRID).first
    before = grid.evaluate("(canvas) => canvas.toDataURL()")
    for _ in range(10):
        slider.press("ArrowRight")
    assert grid.evaluate("(canvas) => canvas.toDataURL()") != before
    turned = families._pose(-15, 0.75, 0.75, 0.25, 0.1, 0.0)
    np.testing.assert_allclose(theta_shown(page).flatten(), turned, atol=0.0051)
    expected = transformer_output("Affine", turned, pictures.test_card())
    np.testing.assert_allclose(pixels(page, "V"), expected, atol=1.5)
    for name, value in (("scale x", 0.75), ("scale y", 0.75), ("shear", 0.25), ("shift x", 0.1)):
        assert float(typed(page, name).input_value()) == pytest.approx(value)


def verdict(page: Page):
    return stage_of(page).locator(".descent .words")


def test_descent_on_a_pull_ends_with_a_match_and_is_played_again(visit):
    page = open_transformer(visit, "preset=Pull", reduced_motion="no-preference")
    start = np.array(families.PRESETS["Pull"].theta).reshape(2, 3)
    arrived = lambda: np.allclose(theta_shown(page), start, atol=0.0051)  # noqa: E731
    until(page, arrived, "the grid does not arrive")
    image = pixels(page, "U")
    stage_of(page).get_by_role("button", name="Descend").click()
    expect(verdict(page)).to_contain_text("Descending")
    expect(verdict(page)).to_contain_text("Matched")
    loss = ((pixels(page, "V") - image) ** 2).mean() / 255**2 / 2
    assert loss < 6e-4
    assert float(re.search(r"loss (\d\.\d+)", verdict(page).inner_text())[1]) < 5e-4
    expect(scrub(page)).to_have_attribute("aria-label", "Step of the descent")
    expect(scrub(page)).to_have_value(re.search(r"after (\d+) step", verdict(page).inner_text())[1])
    scrub(page).press("Home")
    np.testing.assert_allclose(theta_shown(page), start, atol=0.0051)


def test_descent_where_nothing_pulls_says_so_and_leaves_the_grid(visit):
    page = open_transformer(visit, "preset=Dead gradient")
    before = theta_shown(page)
    stage_of(page).get_by_role("button", name="Descend").click()
    expect(verdict(page)).to_contain_text("The gradient is zero")
    np.testing.assert_array_equal(theta_shown(page), before)


# Follows the playhead frame by frame until it jumps back.
JUMPS_BACK = """(scrub) => new Promise((done) => {
    let [before, frames] = [Number(scrub.value), 0];
    const look = () => {
        const now = Number(scrub.value);
        if (now < before || ++frames > 3600) return done(now < before);
        before = now;
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
})"""


def test_playhead_is_stepped_played_at_a_speed_again_and_again_and_paused(visit):
    page = open_transformer(visit, reduced_motion="no-preference")
    start = np.array(families.families()["Affine"].start).reshape(2, 3)
    arrived = lambda: np.allclose(theta_shown(page), start, atol=0.0051)  # noqa: E731
    until(page, arrived, "the grid does not arrive")
    expect(scrub(page)).to_have_value("1")

    play_button(page, "One step back").click()
    expect(scrub(page)).to_have_value("0.9")
    mixed = np.eye(2, 3) + 0.9 * (start - np.eye(2, 3))
    np.testing.assert_allclose(theta_shown(page), mixed, atol=0.0051)
    play_button(page, "One step forward").click()
    expect(scrub(page)).to_have_value("1")

    stage_of(page).get_by_label("Speed").select_option("4")
    play_button(page, "Play").click()
    expect(play_button(page, "Play")).to_be_visible()
    expect(scrub(page)).to_have_value("1")

    again = play_button(page, "Loop")
    again.click()  # which plays from the start, at the end
    expect(again).to_have_attribute("aria-pressed", "true")
    assert scrub(page).evaluate(JUMPS_BACK)
    play_button(page, "Pause").click()
    expect(play_button(page, "Play")).to_be_visible()
    paused = scrub(page).input_value()
    for _ in range(5):
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => done()))")
    assert scrub(page).input_value() == paused


def test_kernel_is_switched_and_theta_stays_as_the_hand_has_set_it(visit):
    page = open_transformer(visit)
    page.set_viewport_size({"width": 1440, "height": 1400})  # a list closes when a page scrolls
    theta = [0.7, 0.2, 0.1, -0.2, 0.7, -0.1]
    stage_of(page).get_by_text("Parameters θ").click()
    for name, value in zip(Affine().parameter_names, theta, strict=True):
        typed(page, name).fill(str(value))
    expect(page).to_have_url(re.compile("theta="))
    card = pictures.test_card()
    np.testing.assert_allclose(pixels(page, "V"), transformer_output("Affine", theta, card), atol=1)
    for option, kernel in (("bicubic", bicubic_kernel), ("integer", "integer")):
        select(page, "Kernel", option)
        expected = transformer_output("Affine", theta, card, kernel)
        # A value half way between two pixels is a matter of rounding for the integer kernel.
        near = lambda: (np.abs(pixels(page, "V") - expected) <= 1).mean() > 0.995  # noqa: E731, B023
        until(page, near, f"V is not that of the {option} kernel at the hand's θ")
    np.testing.assert_allclose(theta_shown(page).flatten(), theta, atol=1e-6)
    expect(stage_of(page).get_by_role("button", name="Reset")).to_be_enabled()


def test_picture_is_drawn_on_the_sheet_and_becomes_u(visit):
    page = open_transformer(visit, "image=Draw")
    settle(page)
    sheet = page.get_by_label("Drawing area")
    box = sheet.bounding_box()
    at = lambda x, y: (box["x"] + x * box["width"], box["y"] + y * box["height"])  # noqa: E731
    page.mouse.move(*at(0.3, 0.2))
    page.mouse.down()
    page.mouse.move(*at(0.3, 0.8), steps=4)
    page.mouse.move(*at(0.7, 0.8), steps=4)
    page.mouse.up()
    drawn = sheet.evaluate(
        """(canvas) => [...canvas.getContext("2d").getImageData(0, 0, 28, 28).data]
            .filter((_, i) => i % 4 === 0)"""
    )
    drawn = np.array(drawn).reshape(28, 28)
    assert drawn[14, 8] > 200 and drawn[22, 14] > 200 and drawn[5, 20] == 0
    until(page, lambda: pixels(page, "U").shape == (28, 28), "the drawing is not shown")
    np.testing.assert_array_equal(pixels(page, "U"), drawn)
    np.testing.assert_allclose(
        pixels(page, "V"),
        transformer_output("Affine", families.families()["Affine"].start, drawn.astype(np.uint8)),
        atol=1.5,
    )


@pytest.mark.parametrize("name", ["Affine", "Projective", "Thin plate spline"])
def test_every_handle_has_a_name_and_is_moved_by_arrows_and_by_any_drag(visit, name):
    page = open_transformer(visit, f"family={name}&image=Test card")
    expect(page.get_by_text(f"{name}, ")).to_be_visible()
    handles = stage_of(page).locator("button.handle")
    names = handles.evaluate_all("(all) => all.map((one) => one.getAttribute('aria-label'))")
    assert len(set(names)) == len(names) >= 4
    assert all("arrow keys" in name for name in names)
    transform = families.families()[name].make((64, 64))
    for place in range(0, len(names), -(-len(names) // MOVED_HANDLES)):
        label = names[place]
        stage_of(page).get_by_role("button", name="θ = identity").click()
        one = handles.nth(place)
        before, output = one.bounding_box(), pixels(page, "V")
        one.press("Shift+ArrowRight")
        assert one.bounding_box()["x"] > before["x"] + 1, label
        assert (pixels(page, "V") != output).any(), label
    fields = stage_of(page).locator("details").last.locator("input[type=number]")
    assert fields.count() == transform.num_params
    no_drag_however_far_destroys_theta(page, name)


def no_drag_however_far_destroys_theta(page: Page, family: str) -> None:
    stage_of(page).get_by_role("button", name="θ = identity").click()
    numbers = stage_of(page).locator("details").last.locator("input[type=number]")
    names = ["the whole grid", *{"Affine": ["top left corner", "right edge"]}.get(family, [])]
    for name in names:
        for dx, dy in ((9, 0.3), (-9, -9), (9, 9)):
            drag(page, name, dx, dy)
            theta = np.array([float(field.input_value()) for field in numbers.all()])
            assert np.abs(theta).max() <= 10, (name, dx, dy, theta)
            if family == "Affine":
                shear = stage_of(page).get_by_label("shear, as a number", exact=True)
                assert abs(float(shear.input_value())) <= 10
    stage_of(page).get_by_role("button", name="θ = identity").click()
    drag(page, "the whole grid", 9, 0)
    moved = np.array([float(field.input_value()) for field in numbers.all()])
    if family == "Affine":
        np.testing.assert_allclose(moved, [1, 0, 2, 0, 1, 0], atol=0.02)


def test_output_pixel_is_reached_by_the_keyboard_and_tells_its_kernel(visit):
    page = open_transformer(visit, "kernel=bicubic (Eq. 3)")
    pane = stage_of(page).locator("[data-pane=V] .square").first
    pane.focus()
    pane.press("ArrowRight")
    expect(stage_of(page).locator(".note")).to_contain_text("V at (33,32)")
    expect(stage_of(page).locator(".note")).to_contain_text("bicubic")


def test_turned_over_part_of_a_grid_is_tinted(visit):
    page = open_transformer(visit, "preset=Mirror")
    assert stage_of(page).get_attribute("data-turned") == "1"
    stage_of(page).get_by_role("button", name="θ = identity").click()
    assert stage_of(page).get_attribute("data-turned") == "0"


def test_two_fingers_move_scale_and_turn_the_grid(visit):
    page = open_transformer(visit, "family=Affine&theta=0.5,0,0,0,0.5,0", has_touch=True)
    settle(page)
    box = stage_of(page).locator("[data-pane=U] .square").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    fingers = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        points_sent = [{"x": x + dx, "y": y + dy, "id": i} for i, (dx, dy) in enumerate(points)]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points_sent})

    touch("touchStart", (-30, 60))
    touch("touchStart", (-30, 60), (30, 60))
    touch("touchMove", (-30, 60), (30, 90))
    touch("touchMove", (-45, 60), (45, 60))  # half as far apart again
    touch("touchEnd")
    until(
        page,
        lambda: np.allclose(theta_shown(page)[:, :2], 0.75 * np.eye(2), atol=0.02),
        "the grid does not grow with the fingers",
    )


def test_pixel_that_is_pointed_at_tells_its_slopes_beside_the_gradient(visit, generator):
    page = open_transformer(visit, "image=Rings&gradient=true&theta=0.6,0.1,0,0,0.7,0.1")
    settle(page)
    box = stage_of(page).locator("[data-pane=V] canvas.pixels").first.bounding_box()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.3 * box["height"])
    note = stage_of(page).locator(".note")
    expect(note).to_contain_text("Eq. 7")
    column, row = map(int, re.search(r"V at \((\d+),(\d+)\)", note.inner_text()).groups())
    written = [
        float(v) for v in re.findall(r"∂V/∂[xy] = (-?[\d.]+)", note.inner_text().replace("−", "-"))
    ]
    image = torch.from_numpy(pictures.rings())[None, None] / 255
    theta = torch.tensor([[0.6, 0.1, 0, 0, 0.7, 0.1]])
    grid = Affine().grid(theta, (64, 64)).requires_grad_()
    (slope,) = torch.autograd.grad(sample(image, grid)[0, 0, row, column], grid)
    np.testing.assert_allclose(written, slope[0, row, column] * 2 / 64, atol=0.006)
