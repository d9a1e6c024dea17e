"""The page of departures: all of them, by section, and those of one kind."""

from __future__ import annotations

from stn_core.departures import KINDS, by_section
from tests.app.visiting import opened


def rows(app) -> int:
    return sum(element.proto.body.count("<tr><th scope='row'") for element in app.get("html"))


def test_page_has_every_departure_and_narrows_to_a_kind():
    marks = [mark for marks in by_section().values() for _, mark in marks]
    app = opened("faithful")
    assert rows(app) == len(marks) and len(app.header) == len(by_section())
    for kind in KINDS:
        narrowed = opened("faithful", kind=KINDS[kind])
        assert rows(narrowed) == sum(mark.kind == kind for mark in marks) > 0
