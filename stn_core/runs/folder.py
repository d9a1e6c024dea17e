"""A run's folder: write it, read it while it grows, steer it.

run.json          experiment, recipe, seed, device, digits: what was asked for
history.jsonl     one line a logged step, only ever appended to
probes.npz        the probe images (uint8) and their labels
snapshots/N.npz   at log-spaced steps N, 100 at most, and lately: theta, logits, mean_output, error
checkpoint.safetensors   everything that is needed to go on
status.json       running, paused, stopped, finished or failed, and why
claims/N.json     which process of a sweep has it, if one has: ``sweep.claims``
lock, heartbeat   held, and touched every second, by the training that owns the folder
control.json      what the training is asked to do, looked at between steps
process.json      which process trains, if it was started by ``launcher``
"""

from __future__ import annotations

import io
import itertools
import json
import math
import os
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np

from stn_core.checkpoints import write_atomically
from stn_core.runs import ownership
from stn_core.runs.records import (
    READ_ERRORS,
    RecordedRun,
    RunError,
    Snapshot,
    Status,
    Step,
    parse_history,
    read_arrays,
)

COMMANDS = ("run", "pause", "stop")
DEVICE_SEPARATOR = ", then "  # between the devices that a run has been on
STATES = ("queued", "running", "paused", "stopped", "finished", "failed")


def runs_folder() -> Path:
    """Where runs are kept: ``STN_RUNS``, by default ``runs/``.

    >>> from unittest.mock import patch
    >>> with patch.dict(os.environ, STN_RUNS="elsewhere"):
    ...     print(runs_folder())
    elsewhere
    """
    return Path(os.environ.get("STN_RUNS") or "runs")


def new_run_folder(experiment_name: str) -> Path:
    """Make the folder of a new run: the experiment's name, the local time, and a number where
    others began in the same second. Raises OSError if it cannot be made.

    >>> import tempfile
    >>> from unittest.mock import patch
    >>> folder = tempfile.TemporaryDirectory()
    >>> with patch.dict(os.environ, STN_RUNS=folder.name):
    ...     new_run_folder("distorted/r/fcn").name[:16]
    'distorted-r-fcn-'
    """
    name = f"{experiment_name.replace('/', '-')}-{time.strftime('%Y%m%d-%H%M%S')}"
    for number in itertools.count(1):
        folder = runs_folder() / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise AssertionError("there is always another number")


def write_arrays(path: Path, **arrays: Any) -> None:
    """Write arrays by name as an .npz file: a reader sees all of it, or nothing.

    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> write_arrays(Path(folder.name, "arrays.npz"), theta=np.zeros((10, 6)))
    >>> list(read_arrays(Path(folder.name, "arrays.npz")))
    ['theta']
    """
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    write_atomically(path, buffer.getvalue())


