"""The driver of a class on one server, in small: what it measures is told by itself, not tested."""

from __future__ import annotations

import asyncio

from tests.browser import serving
from tests.stress import load


def test_few_sessions_are_served_without_an_error(tmp_path):
    with serving.server(tmp_path) as (address, process):
        found = asyncio.run(load.drive(address, process.pid, sessions=4, minutes=0.2))
    assert load.end_trainings(tmp_path) == 1  # the other one was in the queue
    assert found["errors"] == []
    assert {"θ by hand", "a training"} <= set(found["took"])
    assert load.told(found, 1) in (True, False)  # it prints its table
