"""A run is a folder: write it, read it while it grows, steer it.

    run.json          experiment, recipe, seed, device, digits: what was asked for
    history.jsonl     one line a logged step, only ever appended to
    probes.npz        the probe images (uint8) and their labels
    snapshots/N.npz   at about 100 log-spaced steps N: theta, logits, mean_output, gallery error
    checkpoint.safetensors   everything that is needed to go on
    status.json       running, paused, stopped, finished or failed, and why
    heartbeat         touched every second by the training that owns the folder
    control.json      what the training is asked to do, looked at between steps

A packed run (in pretrained/) has the snapshots in one file, and nothing that is only for going on.
"""

from __future__ import annotations

import io
import json
import math
import os
import threading
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from stn_core.checkpoints import write_atomically

SNAPSHOTS = 100
FIRST_SNAPSHOT = 10  # after step 0; a look at the gallery costs as much as several steps
PACKED = "run.npz"  # the packed run of a published network, in pretrained/
HEARTBEAT_SECONDS = 1.0
DEAD_AFTER_SECONDS = 6.0  # without a heartbeat, the training is gone
COMMANDS = ("run", "pause", "stop")
UNREADABLE = (  # what np.load raises for a file that is missing, torn or not its own
    OSError,
    ValueError,
    KeyError,
    EOFError,
    TypeError,
    OverflowError,  # an infinite step
    MemoryError,  # an array that says it is immense
    RuntimeError,  # "encrypted", a compression that it does not know, or nested too deeply
    zipfile.BadZipFile,
    zlib.error,
)
MOST_MEGABYTES = 100  # unpacked, of an archive that is read
MOST_STEPS = 1e15
THEN = ", then "  # between the devices that a run has been on
STATES = ("queued", "running", "paused", "stopped", "finished", "failed")


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


class Status(NamedTuple):
    """How a run stands. ``interrupted``: it says it goes on, but its process is gone."""

    state: str
    step: int
    message: str
    alive: bool

    @property
    def interrupted(self) -> bool:
        return self.state in ("queued", "running", "paused") and not self.alive


def runs_folder() -> Path:
    """Where runs are kept: ``STN_RUNS``, by default ``runs/``."""
    return Path(os.environ.get("STN_RUNS") or "runs")


def new_run_folder(experiment_name: str) -> Path:
    """A folder for a new run, not made yet: the experiment's name and the local time."""
    return runs_folder() / f"{experiment_name.replace('/', '-')}-{time.strftime('%Y%m%d-%H%M%S')}"


def snapshot_steps(iterations: int) -> list[int]:
    """About 100 steps, log-spaced, the first 0 and the last ``iterations``."""
    spaced = np.geomspace(min(FIRST_SNAPSHOT, iterations), iterations, SNAPSHOTS)
    return [0, *sorted({round(step) for step in spaced.tolist()})]


