"""Trainings in processes of their own (``python -m stn_core train``), each with its run's folder.

A training survives a reload, a page change, the end of a browser session and of the server: the
folder is all that connects it with a page. All visitors' trainings stand in one queue, which is in
the folders too:

    job.json    what was asked for, by whom and when
    wanted      touched as long as its visitor is here
    claimed     made by whoever starts the process; until then the training waits

``dispatcher`` starts what is next; here is what a page asks for and is told.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from app.data import loading
from app.tables import TITLES, column_title
from app.training import visitors
from app.training.limits import limits

START_SECONDS = 60  # a process that has written nothing by then has failed
AWAY_SECONDS = 300  # then a visitor's waiting trainings are given up, and others may stop the rest
FREE_MEGABYTES = 300  # of the disk, without which no training is begun
LOG = "log.txt"
IMAGES = "images.npy"  # of a set of the visitor's own
ORDER, WANTED, CLAIMED = "job.json", "wanted", "claimed"
_children: list[subprocess.Popen] = []  # of this server, also those that have ended


class JobError(RuntimeError):
    """A training cannot be started or steered; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is asked for: ``python -m stn_core <command> <experiment> <arguments>``."""

    command: str
    experiment: str
    arguments: list[str]
    device: str
    iterations: int  # that are still to be done
    owner: str = ""
    asked: float = 0.0


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
    r"(?P<date>\d{8})-(?P<time>\d{6})(?:-(?P<number>\d+))?"
)


def _job(folder: Path) -> Job:
    parts = NAME.fullmatch(folder.name)
    day = time.strftime("%d %b", time.strptime(parts["date"], "%Y%m%d"))
    clock = ":".join(re.findall("..", parts["time"]))
    number = f" ({parts['number']})" if parts["number"] else ""
    return Job(
        key=f"run-{folder.name}",
        folder=folder,
        prefix=f"{parts['table']}/{parts['column']}/",
        title=f"{_title(parts)}, started {day}, {clock}{number}",  # an address: today's too
    )


def _title(parts: re.Match) -> str:
    if parts["column"] == "own":
        return "your own images"
    if parts["table"] == "colocalisation":
        return f"class {parts['network']}, {parts['column'].upper()}"
    return loading.network_title(parts["network"])


def jobs(prefix: str = "") -> list[Job]:
    """Every run in the runs' folder, the newest first; of one experiment's name prefix."""
    from stn_core.runs import runs_folder

    wanted = prefix.replace("/", "-")
    try:
        folders = [p for p in runs_folder().iterdir() if p.name.startswith(wanted) and p.is_dir()]
    except OSError:
        return []
    named = [(NAME.fullmatch(p.name), p) for p in folders]
    dated = [(p["date"], p["time"], int(p["number"] or 1), folder) for p, folder in named if p]
    return [_job(folder) for *_, folder in sorted(dated, reverse=True)]


def find(key: str) -> Job | None:
    """The job of a key from a page or a URL; None if there is none."""
    found = next((job for job in jobs() if job.key == key), None)
    if found:
        visitors.hold(found.folder.name)
    return found


def trained(prefix: str) -> list[Job]:
    """The jobs of an experiment's name prefix that have a network to look at."""
    return [job for job in jobs(prefix) if loading.run(str(job.folder)).checkpoint.is_file()]


# -- how a job stands


