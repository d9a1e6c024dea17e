"""A training that is killed (-9) at many random moments: ``python -m tests.stress.kills``.

After each kill its folder is read, and it goes on from there in another process; at the end its
weights and its records are held to those of one that nobody disturbed. 1 if anything is lost.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from stn_core import checkpoints, digits
from stn_core.experiment import Experiment
from stn_core.experiments import find
from stn_core.runs.folder import Run
from stn_core.training import pacing, probes, recording
from stn_core.training.network import train_steps

KILLS = 50
RECORDS = 12  # that a life writes at most, before its end comes
LATEST_SECONDS = 0.02  # after a record: in the middle of a step, or of a file
CHECKPOINT_SECONDS = (-1.0, 0.2)  # at every record, so that many a kill is in its midst; or seldom
STEPS = 2 * RECORDS  # for each life
MEASURED_PER_CLASS = {3: 5, 4: 5}  # gallery digits a class that a snapshot looks at
PATIENCE_SECONDS = 120.0


def main(arguments: list[str] | None = None) -> int:
    """Kill, look, go on, compare; print the counts."""
    options = argparse.ArgumentParser(prog="python -m tests.stress.kills", description=__doc__)
    options.add_argument("name", nargs="?", default="distorted/r/st-fcn-aff")
    options.add_argument("--kills", type=int, default=KILLS, help=f"by default {KILLS}")
    options.add_argument("--seed", type=int, default=0, help="of the moments")
    given = options.parse_args(arguments)
    probes.MEASURED_PER_CLASS = MEASURED_PER_CLASS
    pacing.KEPT_SHARE = pacing.LIVE_SECONDS = math.inf  # the same snapshots however busy it is
    torch.set_num_threads(1)  # every life is a fork of this process
    experiment = find(given.name)
    steps = (given.kills + 1) * STEPS
    recipe = replace(experiment.recipe, iterations=steps, batch_size=8)
    experiment = replace(experiment, recipes=(recipe,))
    source = digits.load()
    rng = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as scratch:
        run, undisturbed = Run(Path(scratch, "killed")), Run(Path(scratch, "undisturbed"))
        faults, without = [], 0
        for kill in range(given.kills):
            records = rng.randrange(RECORDS) if kill else 0  # the first one before there is any
            ended = live(experiment, source, run, rng, records)
            losses = [f"it had ended with {ended}"] if ended != -signal.SIGKILL else lost(run)
            faults += [f"kill {kill}: {words}" for words in losses]
            without += not run.checkpoint.exists()
        if not faults:
            ended = live(experiment, source, run, rng, None)
            list(train_steps(experiment, source, run=undisturbed))
            faults = [f"the end: it ended with {ended}"] if ended else unlike(run, undisturbed)
            print(f"{written(run) - len(run.history())} records were written twice")
    print(
        f"{given.name}, {steps} steps, killed {given.kills} times, {without} of them before its "
        f"first checkpoint: {len(faults)} faults"
    )
    print("\n".join(faults) or "the same weights, optimiser and records as of one undisturbed")
    return int(bool(faults))


def live(
    experiment: Experiment,
    source: digits.Source,
    run: Run,
    rng: random.Random,
    records: int | None,
) -> int:
    """Train in a process of its own until it is killed just after so many records; how it ended.

    records: None lets it come to its end.
    """
    if (run.folder / "heartbeat").exists():
        os.utime(run.folder / "heartbeat", (1, 1))  # as if the seconds had gone by
    before = written(run)
    recording.CHECKPOINT_SECONDS = rng.choice(CHECKPOINT_SECONDS)
    child = os.fork()
    if not child:
        status = 1
        try:
            resume = run.is_described()
            list(train_steps(experiment, source, run=run, resume=resume))
            status = 0
        except Exception:
            traceback.print_exc()
        finally:
            os._exit(status)
    if records is not None:
        patience = time.monotonic() + PATIENCE_SECONDS
        while written(run) < before + records and time.monotonic() < patience:
            if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                break  # by itself
            time.sleep(0.001)
        time.sleep(rng.uniform(0, LATEST_SECONDS))
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def written(run: Run) -> int:
    """Whole lines of the history."""
    path = run.folder / "history.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def lost(run: Run) -> list[str]:
    """What cannot be read of a run whose training was killed."""
    try:
        steps = [record.step for record in run.history()]
        run.snapshots()
        if run.checkpoint.exists():
            kept = checkpoints.load_tensors(run.checkpoint)[1]["step"]
            if kept > max(steps, default=0):
                return [f"the checkpoint is of step {kept}, the history ends at {steps[-1:]}"]
    except Exception as error:  # whatever it is, it is a loss
        return [f"{type(error).__name__}: {error}"]
    gaps = [(a, b) for a, b in zip([0, *steps], steps, strict=False) if b - a != steps[0]]
    return [f"the history has gaps: {gaps}"] if gaps else []


def unlike(run: Run, undisturbed: Run) -> list[str]:
    """What of a run is not to the last bit as of one that nobody disturbed."""
    tensors, others = (checkpoints.load_tensors(r.checkpoint)[0] for r in (run, undisturbed))
    differing = [
        n for n in tensors.keys() | others.keys() if not same(tensors.get(n), others.get(n))
    ]
    records, expected = ([s._replace(seconds=0) for s in r.history()] for r in (run, undisturbed))
    if records != expected:
        differing.append("history")
    snapshots, others = run.snapshots(), undisturbed.snapshots()
    if [s.step for s in snapshots] != [s.step for s in others] or not all(
        np.array_equal(a, b, equal_nan=True)
        for one, other in zip(snapshots, others, strict=True)
        for a, b in zip(one, other, strict=True)
    ):
        differing.append("snapshots")
    return [f"another {name}" for name in differing]


def same(tensor: torch.Tensor | None, other: torch.Tensor | None) -> bool:
    return tensor is not None and other is not None and torch.equal(tensor, other)


if __name__ == "__main__":
    sys.exit(main())
