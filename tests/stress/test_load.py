"""The driver of a class on one server, in small; how fast the server is, is not tested here."""

from __future__ import annotations

import asyncio

import pytest

from tests.browser import serving
from tests.stress import load


def test_few_sessions_are_served_without_an_error(tmp_path, capsys):
    with serving.server(tmp_path) as (address, process):
        found = asyncio.run(load.drive(address, process.pid, sessions=4, minutes=0.2))
    assert load.end_trainings(tmp_path) == 1  # the other one was in the queue
    assert found["errors"] == []
    assert {"θ by hand", "a training"} <= set(found["took"])
    load.told(found, 1)  # whether in time is a matter of the machine, which it describes
    table = capsys.readouterr().out
    assert "θ by hand" in table and "processors: the server " in table


@pytest.mark.parametrize(
    ("changes", "missed"),
    [
        ({}, "nothing"),
        ({"took": {"θ by hand": [100.0] * 9 + [600.0] * 9}}, "a re-inference in 500 ms"),
        ({"took": {"a page": [100.0]}}, "a re-inference in 500 ms"),
        ({"errors": ["Failed: distorted"]}, "no error"),
        ({"a session": 12.0}, "10 MB a session"),
        ({"memory": [500.0] * 4 + [600.0] * 4}, "flat memory"),
    ],
)
def test_aim_that_is_missed_is_named(changes, missed, capsys):
    found = {
        "took": {"θ by hand": [100.0] * 99 + [900.0]},
        "errors": [],
        "a session": 5.0,
        "alone": 400.0,
        "memory": [500.0] * 8,
        "busy": "of 2 processors: the server 0.5",
        **changes,
    }
    assert load.told(found, 1) == (missed == "nothing")
    assert f"missed: {missed}\n" in capsys.readouterr().out
