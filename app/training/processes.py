"""The processes of trainings: which are there, and how a waiting one gets its own."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress

from app.training.job import (
    CLAIMED,
    CONTROL,
    LOG,
    WANTED,
    Job,
    is_waiting,
    list_jobs,
    read_order,
    seconds_since,
    seconds_since_start,
)
from stn_core import launcher
from stn_core.runs.folder import Run

START_SECONDS = 60  # from a claim to a process; a server that has started none by then has died
AHEAD_SECONDS = 2.0  # of a clock: less is the file system's own


def is_starting(job: Job) -> bool:
    """Whether its process has been started and has not said anything yet."""
    if is_waiting(job):
        return False
    if (job.folder / "status.json").exists() and Run(job.folder).status().state != "queued":
        return False
    if (job.folder / launcher.PID_FILE).exists():
        return launcher.find(job.folder) is not None
    return seconds_since_start(job) <= START_SECONDS


def set_clocks(job: Job) -> None:
    """Let what counts from now that was noted in the future: the clock has been set back since."""
    for name in (WANTED, CLAIMED, CONTROL):
        if seconds_since(job.folder / name) < -AHEAD_SECONDS:
            with suppress(OSError):
                (job.folder / name).touch()


def is_running(job: Job) -> bool:
    """Whether it has a process, or will have one in a moment."""
    return Run(job.folder).is_alive() or is_starting(job)


def is_live(job: Job) -> bool:
    """Whether there is something to wait for on its page."""
    return is_waiting(job) or is_running(job)


def running() -> list[Job]:
    """The trainings that are alive, of all visitors."""
    return [job for job in list_jobs() if is_running(job)]


def launch(job: Job, device: str) -> None:
    """Start a waiting training on a device; nothing if another server was quicker. Raises OSError
    if it cannot be started (the disk is full, say): it waits on then."""
    order = read_order(job)
    if order is None or not _claim(job, device):
        return
    run = Run(job.folder)
    words = [order.command, order.experiment, *order.arguments]
    if order.command == "train":
        words += ["--device", order.device, "--unmeasured"]  # its page asks for the error
    gpu = int(device.removeprefix("cuda:")) if device.startswith("cuda:") else None
    try:
        if run.is_described():
            run.reset_control()  # or it is taken for one that has been told to stop, and has not
        launcher.start(words, job.folder, job.folder / LOG, gpu=gpu, detached=True)
    except OSError:
        (job.folder / CLAIMED).unlink(missing_ok=True)
        raise


def _claim(job: Job, device: str) -> bool:
    """Whether the training is ours to start. The file is there with its content, or not at all."""
    with tempfile.NamedTemporaryFile(dir=job.folder, prefix=f".{CLAIMED}.") as file:
        file.write(device.encode())
        file.flush()
        try:
            os.link(file.name, job.folder / CLAIMED)
        except FileExistsError:
            return False
    return True
