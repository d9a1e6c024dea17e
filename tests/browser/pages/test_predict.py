"""Predict first: questions answered by the keyboard, played by the stage, and interrupted."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from app.data.birds import backbone_problem
from app.views.distorted.questions import QUESTIONS as DISTORTED
from app.views.transformer.questions import QUESTIONS as GRID
from app.views.transformer.questions import SHIFTED, SMALL
from tests.browser.driving import (
    frame_by_frame,
    handle,
    made_anew,
    open_transformer,
    settle,
    theta_shown,
    typed,
)

NEAR = 0.006  # of a number that is shown in two digits


def asked(page: Page):
    return page.locator(".predict")


def open_question(page: Page) -> None:
    """By the keyboard: it has the focus then."""
    line = asked(page).get_by_role("button", name="Predict first")
    expect(line).to_have_attribute("aria-expanded", "false")
    line.focus()
    page.keyboard.press("Enter")
    expect(line).to_have_attribute("aria-expanded", "true")


def press_answer(page: Page, n: int) -> None:
    """The n-th answer, from 1 on, after the line or the way that has the focus."""
    for _ in range(n):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")


def test_question_is_answered_by_the_keyboard_and_played_until_a_hand_takes_over(visit):
    page = open_transformer(visit, reduced_motion="no-preference")
    said = asked(page).get_by_role("status")
    open_question(page)
    with frame_by_frame(page) as frames:
        press_answer(page, 2)
        seen, told = [], [""]
        while "Not quite" not in told[-1]:
            next(frames)
            seen.append(theta_shown(page)[0, 2])
            told.append(said.text_content())
    assert any("Watch the figure" in words for words in told)
    assert len({x for x in seen if 0.05 < x < 0.45}) > 3  # it moved there
    np.testing.assert_allclose(theta_shown(page).flatten(), SHIFTED, atol=NEAR)
    assert GRID[0].reasons[1] in said.text_content()
    expect(page).to_have_url(re.compile(r"theta=1%2C0%2C0\.5%2C0%2C1%2C0"))  # Python has it as well
    asked(page).get_by_role("button", name="Next question").focus()
    page.keyboard.press("Enter")
    expect(said).to_be_empty()
    with frame_by_frame(page) as frames:
        page.keyboard.press("Enter")  # the first answer has the focus
        while not 0.6 < theta_shown(page)[0, 0] < 0.9:
            next(frames)
        box = handle(page, "the whole grid").bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
    expect(said).to_have_text(re.compile("Right"))
    held = theta_shown(page)
    assert held[0, 0] > SMALL[0] + 0.05
    page.mouse.move(box["x"] + box["width"] / 2 + 40, box["y"] + box["height"] / 2)
    page.mouse.up()
    moved = theta_shown(page)
    assert moved[0, 2] > held[0, 2] + 0.1
    np.testing.assert_allclose(moved[:, :2], held[:, :2], atol=NEAR)
    page.keyboard.press("Escape")  # on the handle: the question stays
    asked(page).get_by_role("button", name="Close").focus()
    page.keyboard.press("Enter")
    expect(asked(page).get_by_role("group")).to_be_hidden()


def test_stage_and_controls_are_as_the_question_says_and_python_agrees(visit):
    page = visit("digit=207&b_rts=cnn", at="distorted", reduced_motion="reduce")
    handle(page, "the whole grid").wait_for()
    open_question(page)
    press_answer(page, 2)
    expect(asked(page).get_by_role("status")).to_have_text(re.compile("Right"))
    asked(page).get_by_role("button", name="Play again").press("Enter")
    expect(asked(page).get_by_role("group").locator("[aria-pressed=true]")).to_be_focused()
    expect(asked(page).get_by_role("status")).to_have_text(re.compile("Right"))
    end = DISTORTED[0].play().frames["thetas"][-1, 0]
    np.testing.assert_allclose(theta_shown(page).flatten(), end, atol=NEAR)
    digit = page.get_by_role("spinbutton", name="Digit, 0 to 999")
    expect(digit).to_have_value(str(DISTORTED[0].fields["digit"]))
    expect(page.get_by_text("then moved by hand")).to_be_visible()  # Python has the pose as well
    typed(page, "θ11").fill("1")
    expect(page.locator(".st-key-verdict")).to_contain_text("θ set by hand")


@pytest.mark.parametrize(
    ("at", "query", "name", "said"),
    [
        pytest.param(
            *("birds", "free_bird=0", "Mute window 1", "a window muted"),
            marks=pytest.mark.skipif(bool(backbone_problem()), reason="no backbone is installed"),
        ),
        ("house_numbers", "", "Mute transformer 1", "θ set by hand"),
    ],
)
def test_what_a_hand_has_muted_is_heard_when_a_question_is_played(visit, at, query, name, said):
    page = visit(query, at=at, reduced_motion="reduce")  # the picture that the question has
    mute, verdict = handle(page, name), page.locator(".st-key-verdict")
    mute.click()
    expect(verdict).to_contain_text(said)

    # Another picture and back, neither the stage nor Python has it muted.
    cells = page.locator(".strip button.cell")
    first = cells.evaluate_all("(all) => all.findIndex((cell) => cell.ariaPressed === 'true')")
    for n in (1 - min(first, 1), first):
        with made_anew(page, cells.nth(n)):
            cells.nth(n).click()
        expect(cells.nth(n)).to_have_attribute("aria-pressed", "true")
        settle(page)
    expect(mute).to_have_attribute("aria-pressed", "false")
    expect(verdict).not_to_contain_text(said)

    mute.click()
    expect(mute).to_have_attribute("aria-pressed", "true")
    open_question(page)
    press_answer(page, 1)
    expect(asked(page).get_by_role("status")).to_have_text(re.compile("Right|Not quite"))
    expect(mute).to_have_attribute("aria-pressed", "false")
