"""One training at a time owns a run's folder: by a lock, and where there is none by a heartbeat."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from stn_core.runs import ownership
from stn_core.runs.folder import Run
from stn_core.runs.ownership import DEAD_AFTER_SECONDS
from stn_core.runs.records import RunError

PATIENCE_SECONDS = 60
HOUR = 3600.0
# Writes a line a moment into the folder that it owns, or says why it does not.
OWNER = """
import sys, time
from pathlib import Path
from stn_core.runs.folder import Run, RunError
run = Run(Path(sys.argv[1]))
try:
    with run.owned():
        print("owned", flush=True)
        while True:
            with open(run.folder / "lines", "a") as file:
                file.write(f"{sys.argv[2]}\\n")
            time.sleep(0.01)
except RunError as error:
    print(error, flush=True)
"""


@pytest.fixture
def run(tmp_path) -> Run:
    run = Run(tmp_path / "run")
    run.create({"experiment": "distorted/r/fcn"})
    return run


@pytest.fixture
def owner(run):
    """Starts processes that own the run's folder, and ends them."""
    started = []

    def begin(name: str) -> subprocess.Popen:
        command = [sys.executable, "-c", OWNER, str(run.folder), name]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def set_heartbeat(run: Run, seconds_ago: float) -> None:
    (run.folder / "heartbeat").touch()
    then = time.time() - seconds_ago
    os.utime(run.folder / "heartbeat", (then, then))


def test_owned_run_is_alive_until_it_is_let_go(run):
    assert not run.is_alive()
    with run.owned():
        assert Run(run.folder).is_alive()
    assert not run.is_alive()


def test_run_is_let_go_when_its_training_fails(run):
    with pytest.raises(KeyError), run.owned():
        raise KeyError
    assert not run.is_alive()


def test_run_cannot_be_owned_twice(run):
    with run.owned():
        with pytest.raises(RunError, match="being trained by another process"), run.owned():
            raise AssertionError("two owners")
        assert run.is_alive()  # the one who was refused has not taken the heartbeat along


def test_heart_beats_while_the_run_is_owned(run, monkeypatch):
    monkeypatch.setattr("stn_core.runs.ownership.HEARTBEAT_SECONDS", 0.01)
    heartbeat = run.folder / "heartbeat"
    with run.owned():
        os.utime(heartbeat, (1, 1))
        until = time.monotonic() + 30
        while not run.is_alive():
            assert time.monotonic() < until
            time.sleep(0.01)


def test_run_whose_heart_has_stopped_is_interrupted_and_can_be_owned_again(run):
    run.set_status("running", 5)
    (run.folder / "heartbeat").touch()
    assert not run.status().interrupted
    long_ago = time.time() - DEAD_AFTER_SECONDS - 1
    os.utime(run.folder / "heartbeat", (long_ago, long_ago))
    assert run.status().interrupted
    with run.owned():
        assert not run.status().interrupted


def test_training_that_was_stopped_keeps_its_folder_and_no_other_one_writes_there(run, owner):
    first = owner("first")
    assert first.stdout.readline() == "owned\n"
    first.send_signal(signal.SIGSTOP)
    set_heartbeat(run, DEAD_AFTER_SECONDS + 3)  # it has been stopped for so long
    assert run.is_alive()
    second = owner("second")
    assert "is being trained by another process; wait for it" in second.stdout.readline()
    first.send_signal(signal.SIGCONT)
    lines = run.folder / "lines"  # there is none if it was stopped before its first
    written = lambda: lines.stat().st_size if lines.exists() else 0  # noqa: E731
    before, until = written(), time.monotonic() + PATIENCE_SECONDS
    while written() == before:
        assert time.monotonic() < until, "it does not go on"
        time.sleep(0.01)
    assert set(lines.read_text().split()) == {"first"}


def test_folder_of_a_training_that_was_killed_is_free_as_soon_as_its_heartbeat_is_old(run, owner):
    first = owner("first")
    first.stdout.readline()
    first.kill()
    first.wait()
    set_heartbeat(run, DEAD_AFTER_SECONDS)
    assert not run.is_alive()
    second = owner("second")
    assert second.stdout.readline() == "owned\n"


@pytest.mark.parametrize("seconds_ago", [-HOUR, -DEAD_AFTER_SECONDS - 9, DEAD_AFTER_SECONDS, HOUR])
def test_heartbeat_from_the_past_or_the_future_is_dead(seconds_ago, run):
    set_heartbeat(run, seconds_ago)
    assert not run.is_alive()
    with run.owned():
        assert run.is_alive()


def test_owner_lives_on_whatever_the_clock_says(run, monkeypatch):
    monkeypatch.setattr(ownership, "HEARTBEAT_SECONDS", HOUR)
    with run.owned():
        for seconds_ago in (-HOUR, HOUR):
            set_heartbeat(run, seconds_ago)
            assert run.is_alive()


def test_those_who_look_do_not_keep_a_training_out(run):
    """A look holds the lock for a moment, which the training waits out."""
    done, looks = threading.Event(), [0]

    def look() -> None:
        while not done.is_set():
            run.is_alive()
            looks[0] += 1

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(30):
            with run.owned():
                pass
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert looks[0] > 30


def test_without_locks_the_heartbeat_alone_is_asked_and_a_warning_says_so(run, monkeypatch):
    def refuse(*_) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(ownership.fcntl, "flock", refuse)
    with pytest.warns(RuntimeWarning, match="cannot be locked.*No locks available"), run.owned():
        assert run.is_alive()
        with (
            pytest.raises(RunError, match="by another process"),
            pytest.warns(RuntimeWarning),
            run.owned(),
        ):
            raise AssertionError("two owners")
    assert not run.is_alive()


def test_system_without_locks_has_heartbeats(run, monkeypatch):
    monkeypatch.setattr(ownership, "fcntl", None)
    with pytest.warns(RuntimeWarning, match="has no flock"), run.owned():
        assert run.is_alive()
    assert not run.is_alive()


def test_second_training_does_not_write_over_what_the_first_was_asked_for(run, source):
    from dataclasses import replace

    from stn_core.experiments import find
    from stn_core.training.network import train_steps

    empty = Run(run.folder.with_name("begun"))
    experiment = find("distorted/r/fcn")
    short = replace(experiment, recipes=(replace(experiment.recipe, iterations=1, batch_size=2),))
    with empty.owned(), pytest.raises(RunError, match="by another process"):
        list(train_steps(short, source, run=empty))
    assert not empty.is_described()
