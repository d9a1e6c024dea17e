"""The processes of trainings: started, watched and ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from app.training.job import (
    CLAIMED,
    LOG,
    Job,
    is_waiting,
    list_jobs,
    read_order,
    seconds_since_start,
)

START_SECONDS = 60  # a process that has written nothing by then has failed
_children: list[subprocess.Popen] = []  # of this server, also those that have ended


def is_starting(job: Job) -> bool:
    """Whether its process has been started and has not said anything yet."""
    from stn_core.runs.folder import Run

    if is_waiting(job):
        return False
    child = child_of(job)
    if child is None and seconds_since_start(job) > START_SECONDS:
        return False
    if child is not None and child.poll() is not None:
        return False
    return not (job.folder / "status.json").exists() or Run(job.folder).status().state == "queued"


def is_running(job: Job) -> bool:
    """Whether it has a process, or will have one in a moment."""
    from stn_core.runs.folder import Run

    return Run(job.folder).is_alive() or is_starting(job)


def is_live(job: Job) -> bool:
    """Whether there is something to wait for on its page."""
    return is_waiting(job) or is_running(job)


def running() -> list[Job]:
    """The trainings that are alive, of all visitors."""
    return [job for job in list_jobs() if is_running(job)]


def launch(job: Job, device: str) -> None:
    """Start a waiting training on a device; nothing if another server was quicker."""
    from stn_core.runs.folder import Run

    asked = read_order(job)
    if asked is None:
        return
    try:
        with open(job.folder / CLAIMED, "x") as file:
            file.write(device)
    except FileExistsError:
        return
    run = Run(job.folder)
    if run.is_described():
        run.reset_control()  # or it is taken for one that has been told to stop, and has not
    words = [sys.executable, "-m", "stn_core", asked.command, asked.experiment, *asked.arguments]
    if asked.command == "train":
        words += ["--device", asked.device]
    words += ["--threads", "1", "--run-dir", str(job.folder)]
    surroundings = {**os.environ, "OMP_NUM_THREADS": "1"}
    if device.startswith("cuda:"):
        surroundings["CUDA_VISIBLE_DEVICES"] = _visible(int(device.removeprefix("cuda:")))
    try:
        with open(job.folder / LOG, "ab") as log:
            child = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=surroundings,
                start_new_session=True,  # a Ctrl-C at the server's terminal is not for it
                preexec_fn=_be_nice if os.name == "posix" else None,
            )
    except OSError as error:
        run.set_status("failed", run.status().step, f"its process could not be started: {error}")
        return
    _children.append(child)


def _visible(number: int) -> str:
    """The name that CUDA has for the server's own GPU of this number."""
    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    return given.split(",")[number] if given else str(number)


def _be_nice() -> None:
    os.nice(10)


def reap() -> None:
    """Wait for the processes that have ended, so that they are gone."""
    for child in _children:
        child.poll()


def end(job: Job, how: signal.Signals) -> None:
    """Send a training's process a signal: a child of this server's, or of one that was here."""
    child = child_of(job)
    if child is not None:
        child.send_signal(how)
        return
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().decode(errors="replace").split("\0")
            if words[1:3] == ["-m", "stn_core"] and str(job.folder) in words:
                os.kill(int(entry.parent.name), how)
        except OSError:
            continue  # it has ended, or is not ours


def child_of(job: Job) -> subprocess.Popen | None:
    return next((c for c in reversed(_children) if c.args[-1] == str(job.folder)), None)
