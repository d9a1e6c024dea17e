"""The form of a new search: only numbers that can be taken are started."""

from __future__ import annotations

import pytest

from app.training import job, orders
from tests.app.visiting import opened


@pytest.fixture
def form(tmp_path, monkeypatch):
    monkeypatch.setenv("STN_RUNS", str(tmp_path))
    return opened("colocalisation", boxes_view="Run it live")


@pytest.mark.parametrize(
    ("field", "typed"),
    [("margin_quick", "101"), ("margin_quick", "nan"), ("margin_quick", "wide"), ("seed", "-1")],
)
def test_start_is_blocked_by_a_wrong_field_which_is_named(form, field, typed):
    box = form.text_input(key=f"live_{field}")
    box.set_value(typed)
    form.button(key="live_start").click().run()
    assert form.button(key="live_start").disabled and not form.exception
    assert [error.value.split(":")[0] for error in form.error] == [box.label]
    assert job.list_jobs() == []


def test_numbers_are_started_as_they_were_typed(form, monkeypatch):
    asked = {}

    def refuse(name: str, **how: object) -> None:
        asked.update(how)
        raise job.JobError("enough")

    monkeypatch.setattr(orders, "colocalise", refuse)
    form.text_input(key="live_margin_quick").set_value("2.5")
    form.text_input(key="live_seed").set_value("7")
    form.button(key="live_start").click().run()
    assert (asked["margin"], asked["set_seed"]) == (2.5, 7)
