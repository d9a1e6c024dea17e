"""The tour: its stops open what they say, wait, and keep how far one has come."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from app.frame import stops, tour
from app.frame.closing_questions import CLOSING_QUESTIONS
from app.views.volumes.choices import FIRST_CHOICES
from stn_core import results
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
    app = visit(stop.page, stop=str(number), **stop.fields)
    assert not app.exception and not app.error and not app.toast
    assert f"Stop {number} of {len(stops.STOPS)}: {stop.title}" in texts(app)
    assert "Your turn" in texts(app)
    for name, value in stop.fields.items():
        assert str(app.session_state[name]) == value


def test_tour_says_of_a_volume_what_was_measured_of_the_network_that_it_opens():
    [cell] = [c for n, c in results.cells("volumes").items() if n.endswith(FIRST_CHOICES[0])]
    in_u, in_v = cell.metrics.facing_degrees
    assert "turns with it about half the way" in stops.STOPS[-1].seen
    assert 0.4 < in_v / in_u < 0.6


def test_stop_is_found_from_any_page():
    app = visit("volumes", stop="1")
    assert app.title[0].value == "The spatial transformer"
    assert app.session_state["preset"] == stops.STOPS[0].fields["preset"]


@pytest.mark.parametrize("old", stops.LESSONS)
def test_old_link_leads_to_what_replaced_its_stop(old):
    app = visit("volumes", lesson=str(old), large="true", done="1.2")
    assert not app.exception and not app.toast
    field, number = stops.LESSONS[old]
    assert app.query_params[field] == str(number)
    assert app.query_params["large"] == "true"
    assert "lesson" not in app.query_params and "done" not in app.query_params
    if field == "stop":
        assert f"Stop {number} of {len(stops.STOPS)}: {stops.STOPS[number - 1].title}" in texts(app)
    else:
        assert app.title[0].value == "Spatial Transformer Networks"


@pytest.mark.parametrize("asked", ["0", "10", "x", "-1"])
def test_stop_that_is_none_is_told_of(asked):
    app = visit(stop=asked)
    assert not app.exception
    assert "Stop " not in texts(app)
    assert "stops 1 to 9" in app.toast[0].value


@pytest.mark.parametrize(
    ("number", "key", "before", "after"),
    [
        (1, "lab", {"thetas": [[0.9, 0, 0, 0, 0.9, 0]]}, {"thetas": [[0.5, 0, 0, 0, 0.5, 0]]}),
        (2, "lab", {"thetas": [[0.9, 0, 0, 0.4, 0.9, 0]]}, {"thetas": [[-0.1, -1, 0, 1, -0.1, 0]]}),
        (3, "lab", {"thetas": None}, {"thetas": [[0.1] * 32]}),
        (4, "lab", {"thetas": None}, {"thetas": [[1, 0, 0, 0, 1, 0]]}),
        (6, "number-stage", {"thetas": [None] * 4}, {"thetas": [[1, 0, 0, 0, 1, 0], None]}),
        (7, "bird-stage", {"held": [None, 3]}, {"held": [None, [0.5, -0.5]]}),
        (8, "wall", {"position": 0}, {"position": 99}),
        (9, "volume", {"pose": None}, {"pose": [1] * 12}),
    ],
)
def test_stop_is_done_once_it_has_been_done(number, key, before, after):
    done = stops.STOPS[number - 1].done
    assert not done({})
    assert not done({key: {"report": before}})
    assert done({key: {"report": after}})


@pytest.mark.parametrize("nonsense", [None, "x", 3, [1, 2], {"a": 1}, [float("nan")] * 6])
def test_nonsense_from_a_browser_is_not_taken_for_done(nonsense):
    for stop in stops.STOPS[:3]:
        assert not stop.done({"lab": {"report": {"thetas": nonsense}}})
        assert not stop.done({"lab": nonsense if isinstance(nonsense, dict) else {}})


def test_what_is_done_is_kept_in_the_address_and_in_every_link():
    app = visit(stop="2", done="1.2.77.x")
    assert "✓ done" in texts(app) and stops.STOPS[1].seen in texts(app)
    assert "done=1.2" in texts(app)
    listed = visit("tour", done="1.2")
    assert "2 of 9 stops done" in listed.get("progress")[0].proto.text


def test_tour_ends_with_what_was_seen_and_where_to_go_on():
    assert stops.STOPS[0].learnt not in texts(visit("tour", done="1.2"))
    shown = texts(visit("tour", done="1.2.3.4.5.6.7.8.9"))
    assert all(stop.learnt in shown for stop in stops.STOPS)
    assert all(words in shown for words, _ in tour.ONWARD)


def test_every_answer_says_why_it_is_right_or_wrong():
    app = visit("tour")
    for n, question in enumerate(CLOSING_QUESTIONS):
        assert len(set(question.reasons)) == len(question.answers)
        for answer in range(len(question.answers)):
            app.radio(key=f"question-{n}").set_value(answer).run()
            right = "✓ Right." in texts(app)
            assert right == (answer == question.right)
            assert question.reasons[answer] in texts(app)
        app.radio(key=f"question-{n}").set_value(None).run()


def test_links_go_from_stop_to_stop_and_to_the_questions(monkeypatch):
    monkeypatch.setattr(tour, "finished", lambda: {1, 3})
    for number in NUMBERS:
        link = urlsplit(tour.link(number))
        fields = parse_qs(link.query)
        assert fields["stop"] == [str(number)] and fields["done"] == ["1.3"]
        assert link.path == stops.STOPS[number - 1].page.replace("front", "")
    assert tour.link(len(stops.STOPS) + 1) == "tour?done=1.3#questions"
