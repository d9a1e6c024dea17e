"""A small network, few steps, and what two runs are compared by."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import torch

from stn_core import checkpoints
from stn_core.digits import Source
from stn_core.experiment import Experiment
from stn_core.experiments import EXPERIMENTS
from stn_core.runs.folder import Run
from stn_core.runs.records import Snapshot
from stn_core.training.network import train_steps
from stn_core.training.probes import Probes
from stn_core.training.trainer import Trainer

PATIENCE_SECONDS = 120
CPU = torch.device("cpu")


def small(name: str = "distorted/r/st-fcn-aff", **recipe) -> Experiment:
    """An experiment with a small network and few, small steps."""
    experiment = EXPERIMENTS[name]
    recipe = replace(experiment.recipe, **{"iterations": 12, "batch_size": 8, **recipe})
    network = replace(experiment.network, parameters=60_000)
    return replace(experiment, network=network, recipes=(recipe,))


def comparable(history: list) -> list:
    """Steps without the seconds that they took."""
    return [step._replace(seconds=0) for step in history]


def assert_same_run(first: Run, second: Run) -> None:
    """The same weights, optimiser and generator to the last bit, and the same records."""
    tensors, others = (checkpoints.load_tensors(run.checkpoint)[0] for run in (first, second))
    assert tensors.keys() == others.keys()
    assert all(torch.equal(tensors[name], others[name]) for name in tensors)
    assert comparable(first.history()) == comparable(second.history())
    for one, other in zip(first.snapshots(), second.snapshots(), strict=True):
        for name, value in one._asdict().items():
            np.testing.assert_array_equal(value, getattr(other, name), err_msg=name)


def wait_until(condition) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.005)


def stopped_at_5(source, run: Run) -> tuple[dict[str, torch.Tensor], dict]:
    """A run that has been stopped, and what is in its checkpoint."""
    for step in train_steps(small(), source, seed=5, run=run):
        if step.step == 4:
            run.control("stop")
    return checkpoints.load_tensors(run.checkpoint)


def look(trainer: Trainer, source: Source) -> Snapshot:
    """What the trainer's network makes of the probes and of the gallery."""
    return Probes(trainer.experiment, source.gallery, trainer.device).snapshot(trainer)


def poison(trainer: Trainer, name: str) -> None:
    with torch.no_grad():
        trainer.network.get_parameter(name).view(-1)[0] = float("nan")