class Run:
    """One run's folder. Reading never fails on a torn or missing part: it gives what is there."""

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
                f"{self.folder} holds a run already; resume it, or choose another folder"
            )
        (self.folder / "snapshots").mkdir(exist_ok=True)
        self._write_json("run.json", description)

    def is_described(self) -> bool:
        """Whether a run has begun in this folder."""
        return self._read_json("run.json") is not None

    def description(self) -> dict[str, Any]:
        """run.json. Raises RunError if it is missing or unreadable."""
        return _described(self._read_json("run.json"), self.folder)

    def goes_on_with(self, device: str) -> None:
        """Add a device, in words, to those that the run has been on, unless it is the last."""
        description = self.description()
        devices = description["device"].split(THEN) if "device" in description else []
        if device not in devices[-1:]:
            self._write_json("run.json", {**description, "device": THEN.join([*devices, device])})

    # -- history

    def append(self, step: Step) -> None:
        with open(self.folder / "history.jsonl", "ab") as file:
            file.write(json.dumps(step._asdict()).encode() + b"\n")

    def mend_history(self) -> None:
        """Drop a last line that a kill has torn, before the history is appended to again."""
        path = self.folder / "history.jsonl"
        if path.exists():
            content = path.read_bytes()
            whole = content[: content.rfind(b"\n") + 1]
            if whole != content:
                write_atomically(path, whole)

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
        self._write_npz(self.folder / "probes.npz", images=images, labels=labels)

    def probes(self) -> tuple[np.ndarray, np.ndarray] | None:
        try:
            with opened(self.folder / "probes.npz") as file:
                return file["images"], file["labels"]
        except UNREADABLE:
            return None

    def write_snapshot(self, snapshot: Snapshot) -> None:
        path = self.folder / "snapshots" / f"{snapshot.step}.npz"
        self._write_npz(path, **snapshot._asdict())

    def snapshots(self) -> list[Snapshot]:
        """In order of step. Each file is read once."""
        found = {}
        for path in (self.folder / "snapshots").glob("[0-9]*.npz"):
            try:
                modified = path.stat().st_mtime
                if self._cache.get(path.name, (None,))[0] != modified:
                    with opened(path) as file:
                        self._cache[path.name] = (modified, _snapshot(file))
                snapshot = self._cache[path.name][1]
            except UNREADABLE:
                continue
            found[snapshot.step] = snapshot
        return [found[step] for step in sorted(found)]

    def recorded(self) -> RecordedRun:
        """All that is shown of a run. Raises RunError if it is none, or has nothing yet."""
        probes, snapshots = self.probes(), self.snapshots()
        if probes is None or not snapshots:
            raise RunError(f"{self.folder} has no probes or no snapshots yet")
        found = RecordedRun(self.description(), self.history(), *probes, snapshots)
        return _checked(found, self.folder)

    # -- status and control

    def set_status(self, state: str, step: int, message: str = "") -> None:
        self._write_json("status.json", {"state": state, "step": step, "message": message})

    def status(self) -> Status:
        found = self._read_json("status.json") or {}
        state = found.get("state")
        step = found.get("step")
        return Status(
            state if state in STATES else "failed",
            step if isinstance(step, int) else 0,
            str(found.get("message", "" if state in STATES else "its status cannot be read")),
            self.is_alive(),
        )

    def is_alive(self) -> bool:
        """Whether a training that owns this folder has given a sign of life just now."""
        try:
            return time.time() - (self.folder / "heartbeat").stat().st_mtime < DEAD_AFTER_SECONDS
        except OSError:
            return False

    @contextmanager
    def owned(self) -> Iterator[None]:
        """Own the folder, with a heartbeat. Raises RunError if another training does."""
        if self.is_alive():
            raise RunError(f"{self.folder} is being trained by another process")
        path, done = self.folder / "heartbeat", threading.Event()
        path.touch()

        def beat() -> None:
            while not done.wait(HEARTBEAT_SECONDS):
                try:
                    path.touch()
                except OSError:
                    continue  # the disk may be full for a while: the training says so itself

        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
            path.unlink(missing_ok=True)

    def control(self, command: str, learning_rate: float | None = None) -> None:
        """Ask the training to ``run``, ``pause`` or ``stop``, from now on with this peak rate."""
        if command not in COMMANDS:
            raise ValueError(f"a command is one of {COMMANDS}, got {command!r}")
        if learning_rate is not None and not _is_rate(learning_rate):
            raise ValueError(f"learning_rate is a positive number, got {learning_rate!r}")
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
        """What the training is asked to do; ``run`` if nobody has said anything sensible."""
        command = (self._read_json("control.json") or {}).get("command")
        return command if command in COMMANDS else "run"

    # -- files

    def _write_json(self, name: str, value: dict[str, Any]) -> None:
        write_atomically(self.folder / name, json.dumps(value, indent=1).encode())

    def _read_json(self, name: str) -> dict[str, Any] | None:
        try:
            value = json.loads((self.folder / name).read_bytes())
        except (OSError, ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None

    @staticmethod
    def _write_npz(path: Path, **arrays: Any) -> None:
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **arrays)
        write_atomically(path, buffer.getvalue())


