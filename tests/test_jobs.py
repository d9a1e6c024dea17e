"""Trainings in processes of their own."""

from __future__ import annotations

import time

import pytest

from stn_core.runs import Run

import jobs

PATIENCE_SECONDS = 120


@pytest.fixture(autouse=True)
def runs_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("STN_RUNS", str(tmp_path))
    monkeypatch.setattr(jobs, "MAX_RUNNING", 1)
    yield
    for job in jobs.jobs():
        Run(job.folder).control("stop")
    for child in jobs._children:
        child.wait(PATIENCE_SECONDS)


def start(**changes):
    arguments = {
        "recipe": "quick",
        "iterations": 20_000,
        "learning_rate": 1e-3,
        "seed": 0,
        "device": "cpu",
    }
    return jobs.start("distorted/rts/fcn", **{**arguments, **changes})


def wait_for(condition):
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.1)


def test_training_is_started_stopped_and_resumed_and_its_network_found():
    job = start()
    assert jobs.is_starting(job)
    run = Run(job.folder)
    wait_for(lambda: len(run.history()) > 1)
    assert not jobs.is_starting(job)
    assert jobs.running() == [job]
    with pytest.raises(jobs.JobError, match="RTS: FCN"):
        start()
    run.control("stop")
    wait_for(lambda: not run.is_alive())
    assert run.status().state == "stopped"
    assert [found.key for found in jobs.trained("distorted/rts/")] == [job.key]
    assert jobs.trained("distorted/tc/") == []
    assert jobs.find(job.key) == job

    done = run.history()[-1].step
    jobs.resume(job)
    wait_for(lambda: run.history()[-1].step > done)
    steps = [step.step for step in run.history()]
    assert steps == sorted(set(steps))


def test_process_that_dies_at_once_leaves_its_reason():
    job = start(device="cuda-that-is-not-there")
    wait_for(lambda: not jobs.is_starting(job))
    assert "cuda-that-is-not-there" in jobs.last_words(job)
    assert not (job.folder / "run.json").exists()


def test_job_of_an_unknown_key_or_a_strange_folder_is_none(tmp_path):
    (tmp_path / "something-else").mkdir()
    assert jobs.jobs() == []
    assert jobs.find("run-../../etc") is None


def test_training_can_be_cancelled_before_its_first_step_and_is_not_lost():
    job = start()
    run = Run(job.folder)
    wait_for(lambda: len(run.history()) > 1)
    run.control("stop")
    wait_for(lambda: not run.is_alive())
    done = run.history()
    jobs.resume(job)
    assert jobs.is_starting(job)
    jobs.cancel(job)
    wait_for(lambda: not jobs.is_starting(job))
    assert run.status().interrupted
    assert run.history() == done
