"""How long a training still takes, by what it has recorded."""

from __future__ import annotations

import pytest

from app.data import networks
from app.training import pace
from stn_core.runs.folder import Run
from stn_core.runs.records import Snapshot, Step
from tests.app.training.trainings import FCN

STEP, SNAPSHOT, START = 0.02, 0.25, 1.5  # seconds


def snapshot(step: int) -> Snapshot:
    return Snapshot(step, None, None, None, 50.0, None)


def recorded(until: int, every: int, at: list[int]) -> tuple[list[Step], list[Snapshot]]:
    """The records of a training that began slowly and took its snapshots at these steps."""
    taken = [step for step in at if step <= until]
    history = [
        Step(
            done, 1.0, {}, 1e-3, {}, START + done * STEP + sum(s <= done for s in taken) * SNAPSHOT
        )
        for done in range(every, until + 1, every)
    ]
    return history, [snapshot(step) for step in taken]


BURST = [
    0,
    10,
    11,
    12,
    13,
    14,
    15,
    17,
    19,
    22,
    26,
    31,
    40,
    60,
    90,
    140,
    220,
    400,
    900,
    1_800,
    3_000,
]


@pytest.mark.parametrize("until", [12, 18, 24, 60, 300, 1_200])
def test_pace_is_a_step_s_own_from_the_tenth_step_on(until):
    history, snapshots = recorded(until, 6, BURST)
    assert STEP / 1.5 < pace.seconds_a_step(history, snapshots, STEP * 1.3) < STEP * 1.5


def test_nothing_is_known_before_a_record():
    assert pace.seconds_a_step([]) is None


def test_time_left_comes_from_the_published_network_until_the_tenth_step(tmp_path, monkeypatch):
    monkeypatch.setattr(networks, "seconds_a_step", lambda name: 0.03)
    monkeypatch.setattr(networks, "timed_batch_size", lambda name: 64)
    run = Run(tmp_path / "run")
    recipe = {"iterations": 1_000, "batch_size": 256, "learning_rate": 1e-3}
    run.create({"experiment": FCN, "recipe": recipe, "device_type": "cpu", "seed": 0})
    run.set_status("running", 4)
    assert pace.seconds_left(run) == pytest.approx(996 * 0.03 * 2)  # four times the batch
    for step in recorded(100, 2, [])[0]:
        run.append(step)
    run.set_status("running", 100)
    assert pace.seconds_left(run) == pytest.approx(900 * STEP)


def test_time_of_a_training_to_come_is_that_of_one_like_it_here(tmp_path, monkeypatch):
    monkeypatch.setattr(networks, "seconds_a_step", lambda name: 0.03)
    monkeypatch.setattr(networks, "timed_batch_size", lambda name: 64)
    assert pace.expected_seconds(FCN, 1_000, 64) == pytest.approx(30)
    run = Run(tmp_path / "runs" / "mine")
    recipe = {"iterations": 100, "batch_size": 64, "learning_rate": 1e-3}
    run.create({"experiment": FCN, "recipe": recipe, "device_type": "cpu", "seed": 0})
    run.set_status("finished", 100)
    for step in recorded(100, 2, [])[0]:
        run.append(step)
    assert pace.expected_seconds(FCN, 1_000, 64) == pytest.approx(20)
    assert pace.expected_seconds(FCN, 1_000, 16) == pytest.approx(15)  # none like it was here
