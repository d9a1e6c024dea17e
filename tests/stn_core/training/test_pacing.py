"""Snapshots are a tenth of a run's time at most, and late ones come every few seconds."""

from __future__ import annotations

import pytest

from stn_core.runs.records import snapshot_steps
from stn_core.training import network, pacing
from stn_core.training.network import NetworkTraining, train_steps
from stn_core.training.pacing import LIVE_SECONDS, Pace
from stn_core.training.trainer import Trainer
from tests.stn_core.training.small import small


class Clock:
    """Stands still unless it is moved on."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(pacing, "monotonic", clock)
    return clock


@pytest.fixture
def each_step_takes(clock, monkeypatch):
    """Sets how many seconds a trainer's step takes."""

    def set_seconds(seconds: float) -> None:
        real = Trainer.advance

        def advance(trainer: Trainer) -> None:
            real(trainer)
            clock.now += seconds

        monkeypatch.setattr(Trainer, "advance", advance)

    return set_seconds


def paced(clock: Clock, iterations: int, *, step: float, look: float, begun: int = 0):
    """A run whose steps and snapshots take so many seconds: what is kept, what is live, when.

    Gives the kept steps, the times of all looks, the seconds of all looks and of the whole run.
    """
    pace = Pace(iterations, begun)
    kept, times, looked = [], [], 0.0
    for done in range(begun, iterations + 1):
        if done > begun:
            clock.now += step
        if done == begun > 0:
            continue
        is_kept = pace.is_kept(done)
        if is_kept or pace.is_live():
            with pace.looking():
                clock.now += look
            looked += look
            times.append(clock.now)
            if is_kept:
                kept.append(done)
    return kept, times, looked, clock.now


@pytest.mark.parametrize("begun", [0, 1_000])
@pytest.mark.parametrize(
    ("step", "look"), [(0.02, 0.15), (0.02, 0.9), (0.2, 0.5), (0.0001, 0.2)], ids=str
)
def test_snapshots_cost_a_tenth_of_a_run_besides_the_first_and_the_last(step, look, begun, clock):
    kept, _, looked, whole = paced(clock, 3_000, step=step, look=look, begun=begun)
    assert kept[-1] == 3_000 and (begun or kept[0] == 0)
    assert looked <= 0.1 * whole + 2 * look
    assert len(kept) <= 102


def test_late_in_a_run_there_is_a_snapshot_every_few_seconds(clock):
    _, times, _, _ = paced(clock, 30_000, step=0.02, look=0.14)
    late = [t for t in times if t > 60]
    gaps = [b - a for a, b in zip(late, late[1:], strict=False)]
    assert len(gaps) > 100 and max(gaps) < LIVE_SECONDS + 0.3


def test_short_run_has_few_snapshots_and_still_its_first_and_last(clock):
    kept, times, _, _ = paced(clock, 100, step=0.017, look=0.15)
    assert kept == [0, 100] and len(times) == 2


def test_snapshots_that_cost_nothing_are_all_that_are_planned(clock):
    kept, times, _, _ = paced(clock, 20_000, step=0.0, look=0.0)
    assert kept == snapshot_steps(20_000) and len(times) == len(kept)


def test_live_snapshot_is_replaced_by_the_next_and_kept_ones_stay(source, run, each_step_takes):
    each_step_takes(LIVE_SECONDS)
    seen = []
    for step in train_steps(small(iterations=30), source, run=run):
        seen.append([s.step for s in run.snapshots()])
        assert seen[-1][-1] == step.step  # the latest is live
    planned = set(snapshot_steps(30))
    assert set(seen[-1]) == planned
    assert all(set(steps[:-1]) <= planned for steps in seen)


@pytest.mark.parametrize("interval", [1, 40], ids=["every step recorded", "few steps recorded"])
def test_kill_in_the_first_half_minute_loses_ten_seconds_and_later_little_more_than_thirty(
    interval, source, run, clock, each_step_takes, monkeypatch
):
    saved = [0.0]
    real = NetworkTraining.save
    monkeypatch.setattr(
        NetworkTraining, "save", lambda *given: saved.append(clock.now) or real(*given)
    )
    monkeypatch.setattr(network, "RECORDS", 120 // interval)
    each_step_takes(1.0)
    list(train_steps(small(iterations=120), source, run=run))
    lost = [t - max(at for at in saved if at <= t) for t in range(121)]
    assert max(lost[:30]) <= 10 and max(lost) <= 36
    assert saved[-1] == 120 and len(saved) < 15
