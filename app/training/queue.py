"""The queue of all visitors' trainings: what waits, for which device, and for how long."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

from app.data import networks, recordings
from app.data.once import made_lately
from app.training import pace
from app.training.job import CLAIMED, Job, Order, is_waiting, list_jobs, read_order
from app.training.processes import running
from stn_core.errors import InputError, UnknownName
from stn_core.runs.folder import Run, runs_folder
from stn_core.runs.records import RunError
from stn_core.training.devices import choose_device


class _Standing(NamedTuple):
    """orders: that wait, the first one first; busy: each device where one runs, and the seconds
    that it has left, None if they are not known."""

    orders: list[Order]
    busy: list[tuple[str, float | None]]


def waiting() -> list[Job]:
    """The queue: what was asked for first stands first."""
    orders = [(order, job) for job in list_jobs() if is_waiting(job) and (order := read_order(job))]
    orders.sort(key=lambda pair: (pair[0].asked, pair[1].folder.name))
    return [job for _, job in orders]


def device_kind(device: str) -> str:
    """What a device name comes to on this machine: ``cpu``, ``cuda`` or ``mps``."""
    try:
        return choose_device(device).type
    except (UnknownName, InputError):
        return "cpu"  # where the process says what is wrong with it


def devices() -> list[str]:
    """Where trainings run: one at a time on the CPU, one on each GPU."""
    import torch

    gpus = [f"cuda:{n}" for n in range(torch.cuda.device_count())]
    return ["cpu", *gpus, *["mps"] * torch.backends.mps.is_available()]


def device_of(job: Job) -> str:
    """Where a training has been started; the CPU, if it does not say."""
    try:
        return (job.folder / CLAIMED).read_text() or "cpu"
    except FileNotFoundError:
        return "cpu"


def taken_devices(jobs: list[Job]) -> set[str]:
    """Those on which trainings that run were started by the app."""
    return {device_of(job) for job in jobs if read_order(job)}


def free_device(order: Order, taken: set[str]) -> str | None:
    """The device on which an order can be started now; None if it has to wait."""
    fits = [p for p in devices() if p.split(":")[0] == device_kind(order.device)]
    return next((p for p in fits if p not in taken), None)


def position(job: Job) -> tuple[int, float | None]:
    """How many stand before it for the same device, and in how many seconds it begins; None if
    it is not known."""
    order = read_order(job)
    if order is None:
        return 0, None
    device = device_kind(order.device)
    same = [p for p in devices() if p.split(":")[0] == device]
    # A look at 300 runs takes 0.15 seconds of a core.
    orders, busy = made_lately(f"the queue of {runs_folder()}", _standing)
    before = [o for o in orders if (o.asked, o.owner) < (order.asked, order.owner)]
    ahead = [o for o in before if device_kind(o.device) == device]
    left = [seconds for place, seconds in busy if place in same]
    left += [_seconds_of(o, device) for o in ahead]
    if any(seconds is None for seconds in left):
        return len(ahead), None
    return len(ahead), sum(left) / max(1, len(same))


def _standing() -> _Standing:
    orders = [order for job in waiting() if (order := read_order(job))]
    return _Standing(orders, [(device_of(job), _seconds_left(job)) for job in running()])


def _seconds_left(job: Job) -> float | None:
    """Of a training that runs."""
    try:
        return pace.seconds_left(recordings.run_reader(str(job.folder)))
    except RunError:
        return None


def _seconds_of(order: Order, device: str) -> float | None:
    """Of a training to come, as long as a step of its published network took on one CPU core."""
    step = networks.seconds_a_step(order.experiment) if device == "cpu" else None
    return step and order.iterations * step


def give_back(job: Job, why: str = "it left the queue before it started") -> None:
    """Give up a training before its first step: one that has not begun leaves nothing."""
    run = Run(job.folder)
    if run.is_described():
        run.set_status("stopped", run.status().step, why)
        (job.folder / CLAIMED).touch()
    else:
        remove(job)


def remove(job: Job) -> None:
    """Delete a run. A reader sees it whole or not at all."""
    gone = job.folder.with_name(f".{job.folder.name}.gone")
    try:
        job.folder.rename(gone)
    except OSError:
        return  # somebody else has
    remove_rest(gone)


def remove_rest(gone: Path) -> None:
    """Delete what is left of a run that was removed."""
    shutil.rmtree(gone, ignore_errors=True)