class Run:
    """One run's folder. Of a missing or torn part it reads what is there.

    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> run = Run(Path(folder.name, "run"))
    >>> run.create({"experiment": "distorted/r/fcn"})
    >>> run.append(Step(1, 0.5, {"error_percent": 50.0}, 1e-3, {"classifier": 1.0}, 0.1))
    >>> run.history()[0].loss, run.command()
    (0.5, 'run')
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self.checkpoint = self.folder / "checkpoint.safetensors"
        self._cache: dict[str, tuple[float, Snapshot]] = {}

    # -- what was asked for

    def create(self, description: dict[str, Any]) -> None:
        """Make the folder. Raises RunError if it holds a run already."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if (self.folder / "run.json").exists():
            raise RunError(
                f"{self.folder} already holds a run; resume it, or choose another folder"
            )
        (self.folder / "snapshots").mkdir(exist_ok=True)
        self._write_json("run.json", description)

    def is_described(self) -> bool:
        """Whether a run has begun in this folder."""
        return self._read_json("run.json") is not None

    def description(self) -> dict[str, Any]:
        """run.json. Raises RunError if it is missing or unreadable."""
        description = self._read_json("run.json")
        if description is None or "experiment" not in description:
            raise RunError(f"{self.folder} is not a run: it has no readable run.json")
        return description

    def append_device(self, device: str) -> None:
        """Add a device, in words, to those that the run has been on, unless it is the last."""
        description = self.description()
        devices = description["device"].split(DEVICE_SEPARATOR) if "device" in description else []
        if device not in devices[-1:]:
            words = DEVICE_SEPARATOR.join([*devices, device])
            self._write_json("run.json", {**description, "device": words})

    def extend(self, iterations: int, at: int) -> None:
        """From step ``at`` on, the run's recipe has more iterations than it was begun with."""
        description = self.description()
        recipe = {**description["recipe"], "iterations": iterations}
        extended = [*description.get("extended", []), at]
        self._write_json("run.json", {**description, "recipe": recipe, "extended": extended})

    def refuse_unfinished(self) -> None:
        """Raises RunError if the run has not come to its end."""
        if (state := self.status().state) != "finished":
            raise RunError(f"{self.folder} is not finished; it is {state}")

    # -- history

    def append(self, step: Step) -> None:
        with open(self.folder / "history.jsonl", "ab") as file:
            file.write(json.dumps(step._asdict()).encode() + b"\n")

    def go_back_to(self, step: int) -> None:
        """Drop what was recorded after a step, from which the run goes on.

        Also a last line of the history that a kill has torn.
        """
        for snapshot in (self.folder / "snapshots").glob("[0-9]*.npz"):
            if snapshot.stem.isdecimal() and int(snapshot.stem) > step:
                snapshot.unlink(missing_ok=True)
        path = self.folder / "history.jsonl"
        if path.exists():
            content = path.read_bytes()
            lines = content[: content.rfind(b"\n") + 1].splitlines(keepends=True)
            kept = b"".join(line for line in lines if _is_until(line, step))
            if kept != content:
                write_atomically(path, kept)

    def history(self) -> list[Step]:
        """The records in order of step; of two for one step (a resumed run's) the later one."""
        try:
            content = (self.folder / "history.jsonl").read_bytes()
        except OSError:
            return []
        return parse_history(content)

    # -- snapshots and probes

    def write_probes(self, images: np.ndarray, labels: np.ndarray) -> None:
        """images: uint8 (probes, C, H, W); labels: (probes,)."""
        write_arrays(self.folder / "probes.npz", images=images, labels=labels)

    def probes(self) -> tuple[np.ndarray, np.ndarray] | None:
        try:
            arrays = read_arrays(self.folder / "probes.npz")
            return arrays["images"], arrays["labels"]
        except READ_ERRORS:
            return None

    def write_snapshot(self, snapshot: Snapshot) -> None:
        path = self.folder / "snapshots" / f"{snapshot.step}.npz"
        write_arrays(path, **snapshot._asdict())

    def remove_snapshot(self, step: int) -> None:
        """Of a step that the recording is not to keep."""
        (self.folder / "snapshots" / f"{step}.npz").unlink(missing_ok=True)

    def snapshots(self) -> list[Snapshot]:
        """In order of step. Each file is read once."""
        snapshots = {}
        for path in (self.folder / "snapshots").glob("[0-9]*.npz"):
            try:
                modified = path.stat().st_mtime
                if self._cache.get(path.name, (None,))[0] != modified:
                    snapshot = Snapshot.of_arrays(read_arrays(path))
                    self._cache[path.name] = (modified, snapshot)
                snapshot = self._cache[path.name][1]
            except READ_ERRORS:
                continue
            snapshots[snapshot.step] = snapshot
        return [snapshots[step] for step in sorted(snapshots)]

    def recorded(self) -> RecordedRun:
        """All that is shown of a run. Raises RunError if it is none, or has nothing yet."""
        probes, snapshots = self.probes(), self.snapshots()
        if probes is None or not snapshots:
            raise RunError(f"{self.folder} has no probes or no snapshots yet")
        return RecordedRun(self.description(), self.history(), *probes, snapshots)

    # -- status and control

    def set_status(self, state: str, step: int, message: str = "") -> None:
        self._write_json("status.json", {"state": state, "step": step, "message": message})

    def status(self) -> Status:
        status = self._read_json("status.json") or {}
        state, step = status.get("state"), status.get("step")
        return Status(
            state if state in STATES else "failed",
            step if isinstance(step, int) else 0,
            str(status.get("message", "" if state in STATES else "its status cannot be read")),
            self.is_alive(),
        )

    def is_alive(self) -> bool:
        """Whether a training owns this folder now."""
        return ownership.is_alive(self.folder)

    def owned(self) -> AbstractContextManager[None]:
        """Own the folder, with a lock and a heartbeat. Raises RunError if another training does."""
        return ownership.owned(self.folder)

    def control(self, command: str, learning_rate: float | None = None) -> None:
        """Ask the training to ``run``, ``pause`` or ``stop``, from now on with this peak rate."""
        if command not in COMMANDS:
            raise ValueError(f"a command should be one of {COMMANDS}, got {command!r}")
        if learning_rate is not None and not _is_rate(learning_rate):
            raise ValueError(f"learning_rate should be a positive number, got {learning_rate!r}")
        rate = self.asked_rate() if learning_rate is None else learning_rate
        self._write_json("control.json", {"command": command, "learning_rate": rate})

    def reset_control(self) -> None:
        """An earlier sitting's command is done; the rate that was asked for then still holds."""
        self.control("run")

    def asked_rate(self) -> float | None:
        """The peak learning rate that the training is asked to go on with, if any."""
        rate = (self._read_json("control.json") or {}).get("learning_rate")
        return rate if _is_rate(rate) else None

    def command(self) -> str:
        """What the training is asked to do; ``run`` if the file says nothing sensible."""
        command = (self._read_json("control.json") or {}).get("command")
        return command if command in COMMANDS else "run"

    # -- files

    def _write_json(self, name: str, value: dict[str, Any]) -> None:
        write_atomically(self.folder / name, json.dumps(value, indent=1).encode())

    def _read_json(self, name: str) -> dict[str, Any] | None:
        try:
            value = json.loads((self.folder / name).read_bytes())
        except (OSError, ValueError):
            return None
        return value if isinstance(value, dict) else None


def _is_rate(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and value > 0


def _is_until(line: bytes, step: int) -> bool:
    """Whether a line of a history is of no later step."""
    return all(record.step <= step for record in parse_history(line))
