"""The tour: its stops open what they say, wait, and keep how far one has come."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from app.frame import stops, tour
from app.frame.closing_questions import CLOSING_QUESTIONS
from tests.app.visiting import MAIN, go_to

NUMBERS = range(1, len(stops.STOPS) + 1)


def visit(page: str = "", **fields: str) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=120)
    app.query_params.update(fields)
    return go_to(app, page).run() if page else app.run()


def texts(app: AppTest) -> str:
    return " ".join(element.value for element in app.markdown)


@pytest.mark.parametrize("number", NUMBERS)
def test_stop_opens_its_page_in_its_state_and_waits(number):
    stop = stops.STOPS[number - 1]
    app = visit(stop.page, lesson=str(number), **stop.fields)
    assert not app.exception and not app.error and not app.toast
    assert f"Stop {number} of {len(stops.STOPS)}: {stop.title}" in texts(app)
    assert "Your turn" in texts(app)
    for name, value in stop.fields.items():
        assert str(app.session_state[name]) == value


def test_lesson_is_found_from_any_page():
    app = visit("volumes", lesson="3")
    assert app.title[0].value == "The spatial transformer"
    assert app.session_state["preset"] == stops.STOPS[2].fields["preset"]


@pytest.mark.parametrize("asked", ["0", "12", "x", "-1"])
def test_stop_that_is_none_is_told_of(asked):
    app = visit(lesson=asked)
    assert not app.exception
    assert "Stop " not in texts(app)
    assert "stops 1 to 11" in app.toast[0].value


@pytest.mark.parametrize(
    ("number", "key", "before", "after"),
    [
        (1, "figure2", {"pose": [1, 0, 0, 0, 1, 0]}, {"pose": [0.3, -0.7, 0, 0.7, 0.3, 0]}),
        (
            2,
            "figure2",
            {"byHand": True, "said": 3, "label": 3},
            {"byHand": True, "said": 5, "label": 3},
        ),
        (3, "lab", {"thetas": [[0.9, 0, 0, 0, 0.9, 0]]}, {"thetas": [[0.5, 0, 0, 0, 0.5, 0]]}),
        (4, "lab", {"thetas": [[0.9, 0, 0, 0.4, 0.9, 0]]}, {"thetas": [[-0.1, -1, 0, 1, -0.1, 0]]}),
        (5, "lab", {"thetas": None}, {"thetas": [[0.1] * 32]}),
        (6, "lab", {"thetas": None}, {"thetas": [[1, 0, 0, 0, 1, 0]]}),
        (7, "replay", {"position": 0}, {"position": 12}),
        (8, "labels", {"steps": 0}, {"steps": 36}),
        (10, "wall", {"position": 0}, {"position": 99}),
        (11, "volume", {"pose": None}, {"pose": [1] * 12}),
    ],
)
def test_stop_is_done_once_it_has_been_done(number, key, before, after):
    done = stops.STOPS[number - 1].done
    assert not done({})
    assert not done({key: {"report": before}})
    assert done({key: {"report": after}})


@pytest.mark.parametrize("nonsense", [None, "x", 3, [1, 2], {"a": 1}, [float("nan")] * 6])
def test_nonsense_from_a_browser_is_not_taken_for_done(nonsense):
    for stop in stops.STOPS[:6]:
        for name in ("pose", "thetas"):
            for key in ("figure2", "lab"):
                if stop.title != "The sampler, and its gradient":
                    assert not stop.done({key: {"report": {name: nonsense}}})
                    assert not stop.done({key: nonsense if isinstance(nonsense, dict) else {}})


def test_what_is_done_is_kept_in_the_address_and_in_every_link():
    app = visit(lesson="2", done="1.2.77.x")
    assert "✓ done" in texts(app) and stops.STOPS[1].seen in texts(app)
    assert "done=1.2" in texts(app)
    listed = visit("tour", done="1.2")
    assert "2 of 11 stops done" in listed.get("progress")[0].proto.text


def test_every_question_is_answered_by_a_stop():
    app = visit("tour")
    for n, question in enumerate(CLOSING_QUESTIONS):
        assert 1 <= question.stop <= len(stops.STOPS)
        for answer in range(len(question.answers)):
            app.radio(key=f"question-{n}").set_value(answer).run()
            right = "✓ Right." in texts(app)
            assert right == (answer == question.right)
        app.radio(key=f"question-{n}").set_value(None).run()


def test_links_go_from_stop_to_stop_and_to_the_questions(monkeypatch):
    monkeypatch.setattr(tour, "finished", lambda: {1, 3})
    for number in NUMBERS:
        link = urlsplit(tour.link(number))
        fields = parse_qs(link.query)
        assert fields["lesson"] == [str(number)] and fields["done"] == ["1.3"]
        assert link.path == stops.STOPS[number - 1].page.replace("front", "")
    assert tour.link(len(stops.STOPS) + 1) == "tour?done=1.3#questions"
