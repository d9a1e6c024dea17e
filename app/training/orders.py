"""What a page asks of trainings: start one, resume one, cancel one."""

from __future__ import annotations

import json
import shutil
import threading
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from app.data.faults import without_folders
from app.training import visitors
from app.training.job import (
    CLAIMED,
    IMAGES,
    ORDER,
    WANTED,
    Job,
    JobError,
    Order,
    is_mine,
    is_waiting,
    job_in,
)
from app.training.limits import limits
from app.training.processes import is_running
from app.training.queue import give_back, waiting
from stn_core import launcher
from stn_core.checkpoints import write_atomically
from stn_core.errors import InputError, UnknownName
from stn_core.experiments.colocalisation import OWN
from stn_core.runs.folder import Run, new_run_folder, runs_folder
from stn_core.runs.records import RunError

MIN_FREE_MEGABYTES = 300  # of the disk, without which no training is begun
_asking = threading.Lock()  # two who ask at once do not both get the last place


def start(
    experiment: str,
    *,
    recipe: str,
    iterations: int,
    learning_rate: float,
    seed: int,
    device: str,
    batch_size: int | None = None,
    patience: int | None = None,
) -> Job:
    """Ask for a training. Raises JobError if the queue or the disk has no room for it."""
    arguments = [
        "--recipe", recipe,
        "--iterations", str(iterations),
        "--learning-rate", str(learning_rate),
        "--seed", str(seed),
        *(["--batch-size", str(batch_size)] if batch_size else []),
        *(["--patience", str(patience)] if patience else []),
    ]  # fmt: skip
    return _ask(_order("train", experiment, arguments, iterations, device))


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
    """Ask for a co-localisation. Raises JobError if the queue or the disk has no room for it."""
    arguments = [
        "--recipe", recipe,
        "--iterations", str(iterations),
        "--starts", str(starts),
        "--margin", str(margin),
        "--clutter", str(clutter),
        "--set-seed", str(set_seed),
    ]  # fmt: skip
    return _ask(_order("colocalise", name, arguments, iterations))


def colocalise_own(images: np.ndarray, *, iterations: int, starts: int) -> Job:
    """Ask for a co-localisation of one's own images, uint8 (N, 84, 84). Raises JobError."""
    arguments = ["--iterations", str(iterations), "--starts", str(starts)]
    return _ask(_order("colocalise", OWN.name, arguments, iterations), images)


def _order(
    command: str, experiment: str, arguments: list[str], iterations: int, device: str = "cpu"
) -> Order:
    max_steps = limits().steps
    if iterations > max_steps:
        raise JobError(
            f"{iterations:,} steps were asked for; this server allows {max_steps:,}. "
            "Choose fewer steps."
        )
    return Order(
        command=command,
        experiment=experiment,
        arguments=arguments,
        device=device,
        iterations=iterations,
    )


def _ask(order: Order, images: np.ndarray | None = None) -> Job:
    with _asking:
        return _put(order, images)


def _put(order: Order, images: np.ndarray | None) -> Job:
    _check_room()
    folder = _new_folder(order.experiment)
    try:
        if images is not None:
            np.save(folder / IMAGES, images)
            order = replace(order, arguments=[*order.arguments, "--images", str(folder / IMAGES)])
        return _queue(folder, order)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise JobError(f"cannot write into the run's folder: {without_folders(error)}") from error


def _check_room() -> None:
    """Raise JobError if this visitor waits for enough already, or all do, or the disk is full."""
    queue = waiting()
    mine = [job for job in queue if is_mine(job)]
    if len(mine) >= limits().waiting:
        names = "; ".join(f"{job.table_title}: {job.title}" for job in mine)
        raise JobError(
            f"You already have {len(mine)} trainings waiting ({names}). Cancel one first."
        )
    if len(queue) >= limits().queue:
        raise JobError(
            f"The queue is full: {len(queue)} trainings are waiting, and this server allows "
            f"{limits().queue}. Try again when one of them has started."
        )
    existing = next(p for p in (runs_folder(), *runs_folder().absolute().parents) if p.exists())
    free = shutil.disk_usage(existing).free / 2**20
    if free < MIN_FREE_MEGABYTES:
        raise JobError(
            f"The server's disk has {free:.0f} MB left; a training needs {MIN_FREE_MEGABYTES} MB."
        )


def _new_folder(experiment: str) -> Path:
    try:
        return new_run_folder(experiment)
    except OSError as error:
        raise JobError(f"cannot create the run's folder: {without_folders(error)}") from error


def _queue(folder: Path, order: Order) -> Job:
    """Put an order into its folder: from then on it waits."""
    order = replace(order, owner=visitors.me(), asked=time.time())
    (folder / WANTED).touch()
    write_atomically(folder / ORDER, json.dumps(asdict(order)).encode())
    (folder / launcher.PID_FILE).unlink(missing_ok=True)  # of its process before
    (folder / CLAIMED).unlink(missing_ok=True)
    visitors.arrive()
    job = job_in(folder)
    if job is None:
        raise JobError(f"{folder.name} is not a run of {order.experiment}. Delete the folder.")
    return job


def resume(job: Job, learning_rate: float | None = None) -> None:
    """Go on with a stopped, failed or interrupted training, with another peak rate if one is given.
    Raises JobError."""
    _check_room()
    if is_running(job):
        raise JobError("this training is already running: another visitor or tab has resumed it")
    run = Run(job.folder)
    try:
        description = run.description()
        step = run.status().step
        order = Order(
            command="train",
            experiment=description["experiment"],
            arguments=["--resume"],
            device=_device(description.get("device_type", "auto")),
            iterations=max(0, description["recipe"]["iterations"] - step),
        )
        if learning_rate is not None:
            run.control("run", learning_rate)
        run.set_status("queued", step)
        _queue(job.folder, order)
    except RunError as error:
        raise JobError(f"this run cannot be resumed: {without_folders(error)}") from error
    except OSError as error:
        raise JobError(f"cannot write into the run's folder: {without_folders(error)}") from error


def _device(name: str) -> str:
    """The device that a run was on, or another one where that is not there any more."""
    from stn_core.training.devices import choose_device

    try:
        choose_device(name)
    except (InputError, UnknownName):
        return "auto"
    return name


def cancel(job: Job) -> None:
    """Give up a training that waits, or end one before it listens to its folder."""
    if is_waiting(job):
        give_back(job)
    else:
        launcher.end(job.folder)
        give_back(job, "it was cancelled before its first step")