def order(job: Job) -> Order | None:
    """What was asked for; None of a training that was not started by the app."""
    try:
        return Order(**json.loads((job.folder / ORDER).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def is_waiting(job: Job) -> bool:
    """Whether it stands in the queue."""
    return (job.folder / ORDER).exists() and not (job.folder / CLAIMED).exists()


def is_starting(job: Job) -> bool:
    """Whether its process has been started and has not said anything yet."""
    from stn_core.runs import Run

    if is_waiting(job):
        return False
    child = _child(job)
    if child is None and seconds_since_start(job) > START_SECONDS:
        return False
    if child is not None and child.poll() is not None:
        return False
    return not (job.folder / "status.json").exists() or Run(job.folder).status().state == "queued"


def is_running(job: Job) -> bool:
    """Whether it has a process, or will have one in a moment."""
    from stn_core.runs import Run

    return Run(job.folder).is_alive() or is_starting(job)


def is_live(job: Job) -> bool:
    """Whether there is something to wait for on its page."""
    return is_waiting(job) or is_running(job)


def running() -> list[Job]:
    """The trainings that are alive, of all visitors."""
    return [job for job in jobs() if is_running(job)]


def waiting() -> list[Job]:
    """The queue: what was asked for first stands first."""
    found = [(asked, job) for job in jobs() if is_waiting(job) and (asked := order(job))]
    return [job for _, job in sorted(found, key=lambda pair: (pair[0].asked, pair[1].folder.name))]


def is_steered_by_me(job: Job) -> bool:
    """Whether this visitor may pause and stop it: its own, or one whose visitor is gone."""
    asked = order(job)
    if asked is None or asked.owner == visitors.me():
        return True
    return seconds_away(job) > AWAY_SECONDS


def is_mine(job: Job) -> bool:
    """Whether this visitor has asked for it."""
    asked = order(job)
    return asked is not None and asked.owner == visitors.me()


def kind(device: str) -> str:
    """What a device name comes to on this machine: ``cpu``, ``cuda`` or ``mps``."""
    from stn_core.training import choose_device

    try:
        return choose_device(device).type
    except ValueError:
        return "cpu"  # where the process says what is wrong with it


def places() -> list[str]:
    """Where trainings run: one at a time on the CPU, one on each GPU."""
    import torch

    there = ["cpu", *(f"cuda:{n}" for n in range(torch.cuda.device_count()))]
    return there + ["mps"] * torch.backends.mps.is_available()


def place_of(job: Job) -> str:
    """Where a training has been started; the CPU, if it does not say."""
    try:
        return (job.folder / CLAIMED).read_text() or "cpu"
    except OSError:
        return "cpu"


def free_place(asked: Order) -> str | None:
    """Where an order can be started now; None if it has to wait."""
    taken = {place_of(job) for job in running() if order(job)}
    fits = [p for p in places() if p.split(":")[0] == kind(asked.device)]
    return next((p for p in fits if p not in taken), None)


def position(job: Job) -> tuple[int, float | None]:
    """How many stand before it for the same device, and in how many seconds it begins; None if
    that cannot be told."""
    asked = order(job)
    if asked is None:
        return 0, None
    device = kind(asked.device)
    queue = [o for j in waiting() if (o := order(j)) and kind(o.device) == device]
    ahead = [o for o in queue if (o.asked, o.owner) < (asked.asked, asked.owner)]
    same = [p for p in places() if p.split(":")[0] == device]
    busy = [job for job in running() if place_of(job) in same]
    left = [_seconds_left(job) for job in busy] + [_seconds_of(o, device) for o in ahead]
    if any(seconds is None for seconds in left):
        return len(ahead), None
    return len(ahead), sum(left) / max(1, len(same))


def _seconds_left(job: Job) -> float | None:
    """Of a training that runs, at the pace of its last records."""
    run = loading.run(str(job.folder))
    try:
        iterations = run.description()["recipe"]["iterations"]
    except (RuntimeError, KeyError, TypeError):
        return None
    rate = steps_a_second(run.history())
    return (iterations - run.status().step) / rate if rate else None


def steps_a_second(history: list) -> float:
    """The pace of a training's last records; 0 if there is none yet."""
    recent = history[-20:]
    if not recent:
        return 0.0
    steps = recent[-1].step - (recent[0].step if len(recent) > 1 else 0)
    seconds = recent[-1].seconds - (recent[0].seconds if len(recent) > 1 else 0)
    return steps / seconds if seconds > 0 else 0.0


def _seconds_of(asked: Order, device: str) -> float | None:
    """Of a training to come, as long as a step of its published network took on one CPU core."""
    step = loading.seconds_a_step(asked.experiment) if device == "cpu" else None
    return step and asked.iterations * step


# -- what a page asks for


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
    """Ask for a training. Raises JobError if the queue or the disk has no room for it."""
    arguments = [
        "--recipe", recipe,
        "--iterations", str(iterations),
        "--learning-rate", str(learning_rate),
        "--seed", str(seed),
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
    from stn_core.experiments.colocalisation import OWN

    arguments = ["--iterations", str(iterations), "--starts", str(starts)]
    return _ask(_order("colocalise", OWN.name, arguments, iterations), images)


def _order(
    command: str, experiment: str, arguments: list[str], iterations: int, device: str = "cpu"
) -> Order:
    most = limits().steps
    if iterations > most:
        raise JobError(f"{iterations:,} steps are asked for; this server allows {most:,}")
    return Order(
        command=command,
        experiment=experiment,
        arguments=arguments,
        device=device,
        iterations=iterations,
    )


def _ask(asked: Order, images: np.ndarray | None = None) -> Job:
    _check_room()
    folder = _new_folder(asked.experiment)
    try:
        if images is not None:
            np.save(folder / IMAGES, images)
            asked = replace(asked, arguments=[*asked.arguments, "--images", str(folder / IMAGES)])
        return _queue(folder, asked)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise JobError(f"cannot write into the run's folder: {without_folders(error)}") from error


def _check_room() -> None:
    """Raise JobError if this visitor waits for enough already, or the disk is full."""
    from stn_core.runs import runs_folder

    mine = [job for job in waiting() if is_mine(job)]
    if len(mine) >= limits().waiting:
        names = "; ".join(f"{job.place}: {job.title}" for job in mine)
        raise JobError(f"You wait for {len(mine)} trainings already ({names}). Cancel one first.")
    there = next(p for p in (runs_folder(), *runs_folder().absolute().parents) if p.exists())
    free = shutil.disk_usage(there).free / 2**20
    if free < FREE_MEGABYTES:
        raise JobError(
            f"The server's disk has {free:.0f} MB left, and a training wants {FREE_MEGABYTES} MB."
        )


def _new_folder(experiment: str) -> Path:
    from stn_core.runs import new_run_folder

    first = new_run_folder(experiment)
    for number in range(1, 1000):  # of as many who ask in the same second
        folder = first if number == 1 else first.with_name(f"{first.name}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise JobError(f"cannot make the run's folder: {without_folders(error)}") from error
        return folder
    raise JobError("cannot make the run's folder: there are a thousand of that second")


def _queue(folder: Path, asked: Order) -> Job:
    """Put an order into its folder: from then on it waits."""
    from stn_core.checkpoints import write_atomically

    asked = replace(asked, owner=visitors.me(), asked=time.time())
    (folder / WANTED).touch()
    write_atomically(folder / ORDER, json.dumps(asdict(asked)).encode())
    (folder / CLAIMED).unlink(missing_ok=True)
    visitors.arrive()
    return _job(folder)


def resume(job: Job) -> None:
    """Go on with a stopped, failed or interrupted training. Raises JobError."""
    from stn_core.runs import Run, RunError

    _check_room()
    run = Run(job.folder)
    try:
        description = run.description()
        step = run.status().step
        asked = Order(
            command="train",
            experiment=description["experiment"],
            arguments=["--resume"],
            device=description.get("device_type", "cpu"),
            iterations=max(0, description["recipe"]["iterations"] - step),
        )
        run.set_status("queued", step)
        _queue(job.folder, asked)
    except (RunError, KeyError, TypeError) as error:
        raise JobError(f"this run cannot be resumed: {without_folders(error)}") from error
    except OSError as error:
        raise JobError(f"cannot write into the run's folder: {without_folders(error)}") from error


def cancel(job: Job) -> None:
    """Give up a training that waits, or end one before it listens to its folder."""
    if is_waiting(job):
        give_back(job)
    else:
        end(job, signal.SIGTERM)


# -- what the dispatcher does


def give_back(job: Job) -> None:
    """Take a waiting training out of the queue: one that has not begun leaves nothing."""
    from stn_core.runs import Run

    run = Run(job.folder)
    if run.is_described():
        run.set_status("stopped", run.status().step, "its place in the queue was given up")
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


def launch(job: Job, place: str) -> None:
    """Start a waiting training at a place of ``places``; nothing if another server was quicker."""
    from stn_core.runs import Run

    asked = order(job)
    if asked is None:
        return
    try:
        with open(job.folder / CLAIMED, "x") as file:
            file.write(place)
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
    if place.startswith("cuda:"):
        surroundings["CUDA_VISIBLE_DEVICES"] = _visible(int(place.removeprefix("cuda:")))
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
    child = _child(job)
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


def _child(job: Job) -> subprocess.Popen | None:
    return next((c for c in reversed(_children) if c.args[-1] == str(job.folder)), None)


def _seconds_since(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return math.inf


def seconds_away(job: Job) -> float:
    """For how long its visitor has not been here."""
    return _seconds_since(job.folder / WANTED)


def seconds_since_start(job: Job) -> float:
    """For how long it has had its place."""
    return _seconds_since(job.folder / CLAIMED)


def seconds_since_control(job: Job) -> float:
    """For how long it has been asked to do what it is asked to do."""
    return _seconds_since(job.folder / "control.json")


def without_folders(message: object) -> str:
    """What is wrong, without where on the server it is: of an absolute path the last name."""
    return re.sub(r"(?<![^\s'\"`(])/\S*/", "", str(message))


def last_words(job: Job) -> str:
    """The last line of the process's own output: why it failed before it could say so."""
    try:
        lines = (job.folder / LOG).read_text(errors="replace").strip().splitlines()
    except OSError:
        return ""
    return without_folders(lines[-1])[-500:] if lines else ""
