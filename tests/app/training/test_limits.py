"""What a server allows its visitors."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest

from app.training import limits


@pytest.fixture(autouse=True)
def nothing_complained_of(monkeypatch):
    monkeypatch.setattr(limits, "_complained", set())


def test_without_variables_the_defaults_hold(monkeypatch):
    for variable, _ in limits.VARIABLES.values():
        monkeypatch.delenv(variable, raising=False)
    found = limits.limits()
    assert found.steps == 1_000_000
    assert found.seconds == math.inf
    assert (found.waiting, found.queue) == (2, 40)


def test_variable_is_taken_at_the_next_look(monkeypatch):
    monkeypatch.setenv("STN_MAX_SECONDS", "90.5")
    monkeypatch.setenv("STN_MAX_STEPS", "2e4")
    assert limits.limits().seconds == 90.5
    assert limits.limits().steps == 20_000


@pytest.mark.parametrize("value", ["a lot", "-3", "0", "nan"])
def test_variable_that_is_no_positive_number_is_complained_of_once_and_the_default_holds(
    value, monkeypatch
):
    monkeypatch.setenv("STN_MAX_STEPS", value)
    said = []
    log = SimpleNamespace(warning=lambda words, *parts: said.append(words % parts))
    monkeypatch.setattr(limits, "get_logger", lambda name: log)
    assert limits.limits().steps == limits.limits().steps == 1_000_000
    (words,) = said
    assert "STN_MAX_STEPS" in words and value in words
