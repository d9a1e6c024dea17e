"""What a full disk, a clock that was set and a second starter do to the queue: no training is
lost."""

from __future__ import annotations

import errno
import os
import time

import pytest
from streamlit.testing.v1 import AppTest

from app.training import dispatcher, job, orders, processes, queue
from stn_core import launcher
from stn_core.runs import folder as folder_module
from stn_core.runs.folder import Run
from tests.app.training.trainings import FCN, begun, start
from tests.app.visiting import MAIN, go_to

HOUR = 3600.0
WRITES = {  # of a start, in turn
    "the claim's temporary file": (processes.tempfile, "NamedTemporaryFile"),
    "the claim": (processes.os, "link"),
    "the control file": (folder_module, "write_atomically"),
    "the log": (launcher, "open"),
    "the process": (launcher.subprocess, "Popen"),
    "the process's file": (launcher, "write_atomically"),
}


def full(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def stopped_and_resumed():
    """A training in the queue whose folder holds a run already."""
    waiting = start(iterations=20)
    run = begun(waiting)
    run.set_status("stopped", 100)
    (waiting.folder / "heartbeat").unlink()
    (waiting.folder / job.CLAIMED).touch()
    orders.resume(waiting)
    return waiting


def train_page():
    app = AppTest.from_file(MAIN, default_timeout=120)
    app.query_params["view"] = "Train"
    app = go_to(app, "distorted").run()
    assert not app.exception
    return app


@pytest.mark.parametrize("write", WRITES)
def test_training_that_cannot_be_started_on_a_full_disk_waits_and_is_started_later(
    write, as_visitor, monkeypatch
):
    waiting = stopped_and_resumed()
    where, name = WRITES[write]
    monkeypatch.setattr(dispatcher, "RETRY_SECONDS", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(where, name, full, raising=False)
        for _ in range(2):
            dispatcher.look()
            assert [found.key for found in queue.waiting()] == [waiting.key]
            assert not processes.is_running(waiting)
    assert dispatcher.trouble(waiting) == "No space left on device"
    assert Run(waiting.folder).status().state == "queued"
    assert [p.name for p in waiting.folder.glob(f".{job.CLAIMED}*")] == []
    dispatcher.look()
    assert not job.is_waiting(waiting) and processes.is_starting(waiting)
    assert queue.device_of(waiting) == "cpu"
    assert dispatcher.trouble(waiting) == ""


def test_page_says_why_a_training_waits_and_it_is_not_tried_again_at_every_look(
    without_processes, as_visitor, monkeypatch
):
    waiting, tries = start(), []
    with monkeypatch.context() as patch:
        patch.setattr(processes, "launch", lambda *given: (tries.append(given), full()))
        for _ in range(3):
            dispatcher.look()
    assert len(tries) == 1
    warning = train_page().warning[0].value
    assert warning.startswith("It cannot be started: No space left on device.")
    assert queue.waiting() == [waiting]


def test_one_training_that_cannot_be_started_holds_up_no_other(
    without_processes, as_visitor, monkeypatch
):
    first, second = start(), start(seed=1)
    launch = processes.launch
    monkeypatch.setattr(
        processes, "launch", lambda j, device: full() if j == first else launch(j, device)
    )
    dispatcher.look()
    assert processes.running() == [second] and queue.waiting() == [first]


def test_second_server_does_not_start_what_the_first_has_claimed(without_processes, monkeypatch):
    waiting = start()
    (waiting.folder / job.CLAIMED).write_text("cuda:1")
    processes.launch(waiting, "cpu")
    assert without_processes.signals == {} and queue.device_of(waiting) == "cuda:1"


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ("FCN\r  5%|5  | 1/20\nOSError: [Errno 28] No space left on device\n", "No space left"),
        ("stn_core: it is full: '/srv/runs/a/b.json'\n\r  5%|5  | 1/20", "it is full: 'b.json'"),
        ("killed, or the machine\n", "killed, or the machine"),
        ("\r  5%|5  | 1/20", "(it was killed, or the machine was switched off)"),
        (
            "it failed\nresumed from step 5 of 20\n\r  5%|5  | 1/20",
            "(it was killed, or the machine",
        ),
        (None, "(it was killed, or the machine was switched off)"),
    ],
)
def test_interrupted_run_shows_the_last_line_of_its_log(log, said, runs_of_its_own, as_visitor):
    run = Run(runs_of_its_own / "distorted-rts-fcn-20260101-000001")
    run.create({"experiment": FCN, "recipe": {"iterations": 20, "learning_rate": 1e-3}})
    run.set_status("running", 1)
    if log:
        (run.folder / job.LOG).write_text(log)
    warning = train_page().warning[0].value
    assert warning.startswith("The training process ended too early") and said in warning
    assert "/srv" not in warning


def test_heading_of_a_log_is_not_its_last_word(runs_of_its_own):
    run = Run(runs_of_its_own / "distorted-rts-fcn-20260101-000001")
    run.create({"experiment": FCN, "recipe": {"iterations": 20}})
    (run.folder / job.LOG).write_text(f"it failed before\nFCN on CPU; digits; {run.folder}\n")
    assert job.last_words(job.list_jobs()[0]) == ""


def in_an_hour(path) -> None:
    path.touch()
    os.utime(path, (time.time() + HOUR,) * 2)


@pytest.mark.parametrize("process", ["none", "dead"])
def test_clock_that_was_set_back_leaves_no_place_taken_by_nobody(
    process, without_processes, as_visitor
):
    """A server or a training has died, and the times in its folder are in the future."""
    first, second = start(), start(seed=1)
    if process == "dead":
        dispatcher.look()
        begun(first)
        launcher.end(first.folder)
        in_an_hour(first.folder / "heartbeat")
    in_an_hour(first.folder / job.CLAIMED)
    dispatcher.look()
    claimed = first.folder / job.CLAIMED
    if process == "none":
        assert processes.is_starting(first) and abs(job.seconds_since(claimed)) < 60
        then = time.time() - processes.START_SECONDS - 1  # it is given a minute from now on
        os.utime(claimed, (then, then))
        dispatcher.look()
    assert processes.running() == [second] and queue.waiting() == []


def test_absence_of_a_visitor_is_counted_from_when_the_clock_was_set_back(
    without_processes, as_visitor
):
    waiting = start()
    as_visitor("bob")
    in_an_hour(waiting.folder / job.WANTED)
    dispatcher.look()
    assert 0 <= job.seconds_away(waiting) < 60


def test_training_that_goes_on_is_not_resumed_in_another_tab(without_processes, as_visitor):
    waiting = stopped_and_resumed()
    dispatcher.look()
    with pytest.raises(job.JobError, match="is already running"):
        orders.resume(waiting)
