"""How fast a training goes, how long it still takes, and how long one would take here.

The first records hold a start that comes once, and snapshots that are taken more often at first
than later on. A step's own time is what is left when both are taken out.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import numpy as np

from app.data import networks, recordings
from app.training.job import list_jobs
from stn_core.runs.folder import Run
from stn_core.runs.records import RunError, Snapshot, Step

FIRST_STEPS = 10  # before so many, a training's own pace says nothing
MAX_RECORDS = 40  # of the last, by which the pace is measured
MIN_STEPS_KNOWN = 50  # of an earlier run here, for its pace to be believed


def seconds_a_step(
    history: Sequence[Step], snapshots: Sequence[Snapshot] = (), guess: float | None = None
) -> float | None:
    """Of the last records, without the snapshots' own time and without the start's; None before
    there is a record. guess: it is no longer than this as long as steps and snapshots cannot be
    told apart."""
    recent = history[-MAX_RECORDS - 1 :]
    if not recent:
        return None
    if len(recent) == len(history):  # the start is in the first of them
        recent = [Step(0, 0.0, {}, 0.0, {}, 0.0), *recent]
    steps = np.diff([record.step for record in recent])
    seconds = np.diff([record.seconds for record in recent])
    if len(history) > 1 and len(recent) > len(history):
        steps, seconds, recent = steps[1:], seconds[1:], recent[1:]
    whole = (steps > 0) & (seconds > 0)
    if not whole.any():
        return None
    taken = [s.step for s in snapshots]
    pauses = np.diff(np.searchsorted(taken, [r.step for r in recent], side="right"))[whole]
    return _own_share(steps[whole], seconds[whole], pauses, guess)


def _own_share(
    steps: np.ndarray, seconds: np.ndarray, snapshots: np.ndarray, guess: float | None
) -> float:
    """Seconds a step, of intervals of which some hold snapshots too."""
    paces = seconds / steps
    without = paces[snapshots == 0]
    if len(without) >= 3:
        return float(statistics.median(without))
    least = float(paces.min())
    if not snapshots.any():
        return least
    if len(paces) < 2:
        return min(least, guess or least)
    (step, _), *_ = np.linalg.lstsq(np.stack([steps, snapshots], 1), seconds, rcond=None)
    return float(min(step, least)) if step > 0 else least


def seconds_left(run: Run) -> float | None:
    """Of a training that runs; None if there is nothing to judge by. Raises RunError."""
    rest = max(0, run.description()["recipe"]["iterations"] - run.status().step)
    step = pace_of(run)
    return step and rest * step


def pace_of(run: Run) -> float | None:
    """Seconds a step of a training that runs, at first its published network's. Raises RunError."""
    description = run.description()
    on_cpu = description.get("device_type", "cpu") == "cpu"
    batch = description["recipe"].get("batch_size")
    guess = published_seconds_a_step(description["experiment"], batch) if on_cpu else None
    if run.status().step < FIRST_STEPS:
        return guess
    return seconds_a_step(run.history(), run.snapshots(), guess) or guess


def expected_seconds(experiment: str, iterations: int, batch_size: int) -> float | None:
    """How long a training on this machine's CPU would take: as the newest like it here, or as its
    published network's took; None if neither is known."""
    step = _seconds_a_step_here(experiment, batch_size)
    if step is None:
        step = published_seconds_a_step(experiment, batch_size)
    return step and iterations * step


def _seconds_a_step_here(experiment: str, batch_size: int) -> float | None:
    for job in list_jobs(experiment[: experiment.rindex("/") + 1]):
        run = recordings.run_reader(str(job.folder))
        try:
            description = run.description()
        except RunError:
            continue
        like = (experiment, batch_size, "cpu") == (
            description["experiment"],
            description["recipe"].get("batch_size"),
            description.get("device_type"),
        )
        if like and run.status().step >= MIN_STEPS_KNOWN:
            return seconds_a_step(run.history())
    return None


def published_seconds_a_step(experiment: str, batch_size: int | None = None) -> float | None:
    """Of its published training on one CPU core, by this batch size. A part of a step takes as
    long for any batch: of four times the examples it takes about twice as long."""
    step, published = networks.seconds_a_step(experiment), networks.timed_batch_size(experiment)
    ratio = batch_size / published if batch_size and published else 1.0
    return step and step * ratio**0.5
