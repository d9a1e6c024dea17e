"""What a hand does while a choice is on its way to Python, or just before it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.driving import (
    open_distorted,
    open_transformer,
    settle,
    stage_of,
    typed,
    until,
)

REST_MILLISECONDS = 600  # in which whatever a hand has set is reported


class SlowAnswers:
    """What Python sends waits until it is let through; what the browser sends does not."""

    def __init__(self, page: Page) -> None:
        self.page, self.held, self.holds = page, [], False
        page.route_web_socket("**/_stcore/stream", self._connect)
        page.reload()
        stage_of(page).get_by_label("the whole grid").wait_for()
        settle(page)

    def _connect(self, socket) -> None:
        self.socket = socket
        server = socket.connect_to_server()
        server.on_message(self._receive)

    def _receive(self, message) -> None:
        if self.holds:
            self.held.append(message)
        else:
            self.socket.send(message)

    def let_through(self) -> None:
        until(self.page, lambda: bool(self.held), "Python has not answered")
        self.holds = False
        for message in self.held:
            self.socket.send(message)
        self.held.clear()


@pytest.mark.parametrize("is_before", [True, False])
def test_choice_of_a_digit_is_not_undone_by_what_a_hand_does_meanwhile(visit, is_before):
    page = open_distorted(visit)
    answers = SlowAnswers(page)
    answers.holds = True
    if is_before:
        typed(page, "θ23").fill("-0.5")
    page.locator(".strip button").nth(5).click()
    if not is_before:
        typed(page, "θ23").fill("-0.5")
    page.wait_for_timeout(REST_MILLISECONDS)
    answers.let_through()
    expect(page.get_by_role("img", name="U: a distorted 5")).to_be_visible()
    settle(page)
    expect(page.get_by_role("img", name="U: a distorted 5")).to_be_visible()
    expect(page.get_by_text("θ set by hand")).to_have_count(0)
    stage_of(page).get_by_label("the whole grid").press("ArrowRight")  # which Python hears again
    expect(page.get_by_text("θ set by hand")).to_be_visible()


@pytest.mark.parametrize("is_before", [True, False])
def test_button_has_its_effect_whatever_a_hand_does_meanwhile(visit, is_before):
    page = open_distorted(visit)
    answers = SlowAnswers(page)
    seed = page.get_by_label("Seed", exact=True)
    before = int(seed.input_value())
    answers.holds = True
    if is_before:
        typed(page, "θ23").fill("-0.5")
    page.get_by_role("button", name="New distortion").click()
    if not is_before:
        typed(page, "θ23").fill("-0.5")
    page.wait_for_timeout(REST_MILLISECONDS)
    answers.let_through()
    expect(seed).to_have_value(str(before + 1))
    settle(page)
    expect(seed).to_have_value(str(before + 1))
    expect(page.get_by_text("θ set by hand")).to_have_count(0)
    stage_of(page).get_by_label("the whole grid").press("ArrowRight")  # which Python hears again
    expect(page.get_by_text("θ set by hand")).to_be_visible()


def test_preset_sets_the_controls_whatever_a_hand_does_meanwhile(visit):
    page = open_transformer(visit)
    answers = SlowAnswers(page)
    answers.holds = True
    page.get_by_text("Attention crop", exact=True).click()
    stage_of(page).get_by_label("the whole grid").press("ArrowRight")
    page.wait_for_timeout(REST_MILLISECONDS)
    answers.let_through()
    expect(page.get_by_text("Attention, 3 degrees of freedom")).to_be_visible()
    settle(page)
    expect(page.get_by_text("Attention, 3 degrees of freedom")).to_be_visible()
