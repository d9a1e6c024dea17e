"""A few of what ``python -m tests.stress.fuzz`` does by the hundred, with a fixed seed."""

from __future__ import annotations

import json
import random

import pytest

from tests.stress import fuzz


@pytest.mark.parametrize(
    ("kind", "count"), [("images", 40), ("checkpoints", 30), ("runs", 12), ("urls", 4)]
)
def test_damaged_things_are_taken_or_refused_in_words_and_take_no_room(kind, count):
    found = fuzz.in_a_process(kind, count, seed=1)
    assert not found["unexpected"], found["unexpected"][0]
    assert found["taken"] + found["refused"] == count
    assert kind == "urls" or found["taken"] and found["refused"]
    assert found["megabytes"] < fuzz.MOST_MEGABYTES


def test_what_is_unexpected_fails_the_command(monkeypatch, capsys):
    found = {"taken": 1, "refused": 0, "unexpected": ["a traceback"], "megabytes": 1.0}
    monkeypatch.setattr(fuzz, "in_a_process", lambda *_: found)
    assert fuzz.main(["--runs", "0", "--urls", "0"]) == 1
    assert "a traceback" in capsys.readouterr().out
    monkeypatch.setattr(fuzz, "in_a_process", lambda *_: {**found, "unexpected": []})
    assert fuzz.main([]) == 0
    monkeypatch.setattr(
        fuzz, "in_a_process", lambda *_: {**found, "unexpected": [], "megabytes": 301.0}
    )
    assert fuzz.main([]) == 1


def test_process_that_dies_is_unexpected(monkeypatch):
    monkeypatch.setattr(fuzz, "ROOT", fuzz.ROOT / "app")  # where there is no tests.stress.fuzz
    assert "ended with 1" in fuzz.in_a_process("images", 1, 0)["unexpected"][0]


def test_damage_is_done():
    rng = random.Random(0)
    good = bytes(range(256)) * 4
    assert sum(fuzz.damaged(good, rng) == good for _ in range(200)) < 5
    value = {"a": [1, {"b": 2.5}], "c": "x"}
    assert sum(repr(fuzz.strange_json(value, rng)) == repr(value) for _ in range(200)) < 5
    with pytest.raises(RecursionError):
        json.loads(fuzz.DEEP)
