"""Trainings to test with: started by the form's defaults, or made to look as if they ran."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from app.training import orders
from stn_core import launcher
from stn_core.runs.folder import Run
from stn_core.runs.records import Step

PATIENCE_SECONDS = 120
FCN = "distorted/rts/fcn"


class Idle:
    """A launcher whose processes do nothing until they are sent a signal."""

    def __init__(self):
        self.gpus: dict[Path, int | None] = {}
        self.signals: dict[Path, int | None] = {}  # that a folder's process was sent, None as yet

    def start(self, words, folder, log, *, gpu, detached):
        self.gpus[folder], self.signals[folder] = gpu, None
        (folder / launcher.PID_FILE).touch()

    def find(self, folder):
        return self if self.signals.get(folder, 0) is None else None

    def end(self, folder, how=signal.SIGTERM):
        self.signals[folder] = how


def start(**changes):
    arguments = {
        "recipe": "quick",
        "iterations": 20_000,
        "learning_rate": 1e-3,
        "seed": 0,
        "device": "cpu",
    }
    return orders.start(FCN, **{**arguments, **changes})


def wait_for(condition):
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.1)


def begun(job, *, step=100, of=1_000, pace=10.0):
    """What a training writes that has come to this step at so many steps a second."""
    run = Run(job.folder)
    recipe = {"iterations": of, "learning_rate": 1e-3}
    run.create({"experiment": FCN, "recipe": recipe, "device_type": "cpu", "seed": 0})
    for done in (step // 2, step):
        run.append(Step(done, 1.0, {}, 1e-3, {}, done / pace))
    run.set_status("running", step)
    (job.folder / "heartbeat").touch()
    return run


def aged(path, seconds):
    then = time.time() - seconds
    os.utime(path, (then, then))
