"""Starts what is next in the queue, holds trainings to the limits, and prunes old runs.

A thread of the server's, which looks twice a second at what the folders say. Nothing is kept in its
memory: another server, or this one started again, goes on from the folders.
"""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path

from streamlit.logger import get_logger
from streamlit.runtime import Runtime

from app.training import processes, visitors
from app.training.job import (
    AWAY_SECONDS,
    WANTED,
    Job,
    list_jobs,
    read_order,
    seconds_away,
    seconds_since_control,
    seconds_since_start,
)
from app.training.limits import limits
from app.training.queue import free_device, give_back, remove, remove_rest, waiting
from stn_core import launcher
from stn_core.runs.folder import Run, runs_folder

LOOK_SECONDS = 0.5
PRUNE_SECONDS = 60.0
STOP_SECONDS = 60.0  # that a training has to stop by itself: several slow steps and a checkpoint
PAUSED_SECONDS = 600.0  # that a paused training keeps its place while others wait
_started = threading.Lock()


def start() -> None:
    """Look from now on, in a thread; once for each server."""
    if Runtime.exists() and _started.acquire(blocking=False):
        threading.Thread(target=_look_on, name="dispatcher", daemon=True).start()


def _look_on() -> None:
    pruned = time.monotonic()
    while True:
        time.sleep(LOOK_SECONDS)
        try:
            look()
            if time.monotonic() - pruned > PRUNE_SECONDS:
                pruned = time.monotonic()
                prune()
        except Exception:  # a full disk, say: look again soon
            get_logger(__name__).exception("The training queue could not be served")


def look() -> None:
    """One look: who is gone gives a place back, what is next starts, what is over a limit ends."""
    launcher.reap()
    here = visitors.here()
    queue = waiting()
    for job in (*queue, *processes.running()):
        order = read_order(job)
        if order and order.owner in here:
            (job.folder / WANTED).touch()
    for job in queue:
        if seconds_away(job) > AWAY_SECONDS:
            give_back(job)
    queue = waiting()
    for job in processes.running():
        if read_order(job):
            _hold_to_limits(job, bool(queue))
    for job in queue:
        order = read_order(job)
        device = order and free_device(order)
        if device:
            processes.launch(job, device)


def _hold_to_limits(job: Job, others_wait: bool) -> None:
    run = Run(job.folder)
    command, since = run.command(), seconds_since_control(job)
    if command == "stop":
        if since > STOP_SECONDS and run.is_alive():  # in the midst of many steps
            _end(job, run)
        return
    too_long = seconds_since_start(job) > limits().seconds
    in_the_way = command == "pause" and others_wait and since > PAUSED_SECONDS
    if too_long or in_the_way:
        run.control("stop")


def _end(job: Job, run: Run) -> None:
    launcher.end(job.folder, signal.SIGKILL)
    run.set_status("stopped", run.status().step, "it ended after its last checkpoint")
    (job.folder / "heartbeat").unlink(missing_ok=True)


def prune() -> None:
    """Delete ended runs that are too old, and the oldest while all take too much room.

    Only those that the app has started; never one that a page shows.
    """
    for left in runs_folder().glob(".*.gone"):  # by a server that was killed
        remove_rest(left)
    shown, allowed = visitors.held(), limits()
    ended = [
        job
        for job in reversed(list_jobs())
        if read_order(job) and not processes.is_live(job) and job.run_key.folder not in shown
    ]
    sizes = {job.key: _megabytes(job.folder) for job in list_jobs()}
    taken = sum(sizes.values())
    for job in ended:
        old = seconds_since_start(job) > allowed.days * 86_400
        if old or taken > allowed.megabytes:
            remove(job)
            taken -= sizes[job.key]


def _megabytes(folder: Path) -> float:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except OSError:
            continue  # a snapshot that has just been renamed
    return total / 2**20