def _is_rate(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and value > 0


def _snapshot(arrays: Any) -> Snapshot:
    theta, mean = arrays["theta"], arrays["mean_output"]
    return Snapshot(
        int(arrays["step"]),
        theta[:, None] if theta.ndim == 2 else theta,  # recorded before there were several
        arrays["logits"],
        mean[:, None] if mean.ndim == 3 else mean,
        float(arrays["measure"]),
        arrays["pose_left"] if "pose_left" in arrays else np.zeros((0, 0)),
    )


def parse_history(content: bytes) -> list[Step]:
    """The whole, sensible lines of a history.jsonl, in order of step."""
    records = {}
    for line in content.split(b"\n")[:-1]:  # what follows the last newline is torn or empty
        try:
            record = Step(**json.loads(line))
            if _is_sensible(record):
                records[record.step] = record
        except (ValueError, TypeError, RecursionError):
            continue
    return [records[step] for step in sorted(records)]


def _is_sensible(record: Step) -> bool:
    """Whether a record has numbers where they belong; NaN and infinity are some."""
    named = (record.measures, record.gradient_norms)
    return (
        isinstance(record.step, int)
        and abs(record.step) < MOST_STEPS
        and all(isinstance(found, dict) for found in named)
        and all(
            isinstance(value, float) or (isinstance(value, int) and abs(value) < MOST_STEPS)
            for value in (
                record.loss,
                record.learning_rate,
                record.seconds,
                *(value for found in named for value in found.values()),
            )
        )
    )


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The numeric arrays of an .npz file by name, whose size is looked at before they are read.

    Raises one of ``UNREADABLE``.
    """
    with zipfile.ZipFile(path) as parts:
        megabytes = sum(part.file_size for part in parts.infolist()) / 2**20
    if megabytes > MOST_MEGABYTES:
        raise ValueError(f"it unpacks to {megabytes:,.0f} MB; at most {MOST_MEGABYTES} are read")
    with np.load(path) as file:
        arrays = {name: file[name] for name in file}
    for name, values in arrays.items():
        if values.dtype.kind not in "biuf":
            raise ValueError(f"{name} holds no numbers, but {values.dtype}")
    yield arrays


def _described(found: Any, where: Path) -> dict[str, Any]:
    """A description, if it names an experiment and says for how many steps. Raises RunError."""
    if not isinstance(found, dict) or not isinstance(found.get("experiment"), str):
        raise RunError(f"{where} is not a run: it has no readable run.json")
    recipe = found.get("recipe")
    iterations = recipe.get("iterations") if isinstance(recipe, dict) else None
    if not isinstance(iterations, int) or not 0 < iterations < MOST_STEPS:
        raise RunError(f"{where} is not a run: its recipe says no number of iterations")
    return found


def _checked(found: RecordedRun, where: Path) -> RecordedRun:
    """A recording, if its parts fit each other. Raises RunError, which says which do not."""
    probes, count = found.probes, len(found.labels)
    fits = {
        "the probes": probes.ndim >= 4 and probes.dtype == np.uint8 and len(probes) == count > 0,
        "the labels": found.labels.ndim == 1 and found.labels.dtype.kind in "iu",
    }
    first = found.snapshots[0] if found.snapshots else None
    for snapshot in found.snapshots:
        at = f"of step {snapshot.step}"
        fits[f"theta {at}"] = snapshot.theta.ndim == 3 and len(snapshot.theta) == count
        fits[f"the logits {at}"] = snapshot.logits.ndim == 2 and len(snapshot.logits) == count
        for name in ("theta", "logits", "mean_output"):
            value, like = getattr(snapshot, name), getattr(first, name)
            fits[f"{name} {at}, beside the first,"] = value.shape == like.shape
            fits[f"{name} {at}, a number,"] = bool(np.isfinite(value).all())
    wrong = [name for name, fit in fits.items() if not fit]
    if wrong or first is None:
        raise RunError(f"{where} is damaged: {(wrong or ['every snapshot'])[0]} is not as expected")
    return found


class RecordedRun(NamedTuple):
    """A finished run, whole, as it is shown and as it is packed."""

    description: dict[str, Any]
    history: list[Step]
    probes: np.ndarray
    labels: np.ndarray
    snapshots: list[Snapshot]


def packed_name(seed: int) -> str:
    """The file of a packed run of a further seed, beside the published network's."""
    return f"run-seed-{seed}.npz"


def packed_runs(folder: Path) -> dict[int | None, Path]:
    """The packed runs in a folder of pretrained/ by seed, the published network's own by None."""
    own = {None: folder / PACKED} if (folder / PACKED).is_file() else {}
    others = {int(p.stem.rsplit("-", 1)[1]): p for p in folder.glob(packed_name("[0-9]*"))}
    return own | dict(sorted(others.items()))


def pack(run: Run, path: Path) -> None:
    """Pack a run into one file for pretrained/. Raises RunError if a part of it is missing."""
    found = run.recorded()
    columns = dict(zip(Snapshot._fields, zip(*found.snapshots, strict=True), strict=True))
    if not all(left.size for left in columns["pose_left"]):
        del columns["pose_left"]  # of a run that was begun before this was measured
    stacked = {name: np.stack(column) for name, column in columns.items()}
    lines = "".join(json.dumps(step._asdict()) + "\n" for step in found.history)
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        description=np.frombuffer(json.dumps(found.description).encode(), np.uint8),
        history=np.frombuffer(lines.encode(), np.uint8),
        probes=found.probes,
        labels=found.labels,
        **stacked,
    )
    write_atomically(path, buffer.getvalue())


def unpack(path: Path) -> RecordedRun:
    """Read a packed run. Raises RunError if it cannot be."""
    try:
        with opened(path) as file:
            names = [name for name in Snapshot._fields if name in file or name != "pose_left"]
            columns = [file[name] for name in names]
            snapshots = [
                _snapshot(dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)
            ]
            found = RecordedRun(
                _described(json.loads(file["description"].tobytes()), path),
                parse_history(file["history"].tobytes()),
                file["probes"],
                file["labels"],
                snapshots,
            )
    except RunError:
        raise
    except UNREADABLE as error:
        raise RunError(f"{path} is not a packed run: {str(error)[:300]}") from error
    return _checked(found, path)
