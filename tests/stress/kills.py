"""A training that is killed (-9) at many random moments: ``python -m tests.stress.kills``.

After each kill its folder is read, and it goes on from there in another process; at the end its
weights and its records are held to those of one that nobody disturbed. 1 if anything is lost.

Some lives are stopped (SIGSTOP) before they are killed: nobody may take their folder meanwhile.
Some end because the disk is full. The clock may be set back by an hour after any of them.
"""

from __future__ import annotations

import argparse
import errno
import math
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from stn_core import checkpoints, digits
from stn_core.experiment import Experiment
from stn_core.experiments import find
from stn_core.runs.folder import Run
from stn_core.runs.records import RunError
from stn_core.training import pacing, probes, recording
from stn_core.training.network import train_steps

KILLS = 50
RECORDS = 12  # that a life writes at most, before its end comes
LATEST_SECONDS = 0.02  # after a record: in the middle of a step, or of a file
CHECKPOINT_SECONDS = (-1.0, 0.2)  # at every record, so that many a kill is in its midst; or seldom
STEPS = 2 * RECORDS  # for each life
MEASURED_PER_CLASS = {3: 5, 4: 5}  # gallery digits a class that a snapshot looks at
PATIENCE_SECONDS = 120.0
KINDS = ("killed", "stopped, and then killed", "on a full disk")
FULL_AFTER = 12  # files that a life on a disk that becomes full has written at most
HOUR = 3600.0


def main(arguments: list[str] | None = None) -> int:
    """Kill, look, go on, compare; print the counts."""
    options = argparse.ArgumentParser(prog="python -m tests.stress.kills", description=__doc__)
    options.add_argument("name", nargs="?", default="distorted/r/st-fcn-aff")
    options.add_argument("--kills", type=int, default=KILLS, help=f"by default {KILLS}")
    options.add_argument("--seed", type=int, default=0, help="of the moments")
    given = options.parse_args(arguments)
    probes.MEASURED_PER_CLASS = MEASURED_PER_CLASS
    pacing.KEPT_SHARE = pacing.LIVE_SECONDS = math.inf  # the same snapshots however busy it is
    recording.RECORD_SECONDS = math.inf  # and the same records
    torch.set_num_threads(1)  # every life is a fork of this process
    experiment = find(given.name)
    steps = (given.kills + 1) * STEPS
    recipe = replace(experiment.recipe, iterations=steps, batch_size=8)
    experiment = replace(experiment, recipes=(recipe,))
    source = digits.load()
    rng = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as scratch:
        run, undisturbed = Run(Path(scratch, "killed")), Run(Path(scratch, "undisturbed"))
        faults, without, kinds = [], 0, Counter()
        for kill in range(given.kills):
            kind = KINDS[kill % len(KINDS)]
            kinds[kind] += 1
            records = rng.randrange(RECORDS) if kill else 0  # the first one before there is any
            ended, losses = live(experiment, source, run, rng, records, kind)
            if ended != (1 if kind == KINDS[2] else -signal.SIGKILL):
                losses.append(f"it had ended with {ended}")
            faults += [f"{kill}, {kind}: {words}" for words in [*losses, *lost(run)]]
            without += not run.checkpoint.exists()
        if not faults:
            ended, _ = live(experiment, source, run, rng, None)
            list(train_steps(experiment, source, run=undisturbed))
            faults = [f"the end: it ended with {ended}"] if ended else unlike(run, undisturbed)
            print(f"{written(run) - len(run.history())} records were written twice")
    print(
        f"{given.name}, {steps} steps, ended {given.kills} times, {without} of them before its "
        f"first checkpoint: {len(faults)} faults"
    )
    print("; ".join(f"{kind}: {count}" for kind, count in kinds.items()))
    print("\n".join(faults) or "the same weights, optimiser and records as of one undisturbed")
    return int(bool(faults))


def live(
    experiment: Experiment,
    source: digits.Source,
    run: Run,
    rng: random.Random,
    records: int | None,
    kind: str = KINDS[0],
) -> tuple[int, list[str]]:
    """Train in a process of its own until it ends just after so many records; how, and the faults.

    records: None lets it come to its end.
    """
    then = rng.choice((1, time.time() + HOUR))  # as if the seconds had gone by, or an hour back
    if (run.folder / "heartbeat").exists():  # else it was killed before it had one
        os.utime(run.folder / "heartbeat", (then, then))
    before, faults = written(run), []
    recording.CHECKPOINT_SECONDS = rng.choice(CHECKPOINT_SECONDS)
    full_after = rng.randrange(FULL_AFTER)
    child = os.fork()
    if not child:
        status = 1
        try:
            if kind == KINDS[2]:
                fill_the_disk(full_after)
            resume = run.is_described()
            list(train_steps(experiment, source, run=run, resume=resume))
            status = 0
        except OSError as error:
            if error.errno != errno.ENOSPC:
                traceback.print_exc()
        except Exception:
            traceback.print_exc()
        finally:
            os._exit(status)
    if records is not None and kind != KINDS[2]:
        wait_for_record(child, run, before + records)
        time.sleep(rng.uniform(0, LATEST_SECONDS))
        if kind == KINDS[1]:
            faults = stop_for_a_while(child, run)
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), faults


def fill_the_disk(after: int) -> None:
    """Let so many files be written in this process, and no more."""
    files, sync = iter(range(after)), os.fsync

    def full(handle: int) -> None:
        if next(files, None) is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(handle)

    os.fsync = full


def wait_for_record(child: int, run: Run, count: int) -> None:
    """Until the history has so many records, or the process has ended by itself."""
    patience = time.monotonic() + PATIENCE_SECONDS
    while written(run) < count and time.monotonic() < patience:
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            break
        time.sleep(0.001)


def stop_for_a_while(child: int, run: Run) -> list[str]:
    """Stop a process for longer than a heart may; whether its folder could be taken meanwhile, and
    whether it goes on."""
    patience = time.monotonic() + PATIENCE_SECONDS
    while not run.is_alive() and time.monotonic() < patience:  # it has only just been started
        time.sleep(0.001)
    os.kill(child, signal.SIGSTOP)
    os.waitpid(child, os.WUNTRACED)
    os.utime(run.folder / "heartbeat", (1, 1))
    faults = [] if run.is_alive() else ["its folder was free while it was stopped"]
    try:
        with run.owned():
            faults.append("another one took its folder while it was stopped")
    except RunError:
        pass
    before = written(run)
    os.kill(child, signal.SIGCONT)
    wait_for_record(child, run, before + 1)
    return faults if written(run) > before else [*faults, "it did not go on"]


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
