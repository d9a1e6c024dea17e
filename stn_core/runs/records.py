"""What is recorded of a run: its steps, its snapshots, how it stands."""

from __future__ import annotations

import json
import operator
import zipfile
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

SNAPSHOTS = 100
FIRST_SNAPSHOT = 10  # after step 0; a look at the gallery costs as much as several steps
READ_ERRORS = (  # what json and np.load raise for a file that is missing, torn or another one's
    OSError,
    ValueError,
    KeyError,
    TypeError,
    EOFError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)


class RunError(RuntimeError):
    """A run's folder cannot be used as asked; the message says why."""


class Step(NamedTuple):
    """One record of the history: means since the record before, and the state at this step."""

    step: int  # steps done
    loss: float
    measures: dict[str, float]
    learning_rate: float
    gradient_norms: dict[str, float]  # "localisation" and "classifier", at this step
    seconds: float  # of training, over all sittings


class Snapshot(NamedTuple):
    """What a few fixed digits look like to the network at one step.

    theta: (probes, N, P), of N transformers; logits: (probes, classes); mean_output: (classes
    shown, N, H, W) uint8, the mean of what the classifier is given, of the first channel, by each
    transformer (after the pooling) over the gallery's 100 digits of a class; measure: the
    objective's measure on the 1,000 gallery digits; pose_left: (N, C), of V, see
    ``evaluation.pose_left``, empty in older recordings. Empty without a transformer.
    """

    step: int
    theta: np.ndarray
    logits: np.ndarray
    mean_output: np.ndarray
    measure: float
    pose_left: np.ndarray

    @classmethod
    def of_arrays(cls, arrays: dict[str, np.ndarray]) -> Snapshot:
        """From its fields by name; older recordings have one transformer, and no pose_left."""
        theta, mean = arrays["theta"], arrays["mean_output"]
        return cls(
            int(arrays["step"]),
            theta[:, None] if theta.ndim == 2 else theta,
            arrays["logits"],
            mean[:, None] if mean.ndim == 3 else mean,
            float(arrays["measure"]),
            arrays.get("pose_left", np.zeros((0, 0))),
        )


class Status(NamedTuple):
    """How a run stands. ``interrupted``: it says it goes on, but its process is gone."""

    state: str
    step: int
    message: str
    alive: bool

    @property
    def interrupted(self) -> bool:
        return self.state in ("queued", "running", "paused") and not self.alive


class RecordedRun(NamedTuple):
    """A finished run, whole, as it is shown and as it is packed."""

    description: dict[str, Any]
    history: list[Step]
    probes: np.ndarray
    labels: np.ndarray
    snapshots: list[Snapshot]


def snapshot_steps(iterations: int, count: int = SNAPSHOTS) -> list[int]:
    """About so many steps, log-spaced, the first 0 and the last ``iterations``."""
    if count < 2:
        return [0, iterations]
    spaced = np.geomspace(min(FIRST_SNAPSHOT, iterations), iterations, count)
    return [0, *sorted({round(step) for step in spaced.tolist()})]


def parse_history(content: bytes) -> list[Step]:
    """The whole lines of a history.jsonl, in order of step; of two for one step the later one.

    A line that a kill or a full disk has torn is none.
    """
    records = {}
    for line in content.split(b"\n")[:-1]:  # what follows the last newline is torn or empty
        try:
            record = Step(**json.loads(line))
            records[operator.index(record.step)] = record
        except (ValueError, TypeError):
            continue
    return [records[step] for step in sorted(records)]


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an .npz file by name. Raises one of ``READ_ERRORS``."""
    with np.load(path) as file:
        return {name: file[name] for name in file}
