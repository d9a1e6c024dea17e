"""Of several processes, on one machine or many, one has a cell; a dead one's is taken over."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from stn_core import digits, launcher, sweep
from stn_core.experiments import EXPERIMENTS
from stn_core.runs.folder import Run
from stn_core.sweep import claims
from stn_core.sweep.claims import Claims
from stn_core.sweep.running import _has_ended, _Queue

PATIENCE_SECONDS = 300
NAMES = ("distorted/r/fcn", "distorted/r/st-fcn-aff")


@pytest.fixture
def other_machine(monkeypatch):
    """A function that claims a folder as a process of another machine does."""

    def claim(folder: Path) -> claims.Claim:
        with monkeypatch.context() as patch:
            patch.setattr(claims, "_host", lambda: "elsewhere")
            return Claims().take(folder)

    return claim


@pytest.fixture
def clock(monkeypatch):
    """This process's clock, to be set."""
    now = [0.0]
    monkeypatch.setattr(claims.time, "monotonic", lambda: now[0])
    return now


def cells(folder: Path, iterations: int = 1) -> list[sweep.CellTraining]:
    trainings = []
    for name in NAMES:
        experiment = EXPERIMENTS[name].with_recipe(iterations=iterations, batch_size=2)
        trainings.append(sweep.CellTraining(experiment, 0, Run(folder / name.replace("/", "-"))))
    return trainings


def test_claim_of_another_machine_is_dead_when_its_count_stands_still(
    other_machine, clock, tmp_path
):
    other, own = other_machine(tmp_path), Claims()
    assert own.take(tmp_path) is None
    clock[0] = claims.DEAD_SECONDS - 1
    other._count += 1
    other._write()  # it beats
    assert own.take(tmp_path) is None
    clock[0] += claims.DEAD_SECONDS - 1
    assert own.take(tmp_path) is None and not other.is_lost()
    clock[0] += 1
    taken = own.take(tmp_path)
    assert taken is not None and other.is_lost() and not taken.is_lost()
    assert Claims().take(tmp_path) is None  # it is this process's now
    other.release()  # what was only suspended changes nothing any more
    assert not taken.is_lost()
    taken.release()


def test_claim_of_a_process_that_is_gone_is_free_at_once(other_machine, tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    identity = launcher.identity(gone.pid)
    gone.wait()
    other = other_machine(tmp_path)
    other.release()
    other.path.write_text(json.dumps({"host": claims._host(), **identity, "count": 3}))
    claim = Claims().take(tmp_path)
    assert claim.path.name == "2.json"
    claim.release()


def test_claim_that_is_being_made_is_another_s(tmp_path, clock):
    (tmp_path / claims.CLAIMS).mkdir()
    (tmp_path / claims.CLAIMS / "1.json").touch()  # and not written yet
    own = Claims()
    assert own.take(tmp_path) is None
    clock[0] = claims.DEAD_SECONDS
    own.take(tmp_path).release()


def test_lost_cell_is_left_and_one_that_fails_elsewhere_is_not_begun(
    other_machine, clock, source, tmp_path
):
    first, second = cells(tmp_path, iterations=100_000)
    for training in (first, second):
        training.run.folder.mkdir()
    held = other_machine(second.run.folder)
    queue = _Queue([first, second])
    assert queue.take() is first and queue.take() is None
    second.run.create({"experiment": NAMES[1]})
    second.run.set_status("failed", 1, "it diverged")
    held.release()
    clock[0] += 10
    assert queue.take() is None and queue.is_done()
    assert _Queue([second]).take() is second  # the next sweep tries it again
    second.claim.release()

    first.start_thread(source, torch.device("cpu"), "float32")
    (first.claim.path.parent / "2.json").touch()  # another machine took this one for dead
    assert _has_ended(first) and first.worker is None
    assert first.run.status().state != "finished"


def test_run_that_has_no_status_yet_has_not_failed(tmp_path):
    first, _ = cells(tmp_path)
    first.run.create({"experiment": NAMES[0]})
    assert not first.has_failed()
    first.run.set_status("failed", 0, "it diverged")
    assert first.has_failed()


@pytest.mark.parametrize("before", ["waiting", "failed before"])
def test_cell_whose_process_dies_without_a_word_is_not_begun_again(before, clock, tmp_path):
    (here, _), (there, _) = cells(tmp_path), cells(tmp_path)
    if before == "failed before":
        here.run.create({"experiment": NAMES[0]})
        here.run.set_status("failed", 0, "it diverged")
    queues = _Queue([here]), _Queue([there])
    assert queues[0].take() is here
    assert queues[1].take() is None and not queues[1].is_done()  # it would take over
    here.worker = subprocess.Popen([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"])
    here.worker.wait()
    assert _has_ended(here)
    clock[0] += 10
    assert queues[1].take() is None and queues[1].is_done()
    assert _Queue([there]).take() is there  # the next sweep tries it again
    there.claim.release()


def test_claim_that_finds_the_cell_failed_says_so_to_the_next(monkeypatch, tmp_path):
    (here, _), (there, _) = cells(tmp_path), cells(tmp_path)
    queue = _Queue([here])
    take = queue._claims.take

    def take_later(folder: Path) -> claims.Claim | None:
        Claims().take(folder).release(failed=True)  # since the cell was looked at
        return take(folder)

    monkeypatch.setattr(queue._claims, "take", take_later)
    assert queue.take() is None
    assert claims.last_claim(here.run.folder).name == "2.json" and there.has_failed()


def steps_of(shard: int, folder: Path, source: digits.Source):
    """A machine's shard of two cells: one of some seconds, and a short one."""
    trainings = [*cells(folder, iterations=3_000)[:1], *cells(folder)[1:]]
    return sweep.sweep(
        sweep.shard(trainings, shard, 2), source, workers=1, device="cpu", precision="float32"
    )


@pytest.mark.process
def test_shards_share_a_folder_and_one_takes_over_what_a_killed_one_had(source, tmp_path):
    script = (
        "import sys\nfrom pathlib import Path\nfrom stn_core import digits\n"
        "from tests.stn_core.test_claims import steps_of\n"
        "list(steps_of(1, Path(sys.argv[1]), digits.load()))\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    other = subprocess.Popen(command, start_new_session=True)
    first, second = cells(tmp_path)
    until = time.monotonic() + PATIENCE_SECONDS
    steps = steps_of(2, tmp_path, source)
    with contextlib.closing(steps):
        try:
            while first.run.status().state != "paused":
                assert time.monotonic() < until
                if first.run.is_described():
                    first.run.control("pause")  # with a checkpoint
                time.sleep(0.05)
            while second.state != "finished":
                assert next(steps)[0].run.folder == second.run.folder
        finally:
            os.killpg(other.pid, signal.SIGKILL)  # the shard, and its training
            other.wait()
        reached = first.run.status().step
        assert 0 < reached < 3_000
        while first.run.status().state != "finished":
            next(steps)
            assert time.monotonic() < until
    assert [len(list((t.run.folder / claims.CLAIMS).iterdir())) for t in (first, second)] == [2, 1]
    assert f"resumed from step {reached:,}" in (first.run.folder / sweep.LOG).read_text()
    assert sweep.gathered([first])[0].endswith("error on the gallery, 1 seed")
