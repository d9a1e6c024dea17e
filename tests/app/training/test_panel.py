"""The panel of a training that runs: its buttons, and what it says at once."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from streamlit.testing.v1 import AppTest

from app.data import test_errors
from app.data.test_errors import MeasuredError
from app.training import dispatcher
from tests.app.training.trainings import begun, start
from tests.app.visiting import MAIN, go_to


@pytest.fixture
def owning():
    """What holds the folders of trainings that seem to be alive, until it is closed."""
    with ExitStack() as stack:
        yield stack


def alive(job, owning, **so_far):
    """A training as ``begun`` makes it, which goes on."""
    run = begun(job, **so_far)
    (job.folder / "heartbeat").unlink()
    owning.enter_context(run.owned())
    return run


@pytest.fixture
def watched(without_processes, as_visitor, owning):
    """A training that seems to be alive for as long as the test lasts, and its page."""
    job = start()
    dispatcher.look()
    run = alive(job, owning)
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
        ("paused", "run", "resuming … · step"),
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


def test_another_tab_s_rate_is_shown_and_not_written_over(watched):
    run, app = watched
    run.set_status("paused", 100)
    run.control("pause")
    app.run()
    run.control("pause", learning_rate=0.02)  # in another tab
    app.run()
    assert run.asked_rate() == 0.02 and app.select_slider[0].value == 0.02
    app.run()
    assert run.asked_rate() == 0.02
    app.select_slider[0].set_value(0.01).run()
    assert run.asked_rate() == 0.01 and app.select_slider[0].value == 0.01
    assert "Peak learning rate" in app.select_slider[0].label


def test_run_that_failed_for_its_rate_is_resumed_with_a_smaller_one(watched, owning):
    run, app = watched
    owning.close()
    run.set_status("failed", 100, "step 100: the loss is nan. A smaller learning rate may help")
    app.run()
    button = app.button(key="job-resume-slower")
    assert button.label == "Resume from the start with rate 0.0002"
    button.click().run()
    assert not app.exception
    assert run.asked_rate() == 0.0002 and run.status().state == "queued"


def test_run_that_failed_for_another_reason_is_only_resumed(watched, owning):
    run, app = watched
    owning.close()
    run.set_status("failed", 100, "[Errno 28] No space left on device")
    app.run()
    assert app.button(key="job-resume").label == "Resume from the start"
    assert "job-resume-slower" not in [button.key for button in app.button]


@pytest.mark.parametrize(
    ("pace", "words"), [(0.4, "2.5 s per step"), (3.25, "3.2 steps"), (40, "40 ")]
)
def test_pace_has_digits_that_mean_something(pace, words, without_processes, as_visitor, owning):
    job = start()
    dispatcher.look()
    alive(job, owning, pace=pace)
    app = AppTest.from_file(MAIN, default_timeout=120)
    app.query_params["view"] = "Train"
    assert f" {words}" in progress(go_to(app, "distorted").run())


def test_run_that_was_watched_is_shown_again_when_the_visitor_comes_back(watched):
    run, app = watched
    newer = start(seed=1)
    app.query_params["run"] = f"run-{run.folder.name}"
    app.run()
    go_to(app, "labels")
    app.query_params.clear()
    app.run()
    go_to(app, "distorted")
    app.query_params["view"] = "Train"
    app.run()
    assert app.selectbox(key="run").value == f"run-{run.folder.name}" != newer.key


def test_test_error_that_is_measured_at_the_end_takes_the_button_s_place(
    watched, owning, monkeypatch
):
    run, app = watched
    owning.close()
    run.checkpoint.touch()
    run.set_status("finished", 100)
    replaced = {"is_possible": True, "is_quick": False, "measure": MeasuredError(100, 2.5, 10_000)}
    for name, value in replaced.items():
        monkeypatch.setattr(test_errors, name, lambda *_, value=value: value)
    assert "job-test" in [button.key for button in app.run().button]
    app.button(key="job-test").click().run()
    assert not app.exception
    assert "Test error: **2.50 %** of 10,000 test digits" in [m.value for m in app.markdown]
    assert "job-test" not in [button.key for button in app.button]
