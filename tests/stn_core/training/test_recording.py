"""The run loop: what is recorded, and how a training is steered."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
import torch

from stn_core import checkpoints
from stn_core.recipes import SGD, StepDecay
from stn_core.runs.folder import Run
from stn_core.runs.records import RunError, Snapshot, snapshot_steps
from stn_core.training import network, recording
from stn_core.training.network import train_steps
from stn_core.training.probes import Probes
from stn_core.training.recording import PAUSE_SECONDS, Patience, TrainingError
from stn_core.training.trainer import Trainer
from tests.stn_core.training.small import (
    small,
    stopped_at_5,
    wait_until,
)


def test_run_records_what_was_asked_for_and_how_it_went(source, run):
    experiment = small()
    steps = list(train_steps(experiment, source, seed=4, run=run))
    description = run.description()
    assert description["experiment"] == experiment.name
    assert description["recipe"] == experiment.recipe.to_json()
    assert (description["seed"], description["train_digits"]) == (4, 4000)
    assert run.history() == steps
    assert run.status() == ("finished", 12, "", False)


@pytest.mark.parametrize(("command", "state"), [("run", "finished"), ("stop", "stopped")])
def test_paused_training_waits_for_its_next_command(command, state, source, run):
    steps = train_steps(small(), source, run=run)
    next(steps)
    run.control("pause")
    seen = {}

    def look_and_release() -> None:
        wait_until(lambda: run.status().state == "paused")
        time.sleep(3 * PAUSE_SECONDS)  # in which it does nothing
        seen["status"] = run.status()
        seen["records"] = len(run.history())
        seen["saved"] = checkpoints.load_tensors(run.checkpoint)[1]["step"]
        run.control(command)

    onlooker = threading.Thread(target=look_and_release)
    onlooker.start()
    list(steps)
    onlooker.join()
    assert seen == {"status": ("paused", 2, "", True), "records": 2, "saved": 2}
    assert run.status().state == state
    assert len(run.history()) == {"finished": 12, "stopped": 2}[state]


def test_command_is_obeyed_within_an_interval_and_the_weights_are_as_ever(
    source, tmp_path, monkeypatch
):
    monkeypatch.setattr(network, "RECORDS", 2)  # of its twelve steps
    undisturbed, run = Run(tmp_path / "undisturbed"), Run(tmp_path / "run")
    list(train_steps(small(), source, seed=5, run=undisturbed))
    monkeypatch.setattr(recording, "CONTROL_SECONDS", 0.0)
    real = Trainer.advance

    def advance(trainer: Trainer) -> None:
        real(trainer)
        if trainer.step == 3:
            run.control("stop")

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "advance", advance)
        list(train_steps(small(), source, seed=5, run=run))
    assert run.status() == ("stopped", 3, "", False)
    list(train_steps(small(), source, run=run, resume=True))
    assert [step.step for step in run.history()] == [3, 6, 12]
    ours, theirs = (checkpoints.load_tensors(r.checkpoint)[0] for r in (run, undisturbed))
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_stop_that_is_asked_for_while_a_resumed_training_is_built_is_obeyed(
    source, run, monkeypatch
):
    stopped_at_5(source, run)
    real = Trainer

    def build(*args, **settings) -> Trainer:
        run.control("stop")
        return real(*args, **settings)

    monkeypatch.setattr(network, "Trainer", build)
    list(train_steps(small(), source, run=run, resume=True))
    assert run.status() == ("stopped", 6, "", False)


def test_command_of_an_earlier_sitting_is_forgotten(source, run):
    for step in train_steps(small(), source, run=run):
        if step.step == 2:
            run.control("stop")
    list(train_steps(small(), source, run=run, resume=True))
    assert run.status().state == "finished"


def test_rate_that_is_asked_for_holds_from_then_on_also_after_a_resume(source, run):
    experiment = small(iterations=12, optimiser=SGD(), schedule=StepDecay(every=1000))
    base = experiment.recipe.learning_rate
    steps = train_steps(experiment, source, run=run)
    for step in steps:
        if step.step == 4:
            run.control("run", learning_rate=base / 8)
        elif step.step == 8:
            run.control("stop")
    for _ in train_steps(experiment, source, run=run, resume=True):
        pass
    assert run.asked_rate() == base / 8  # what is shown as the one it goes on with
    rates = {step.step: step.learning_rate for step in run.history()}
    assert all(rates[n] == base for n in range(1, 5))
    assert all(rates[n] == pytest.approx(base / 8) for n in range(6, 13))


def test_rate_is_taken_up_between_two_records_also_after_a_resume(source, run, monkeypatch):
    monkeypatch.setattr(recording, "CONTROL_SECONDS", -1.0)
    monkeypatch.setattr(network, "RECORDS", 1)  # the whole run has one
    experiment = small(iterations=12, optimiser=SGD(), schedule=StepDecay(every=1000))
    base = experiment.recipe.learning_rate
    advance = Trainer.advance
    rates, asked = {}, {2: ("run", base / 2), 4: ("stop", None), 8: ("run", base / 4)}

    def advancing(trainer: Trainer) -> None:
        advance(trainer)
        rates[trainer.step] = trainer.peak_rate
        if trainer.step in asked:
            command, rate = asked.pop(trainer.step)
            run.control(command, learning_rate=rate)

    monkeypatch.setattr(Trainer, "advance", advancing)
    list(train_steps(experiment, source, run=run))
    assert run.status().step == 4
    list(train_steps(experiment, source, run=run, resume=True))
    expected = [base] * 2 + [base / 2] * 6 + [base / 4] * 4
    assert [rates[step] for step in range(1, 13)] == expected


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf"), "fast"], ids=str)
def test_senseless_rate_cannot_be_asked_for(rate, run):
    with pytest.raises(ValueError, match="learning_rate should be a positive number"):
        run.control("run", learning_rate=rate)


def test_training_that_is_asked_to_stops_once_it_has_stopped_improving(source, run, monkeypatch):
    measures = iter([90.0, 50.0, 40.0, *[45.0] * 100])

    def snapshot(probes: Probes, trainer: Trainer) -> Snapshot:
        return real(probes, trainer)._replace(measure=next(measures))

    real = Probes.snapshot
    monkeypatch.setattr(Probes, "snapshot", snapshot)
    experiment = small(iterations=60)
    taken = snapshot_steps(60)
    best = taken[2]  # of the third measure
    for _ in train_steps(experiment, source, run=run, patience=20):
        pass
    status = run.status()
    assert status.state == "stopped"
    assert status.step == next(step for step in taken if step >= best + 20)
    assert f"no lower error since step {best}" in status.message
    assert checkpoints.load_tensors(run.checkpoint)[1]["step"] == status.step
    for _ in train_steps(experiment, source, run=run, resume=True):
        pass  # it is given as much time again
    again = run.status()
    assert again.state == "stopped"
    assert again.step == next(step for step in taken if step >= status.step + 20)


def test_best_error_counts_though_its_snapshot_is_not_kept(run):
    run.create({"experiment": "distorted/r/fcn"})
    patience, nothing = Patience(10, run, begun=0), np.zeros((0, 0))
    for step, error, kept in ((10, 2.5, True), (13, 2.4, False), (21, 2.6, True)):
        run.write_snapshot(Snapshot(step, nothing, nothing, nothing, error, nothing))
        patience.look(step)
        if not kept:
            run.remove_snapshot(step)
    assert patience.reason == ""  # 8 steps since the best
    patience.look(23)
    assert patience.reason == "stopped early: no lower error since step 13"


def test_changed_rate_is_given_time_before_a_training_is_given_up(source, run, monkeypatch):
    measures = iter([90.0, *[95.0] * 100])
    real = Probes.snapshot
    monkeypatch.setattr(Probes, "snapshot", lambda *on: real(*on)._replace(measure=next(measures)))
    experiment = small(iterations=60)
    for step in train_steps(experiment, source, run=run, patience=20):
        if step.step == 15:
            run.control("run", learning_rate=1e-4)
    taken = snapshot_steps(60)
    assert run.status().step == next(step for step in taken if step >= 15 + 20)


def test_training_that_diverges_leaves_a_recording_that_can_be_replayed(source, run):
    experiment = small("distorted/r/fcn", optimiser=SGD(), iterations=20_000, learning_rate=1e8)
    with pytest.raises(TrainingError, match="not finite"):
        list(train_steps(experiment, source, run=run))
    assert run.status().state == "failed"
    assert run.recorded().snapshots


def test_folder_in_training_takes_no_second_training(source, run):
    steps = train_steps(small(), source, run=run)
    next(steps)
    with pytest.raises(RunError, match="being trained by another process"):
        next(train_steps(small(), source, run=run, resume=True))
    with pytest.raises(RunError, match="being trained by another process"):
        next(train_steps(small(), source, run=run))
    assert run.status() == ("running", 1, "", True)
    list(steps)
    assert run.status().state == "finished"
