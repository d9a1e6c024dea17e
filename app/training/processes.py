"""The processes of trainings: which are there, and how a waiting one gets its own."""

from __future__ import annotations

from app.training.job import (
    CLAIMED,
    LOG,
    Job,
    is_waiting,
    list_jobs,
    read_order,
    seconds_since_start,
)
from stn_core import launcher
from stn_core.runs.folder import Run

START_SECONDS = 60  # from a claim to a process; a server that has started none by then has died


def is_starting(job: Job) -> bool:
    """Whether its process has been started and has not said anything yet."""
    if is_waiting(job):
        return False
    if (job.folder / "status.json").exists() and Run(job.folder).status().state != "queued":
        return False
    if (job.folder / launcher.PID_FILE).exists():
        return launcher.find(job.folder) is not None
    return seconds_since_start(job) <= START_SECONDS


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
    """Start a waiting training on a device; nothing if another server was quicker."""
    order = read_order(job)
    if order is None:
        return
    try:
        with open(job.folder / CLAIMED, "x") as file:
            file.write(device)
    except FileExistsError:
        return
    run = Run(job.folder)
    if run.is_described():
        run.reset_control()  # or it is taken for one that has been told to stop, and has not
    words = [order.command, order.experiment, *order.arguments]
    if order.command == "train":
        words += ["--device", order.device]
    gpu = int(device.removeprefix("cuda:")) if device.startswith("cuda:") else None
    try:
        launcher.start(words, job.folder, job.folder / LOG, gpu=gpu, detached=True)
    except OSError as error:
        run.set_status(
            "failed", run.status().step, f"the training process could not be started: {error}"
        )
