"""A few of the kills that ``python -m tests.stress.kills`` does by the dozen."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from stn_core import checkpoints
from stn_core.experiments import find
from stn_core.runs.folder import Run
from stn_core.training.network import train_steps
from tests.stress import kills

NAME = "addition/rts/2st-fcn-aff"
SECONDS = 240


def test_training_that_is_killed_again_and_again_ends_as_one_undisturbed():
    """In a process of its own: it forks, as the tests' own must not.

    With this seed the second life has a checkpoint at every record, and seven records.
    """
    done = subprocess.run(
        [sys.executable, "-m", "tests.stress.kills", NAME, "--kills=3", "--seed=3"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ended 3 times, 1 of them before its first checkpoint: 0 faults" in done.stdout
    assert all(f"{kind}: 1" in done.stdout for kind in kills.KINDS)
    assert "the same weights, optimiser and records" in done.stdout


@pytest.fixture
def trained(source, tmp_path, monkeypatch) -> tuple[Run, Run]:
    """Two runs of a few steps, alike."""
    monkeypatch.setattr("stn_core.training.recording.CHECKPOINT_SECONDS", -1.0)
    experiment = find("distorted/r/fcn")
    recipe = replace(experiment.recipe, iterations=3, batch_size=8)
    experiment = replace(experiment, recipes=(recipe,))
    runs = Run(tmp_path / "one"), Run(tmp_path / "other")
    for run in runs:
        list(train_steps(experiment, source, run=run))
    return runs


def test_what_a_kill_would_have_lost_is_named(trained):
    one, other = trained
    assert kills.unlike(one, other) == [] == kills.lost(one)
    tensors, description = checkpoints.load_tensors(one.checkpoint)
    name = next(name for name, tensor in tensors.items() if tensor.is_floating_point())
    tensors[name] = tensors[name] + 1
    checkpoints.save_tensors(one.checkpoint, tensors, description)
    lines = (one.folder / "history.jsonl").read_bytes().splitlines(keepends=True)
    (one.folder / "history.jsonl").write_bytes(lines[0] + lines[2])
    assert kills.unlike(one, other) == [f"another {name}", "another history"]
    assert kills.lost(one) == ["the history has gaps: [(1, 3)]"]
    (one.folder / "history.jsonl").write_bytes(lines[0])
    assert kills.lost(one) == ["the checkpoint is of step 3, the history ends at [1]"]
    one.checkpoint.write_bytes(b"torn")
    assert len(kills.lost(one)) == 1
