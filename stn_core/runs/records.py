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
NOT_LEARNT = np.zeros((0, 0, 0), np.float16)
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
    """A run's folder cannot be used as asked; the message says why.

    >>> from stn_core.runs.folder import Run
    >>> try:
    ...     Run(Path("nowhere")).description()
    ... except RunError as error:
    ...     print(error)
    nowhere is not a run: it has no readable run.json
    """


class Step(NamedTuple):
    """One record of the history: means since the record before, and the state at this step.

    >>> Step(100, 0.2, {"error_percent": 4.0}, 1e-3, {"classifier": 0.5}, 12.0).measures
    {'error_percent': 4.0}
    """

    step: int  # steps done
    loss: float
    measures: dict[str, float]
    learning_rate: float
    gradient_norms: dict[str, float]  # "localisation" and "classifier", at this step
    seconds: float  # of training, over all sittings


class Snapshot(NamedTuple):
    """A few fixed digits as the network reads them at one step.

    theta: (probes, N, P), of N transformers; logits: (probes, classes); mean_output: (classes
    shown, N, H, W) uint8, the mean of the classifier's input, first channel, from each
    transformer (after the pooling) over the gallery's 100 digits of a class; measure: the
    objective's measure on the 1,000 gallery digits; pose_left: (N, C), of V, see
    ``evaluation.pose_left``, empty in older recordings. Empty without a transformer.
    target: (N, K, H'W') float16, B of each transformer, where it is learnt; else empty.

    >>> from stn_core import find
    >>> from stn_core.checkpoints import published_folder
    >>> from stn_core.runs.packed import PACKED, unpack
    >>> run = unpack(published_folder(find("distorted/r/st-cnn-aff")) / PACKED)
    >>> run.snapshots[-1].theta.shape, run.snapshots[-1].mean_output.shape
    ((10, 1, 6), (3, 1, 28, 28))
    """

    step: int
    theta: np.ndarray
    logits: np.ndarray
    mean_output: np.ndarray
    measure: float
    pose_left: np.ndarray
    target: np.ndarray = NOT_LEARNT

    @classmethod
    def of_arrays(cls, arrays: dict[str, np.ndarray]) -> Snapshot:
        """From its fields by name; older recordings have one transformer, and not all fields."""
        theta, mean = arrays["theta"], arrays["mean_output"]
        return cls(
            int(arrays["step"]),
            theta[:, None] if theta.ndim == 2 else theta,
            arrays["logits"],
            mean[:, None] if mean.ndim == 3 else mean,
            float(arrays["measure"]),
            arrays.get("pose_left", np.zeros((0, 0))),
            arrays.get("target", NOT_LEARNT),
        )


class Status(NamedTuple):
    """The state of a run, and its last step. message: why it ended, if it failed or was given up.

    interrupted: its state says that it goes on, but its process is gone.

    >>> Status("running", 100, "", alive=False).interrupted
    True
    """

    state: str
    step: int
    message: str
    alive: bool

    @property
    def interrupted(self) -> bool:
        return self.state in ("queued", "running", "paused") and not self.alive


class RecordedRun(NamedTuple):
    """A whole run, as the app draws it and as it is packed.

    description: run.json; probes: uint8 (N, C, H, W), and their labels (N,).

    >>> probes, labels = np.zeros((10, 1, 28, 28), np.uint8), np.arange(10)
    >>> RecordedRun({"experiment": "distorted/r/fcn"}, [], probes, labels, []).probes.shape
    (10, 1, 28, 28)
    """

    description: dict[str, Any]
    history: list[Step]
    probes: np.ndarray
    labels: np.ndarray
    snapshots: list[Snapshot]


def snapshot_steps(iterations: int, count: int = SNAPSHOTS) -> list[int]:
    """About so many steps, log-spaced, the first 0 and the last ``iterations``.

    >>> steps = snapshot_steps(20_000)
    >>> steps[:3], steps[-1]
    ([0, 10, 11], 20000)
    """
    if count < 2:
        return [0, iterations]
    spaced = np.geomspace(min(FIRST_SNAPSHOT, iterations), iterations, count)
    return [0, *sorted({round(step) for step in spaced.tolist()})]


def parse_history(content: bytes) -> list[Step]:
    """The whole lines of a history.jsonl, in order of step; of two for one step the later one.

    A line that a kill or a full disk has cut short is left out.

    >>> step = Step(1, 0.5, {}, 1e-3, {}, 0.1)
    >>> content = json.dumps(step._asdict()).encode()
    >>> parse_history(content + b"%c" % 10 + content[:20]) == [step]  # the last line is torn
    True
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
    """The arrays of an .npz file by name. Raises one of ``READ_ERRORS``.

    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> np.savez(Path(folder.name, "arrays.npz"), theta=np.zeros((10, 6)))
    >>> read_arrays(Path(folder.name, "arrays.npz"))["theta"].shape
    (10, 6)
    """
    with np.load(path) as file:
        return {name: file[name] for name in file}
