"""Trainings in processes of their own (``python -m stn_core train``), each with its run's folder.

A training survives a reload, a page change and the end of a browser session: the folder is all
that connects it with a page.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import loading
from tables import TITLES, column_title

MAX_RUNNING = max(1, (os.cpu_count() or 2) // 2)  # at once, for all visitors
START_SECONDS = 60  # a process that has written nothing by then has failed
LOG = "log.txt"
IMAGES = "images.npy"  # of a set of the visitor's own
_children: list[subprocess.Popen] = []  # so that ended ones are waited for


class JobError(RuntimeError):
    """A training cannot be started or steered; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A run's folder, as the page names it. key: ``run-`` and the folder's name."""

    key: str
    folder: Path
    prefix: str  # of its experiment's name: "distorted/rts/"
    title: str

    @property
    def place(self) -> str:
        """On which page it is, in words."""
        return column_title(self.prefix)


NAME = re.compile(
    rf"(?P<table>{'|'.join(TITLES)})-(?P<column>[a-z]+)-(?P<network>[a-z0-9-]+)-"
    r"(?P<date>\d{8})-(?P<time>\d{6})"
)


def _job(folder: Path) -> Job:
    parts = NAME.fullmatch(folder.name)
    day = time.strftime("%d %b, ", time.strptime(parts["date"], "%Y%m%d"))
    clock = ":".join(re.findall("..", parts["time"]))
    today = parts["date"] == time.strftime("%Y%m%d")
    return Job(
        key=f"run-{folder.name}",
        folder=folder,
        prefix=f"{parts['table']}/{parts['column']}/",
        title=f"{_title(parts)}, started {'' if today else day}{clock}",
    )


def _title(parts: re.Match) -> str:
    if parts["column"] == "own":
        return "your own images"
    if parts["table"] == "colocalisation":
        return f"class {parts['network']}, {parts['column'].upper()}"
    return loading.network_title(parts["network"])


def jobs(prefix: str = "") -> list[Job]:
    """Every run in the runs' folder, the newest first; of one experiment's name prefix."""
    for child in _children[:]:
        if child.poll() is not None:
            _children.remove(child)
    from stn_core.runs import runs_folder

    wanted = prefix.replace("/", "-")
    try:
        folders = [p for p in runs_folder().iterdir() if NAME.fullmatch(p.name) and p.is_dir()]
    except OSError:
        return []
    folders = [p for p in folders if p.name.startswith(wanted)]
    return [_job(p) for p in sorted(folders, key=lambda p: p.name[-15:], reverse=True)]


def find(key: str) -> Job | None:
    """The job of a key from a page or a URL; None if there is none."""
    return next((job for job in jobs() if job.key == key), None)


def trained(prefix: str) -> list[Job]:
    """The jobs of an experiment's name prefix that have a network to look at."""
    return [job for job in jobs(prefix) if loading.run(str(job.folder)).checkpoint.is_file()]


def running() -> list[Job]:
    """The trainings that are alive, of all visitors."""
    from stn_core.runs import Run

    return [job for job in jobs() if Run(job.folder).is_alive() or is_starting(job)]


def _check_room() -> None:
    busy = running()
    if len(busy) >= MAX_RUNNING:
        names = "; ".join(f"{job.place}: {job.title}" for job in busy)
        raise JobError(
            f"As many trainings run as this machine has room for ({names}). Wait for one to end, "
            "or stop it."
        )


def is_starting(job: Job) -> bool:
    """Whether its process has been started and has not said anything yet."""
    from stn_core.runs import Run

    if (job.folder / "status.json").exists() and Run(job.folder).status().state != "queued":
        return False
    child = next((c for c in _children if c.args[-1] == str(job.folder)), None)
    if child is not None:
        return child.poll() is None
    return time.time() - job.folder.stat().st_mtime < START_SECONDS


def start(
    experiment: str,
    *,
    recipe: str,
    iterations: int,
    learning_rate: float,
    seed: int,
    device: str,
    patience: int | None = None,
) -> Job:
    """Start a training. Raises JobError if too many run, or if its folder cannot be made."""
    arguments = [
        "--recipe", recipe,
        "--iterations", str(iterations),
        "--learning-rate", str(learning_rate),
        "--seed", str(seed),
        "--device", device,
        *(["--patience", str(patience)] if patience else []),
    ]  # fmt: skip
    return _start("train", experiment, arguments)


def colocalise(
    name: str,
    *,
    recipe: str,
    iterations: int,
    starts: int,
    margin: float,
    clutter: int,
    set_seed: int,
) -> Job:
    """Start a co-localisation. Raises JobError if too many run, or if its folder cannot be made."""
    arguments = [
        "--recipe", recipe,
        "--iterations", str(iterations),
        "--starts", str(starts),
        "--margin", str(margin),
        "--clutter", str(clutter),
        "--set-seed", str(set_seed),
    ]  # fmt: skip
    return _start("colocalise", name, arguments)


def colocalise_own(images: np.ndarray, *, iterations: int, starts: int) -> Job:
    """Start a co-localisation of the visitor's own images, uint8 (N, 84, 84). Raises JobError."""
    from stn_core.experiments.colocalisation import OWN

    arguments = ["--iterations", str(iterations), "--starts", str(starts)]
    return _start("colocalise", OWN.name, arguments, images)


def _start(
    command: str, experiment: str, arguments: list[str], images: np.ndarray | None = None
) -> Job:
    from stn_core.runs import new_run_folder

    _check_room()
    folder = new_run_folder(experiment)
    try:
        folder.mkdir(parents=True)
        if images is not None:
            np.save(folder / IMAGES, images)
            arguments = [*arguments, "--images", str(folder / IMAGES)]
    except OSError as error:
        raise JobError(f"cannot make the run's folder {folder}: {error}") from error
    _launch(command, experiment, arguments, folder)
    return _job(folder)


def resume(job: Job) -> None:
    """Go on with a stopped, failed or interrupted training. Raises JobError."""
    from stn_core.runs import Run, RunError

    _check_room()
    run = Run(job.folder)
    try:
        description = run.description()
    except RunError as error:
        raise JobError(f"this run cannot be resumed: {error}") from error
    run.set_status("queued", run.status().step)
    device = description.get("device_type", "cpu")
    _launch("train", description["experiment"], ["--resume", "--device", device], job.folder)


def _launch(command: str, experiment: str, arguments: list[str], folder: Path) -> None:
    words = [sys.executable, "-m", "stn_core", command, experiment, *arguments]
    words += ["--threads", "1", "--run-dir", str(folder)]
    with open(folder / LOG, "ab") as log:
        child = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            start_new_session=True,  # a Ctrl-C at the server's terminal is not for it
            preexec_fn=_be_nice if os.name == "posix" else None,
        )
    _children.append(child)


def _be_nice() -> None:
    os.nice(10)


def cancel(job: Job) -> None:
    """End a training that has only just been started, before it listens to its folder."""
    for child in _children:
        if child.args[-1] == str(job.folder):
            child.terminate()


def last_words(job: Job) -> str:
    """The last line of the process's own output: why it failed before it could say so."""
    try:
        lines = (job.folder / LOG).read_text(errors="replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1][-500:] if lines else ""
