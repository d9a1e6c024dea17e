"""Starts what is next in the queue, holds trainings to the limits, and prunes old runs.

A thread of the server's, which looks twice a second at what the folders say. Nothing is kept in its
memory: another server, or this one started again, goes on from the folders.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

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
from app.training.queue import (
    free_device,
    give_back,
    remove,
    remove_rest,
    taken_devices,
    waiting,
)
from stn_core import launcher
from stn_core.runs.folder import Run, runs_folder
from stn_core.runs.ownership import HEARTBEAT
from stn_core.tensor_files import remove_torn

LOOK_SECONDS = 0.5
PRUNE_SECONDS = 60.0
STOP_SECONDS = 60.0  # that a training has to stop by itself: several slow steps and a checkpoint
PAUSED_SECONDS = 600.0  # that a paused training keeps its place while others wait
RETRY_SECONDS = 5.0  # after one could not be started
_started = threading.Lock()


class _Trouble(NamedTuple):
    words: str
    at: float  # time.monotonic()


_troubles: dict[str, _Trouble] = {}  # of the trainings that could not be looked after, by key


def start() -> None:
    """Look from now on, in a thread; once for each server."""
    if Runtime.exists() and _started.acquire(blocking=False):
        threading.Thread(target=_look_on, name="dispatcher", daemon=True).start()


def _look_on() -> None:
    pruned, said, is_new = time.monotonic(), "", True
    while True:
        time.sleep(LOOK_SECONDS)
        try:
            if is_new:
                welcome_back()
                is_new = False
            look()
            if time.monotonic() - pruned > PRUNE_SECONDS:
                pruned = time.monotonic()
                prune()
            said = ""
        except Exception as error:  # look again soon
            if said != (said := repr(error)):  # one that stays would fill the log
                get_logger(__name__).exception("The training queue could not be served")


def welcome_back() -> None:
    """A server that was down for long gives those who wait the time to find it again."""
    for job in waiting():
        _try(job, _keep)


def look() -> None:
    """One look: who is gone gives a place back, what is next starts, what is over a limit ends."""
    launcher.reap()
    here = visitors.here()
    queue, running = waiting(), processes.running()
    for job in (*queue, *running):
        _try(job, processes.set_clocks)
        order = read_order(job)
        if order and order.owner in here:
            _try(job, _keep)
    for job in queue:
        if seconds_away(job) > AWAY_SECONDS:
            _try(job, give_back)
    queue = waiting()
    for job in running:
        if read_order(job):
            _try(job, lambda job: _hold_to_limits(job, bool(queue)))
    taken = taken_devices(processes.running()) if queue else set()
    for job in queue:
        _try(job, lambda job: _start_if_free(job, taken))


def _keep(job: Job) -> None:
    """Who has asked for it still wants it."""
    (job.folder / WANTED).touch()


def trouble(job: Job) -> str:
    """Why a training that waits could not be started; empty of one that was not tried yet."""
    found = _troubles.get(job.key)
    return found.words if found else ""


def _start_if_free(job: Job, taken: set[str]) -> None:
    """Start it on a device that is not taken, and take it."""
    order, before = read_order(job), _troubles.get(job.key)
    if before and time.monotonic() - before.at < RETRY_SECONDS:
        return
    if order and (device := free_device(order, taken)):
        processes.launch(job, device)
        taken.add(device)
        _troubles.pop(job.key, None)


def _try(job: Job, act: Callable[[Job], object]) -> None:
    """Do something for a training. What fails for one, on a full disk say, holds up no other."""
    try:
        act(job)
    except OSError as error:
        words = error.strerror or str(error)
        if trouble(job) != words:
            get_logger(__name__).warning("%s: %s", job.folder.name, words)
        _troubles[job.key] = _Trouble(words, time.monotonic())


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
    launcher.end(job.folder, launcher.KILL)
    run.set_status("stopped", run.status().step, "it ended after its last checkpoint")
    (job.folder / HEARTBEAT).unlink(missing_ok=True)


def prune() -> None:
    """Delete ended runs that are too old, and the oldest while all take too much room.

    Only those that the app has started count, and are deleted; never one that a page shows.
    """
    for left in runs_folder().glob(".*.gone"):  # by a server that was killed
        remove_rest(left)
    jobs = list_jobs()
    for job in jobs:
        remove_torn(job.folder)
    ours = [job for job in reversed(jobs) if read_order(job)]
    shown, allowed = visitors.held(), limits()
    ended = [job for job in ours if not processes.is_live(job) and job.run_key.folder not in shown]
    sizes = {job.key: _megabytes(job.folder) for job in ours}
    taken = sum(sizes.values())
    for key in _troubles.keys() - {job.key for job in jobs}:
        _troubles.pop(key, None)
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
