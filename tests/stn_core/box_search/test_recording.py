"""A search in a run's folder: what is recorded of it, and how it is steered, as any training."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from stn_core import checkpoints
from stn_core.box_search.recording import LOCALISER, BoxSearch, record_search
from stn_core.box_search.search import Optimisation, Restarts, colocalise
from stn_core.localisation import BoxLocalisation
from stn_core.runs.folder import Run
from stn_core.runs.records import RunError, snapshot_steps
from stn_core.training import pacing, recording
from tests.stn_core.box_search.short import CELL, SHORT


def test_recording_is_of_the_start_that_leads_in_the_end(networks, few, tmp_path):
    cell = replace(CELL, recipes=(replace(SHORT, iterations=24, starts=4),))
    for seed in range(20):  # until it is not the first one that is the best
        restarts = Restarts(few, networks, cell.recipe, seed)
        first = restarts.leader
        while restarts.step < 12:
            restarts.advance()
        if restarts.leader is not first:
            break
    alone = Optimisation(few, networks, cell.recipe, restarts.leader.seed)
    run = Run(tmp_path / "run")
    list(record_search(cell, few, networks, run, seed=seed, set_seed=0))
    whole = run.recorded()
    assert [s.step for s in whole.history] == snapshot_steps(24)
    for snapshot in whole.snapshots:
        while alone.step < snapshot.step:
            alone.advance()
        boxes = torch.from_numpy(snapshot.theta[:, 0]).float()
        assert torch.allclose(boxes, alone.located(), atol=1e-3)


def test_recorded_run_has_every_image_s_box_from_step_0_to_the_end(networks, few, tmp_path):
    cell, run = replace(CELL, recipes=(SHORT,)), Run(tmp_path / "run")
    steps = list(record_search(cell, few, networks, run, seed=0, set_seed=0))
    assert [s.step for s in steps] == snapshot_steps(3)
    assert run.status().state == "finished"
    whole = run.recorded()
    assert whole.probes.shape == (12, 1, 84, 84) and (whole.labels == 1).all()
    assert all(s.theta.shape == (12, 1, 3) for s in whole.snapshots)
    start = torch.from_numpy(whole.snapshots[0].theta[:, 0]).float()
    assert torch.allclose(start, torch.tensor([SHORT.start, 0, 0]), atol=1e-3)
    last = torch.from_numpy(whole.snapshots[-1].theta[:, 0]).float()
    outcome = colocalise(few, networks, SHORT, 0)
    assert torch.allclose(last, outcome.boxes, atol=1e-3)
    tensors, header = checkpoints.load_tensors(run.folder / LOCALISER)
    smallest, largest = header["s"]
    kept = BoxLocalisation(
        (1, 84, 84), start=0.3, smallest=smallest, largest=largest, generator=torch.Generator()
    )
    kept.load_state_dict(tensors)
    torch.testing.assert_close(kept(few.images), outcome.boxes)
    assert steps[-1].measures["localised_percent"] == outcome.measures["localised_percent"]


def test_run_stops_when_it_is_asked_to(networks, few, tmp_path):
    cell = replace(CELL, recipes=(replace(SHORT, iterations=50),))
    run = Run(tmp_path / "run")
    for step in record_search(cell, few, networks, run, seed=0, set_seed=0):
        if step.step >= 10:
            run.control("stop")
    assert run.status().state == "stopped" and run.status().step < 50
    with pytest.raises(RunError, match="already holds a run"):
        next(record_search(cell, few, networks, run, seed=0, set_seed=0))


def test_search_that_breaks_off_says_at_which_step(networks, few, tmp_path, monkeypatch):
    real = Restarts.advance

    def advance(restarts: Restarts) -> None:
        if restarts.step == 7:
            raise RuntimeError("out of memory")
        real(restarts)

    monkeypatch.setattr(Restarts, "advance", advance)
    cell, run = replace(CELL, recipes=(replace(SHORT, iterations=20),)), Run(tmp_path / "run")
    with pytest.raises(RuntimeError, match="out of memory"):
        list(record_search(cell, few, networks, run, seed=0, set_seed=0))
    assert run.status() == ("failed", 7, "out of memory", False)


def test_search_that_cannot_be_begun_says_so(few, tmp_path, monkeypatch):
    run = Run(tmp_path / "run")
    with pytest.raises(AttributeError) as caught:
        list(record_search(CELL, few, None, run, seed=0, set_seed=0))
    assert run.status() == ("failed", 0, str(caught.value), False)


def test_control_file_is_looked_at_when_a_record_is_made_and_once_a_second_besides(
    networks, few, tmp_path, monkeypatch
):
    looks = []
    monkeypatch.setattr(Run, "command", lambda run: looks.append(run) or "run")
    monkeypatch.setattr(recording, "CONTROL_SECONDS", 3600.0)
    monkeypatch.setattr(pacing, "snapshot_steps", lambda *_: [0, 30])
    monkeypatch.setattr("stn_core.box_search.recording.snapshot_steps", lambda _: [0, 10, 30])
    cell, run = replace(CELL, recipes=(replace(SHORT, iterations=30),)), Run(tmp_path / "run")
    list(record_search(cell, few, networks, run, seed=0, set_seed=0))
    assert len(looks) == 2  # at step 10 and at the end


def test_stop_between_two_records_leaves_a_record_and_a_snapshot_of_its_step(
    networks, few, tmp_path, monkeypatch
):
    monkeypatch.setattr(recording, "CONTROL_SECONDS", 0.0)
    monkeypatch.setattr(pacing, "snapshot_steps", lambda *_: [0, 30])
    monkeypatch.setattr("stn_core.box_search.recording.snapshot_steps", lambda _: [0, 30])
    real = BoxSearch.advance
    cell, run = replace(CELL, recipes=(replace(SHORT, iterations=30),)), Run(tmp_path / "run")

    def advance(search: BoxSearch) -> None:
        real(search)
        if search.step == 9:  # another start may lead since step 8
            run.control("stop")

    monkeypatch.setattr(BoxSearch, "advance", advance)
    list(record_search(cell, few, networks, run, seed=0, set_seed=0))
    assert run.status() == ("stopped", 9, "", False)
    assert [step.step for step in run.history()] == [0, 9]
    assert [snapshot.step for snapshot in run.snapshots()] == [0, 9]
    assert not (run.folder / LOCALISER).exists()


def test_stop_at_the_last_step_finishes_the_search(networks, few, tmp_path, monkeypatch):
    monkeypatch.setattr(Run, "command", lambda run: "stop" if run.status().step == 3 else "run")
    cell, run = replace(CELL, recipes=(SHORT,)), Run(tmp_path / "run")
    list(record_search(cell, few, networks, run, seed=0, set_seed=0))
    assert run.status() == ("finished", 3, "", False)
    assert (run.folder / LOCALISER).exists()


def test_rate_that_is_asked_for_holds_for_the_rest_of_a_search(networks, few, tmp_path):
    search = replace(SHORT, iterations=12, starts=1)
    cell, run = replace(CELL, recipes=(search,)), Run(tmp_path / "run")
    for step in record_search(cell, few, networks, run, seed=0, set_seed=0):
        if step.step == snapshot_steps(12)[1]:
            run.control("run", learning_rate=1e-5)
    first, *_, last = run.history()
    assert first.learning_rate == search.learning_rate and last.learning_rate == 1e-5


def test_wide_layer_s_rate_follows_the_one_that_is_asked_for(networks, few):
    one = Optimisation(few, networks, SHORT, 0)
    one.learning_rate = 0.5
    others, wide = one.optimiser.param_groups
    assert (others["lr"], wide["lr"]) == (0.5, 0.5 * SHORT.wide_layer_lr_factor)
