"""The panel of a training that runs: its buttons, and what it says at once."""

from __future__ import annotations

import os
import time

import pytest
from streamlit.testing.v1 import AppTest

from app.training import dispatcher
from tests.app.training.trainings import begun, start
from tests.app.visiting import MAIN, go_to


@pytest.fixture
def watched(without_processes, as_visitor):
    """A training that seems to be alive for as long as the test lasts, and its page."""
    job = start()
    dispatcher.look()
    run = begun(job)
    os.utime(job.folder / "heartbeat", (time.time() + 600,) * 2)
    app = AppTest.from_file(MAIN, default_timeout=120)
    app.query_params["view"] = "Train"
    return run, go_to(app, "distorted").run()


def progress(app) -> str:
    assert not app.exception and not app.error
    return app.get("progress")[0].proto.text


@pytest.mark.parametrize(
    ("state", "command", "words"),
    [
        ("running", "run", "running · step"),
        ("running", "pause", "pausing … · step"),
        ("paused", "pause", "paused · step"),
        ("paused", "run", "going on … · step"),
        ("running", "stop", "stopping … · step"),
        ("paused", "stop", "stopping … · step"),
        ("stopped", "stop", "stopped · step"),
    ],
)
def test_what_a_training_is_asked_to_do_and_has_not_done_yet_is_told(
    state, command, words, watched
):
    run, app = watched
    run.set_status(state, 100)
    run.control(command)
    assert progress(app.run()).startswith(words)
    assert app.button(key="job-pause").disabled == ("…" in words)
    assert app.button(key="job-stop").disabled == words.startswith("stopping")


def test_button_is_answered_at_once(watched):
    run, app = watched
    assert progress(app).startswith("running")
    assert progress(app.button(key="job-pause").click().run()).startswith("pausing …")
    assert run.command() == "pause"
    assert progress(app.button(key="job-stop").click().run()).startswith("stopping …")
    assert run.command() == "stop"


def test_other_rate_that_arrives_with_a_click_on_go_on_does_not_keep_it_paused(watched):
    run, app = watched
    run.set_status("paused", 100)
    run.control("pause")
    app.run()
    app.select_slider[0].set_value(0.01)
    app.button(key="job-pause").click().run()
    assert not app.exception
    assert (run.command(), run.asked_rate()) == ("run", 0.01)
