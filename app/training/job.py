"""A training in a process of its own (``python -m stn_core train``), and its run's folder.

A training survives a reload, a page change, the end of a browser session and of the server: the
folder is all that connects it with a page. Beside the run itself the folder holds

    job.json    what was asked for, by whom and when
    wanted      touched as long as its visitor is here
    claimed     made by whoever starts the process; until then the training waits
"""

from __future__ import annotations

import json
import math
import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.data import recordings
from app.data.faults import without_folders
from app.data.run_keys import StartedHere
from app.tables import column_title
from app.training import visitors
from app.training.run_names import DESCRIPTION, ORDER, RunName, oddity, run_name
from stn_core.runs.folder import runs_folder

AWAY_SECONDS = 300  # then a visitor's waiting trainings are given up, and others may stop the rest
LOG = "log.txt"
IMAGES = "images.npy"  # of a set of the visitor's own
WANTED, CLAIMED = "wanted", "claimed"
CONTROL = "control.json"
PROGRESS = re.compile(r"\d+%\|")  # a line of a bar's
MAX_DEPTH = 4  # of a run's folder below the runs' folder
MAX_FOLDERS = 2_000  # that are looked into: the runs' folder may be one's home


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
    """A run's folder, as the page names it. run_key: its folder's path below the runs' folder."""

    run_key: StartedHere
    folder: Path
    prefix: str  # of its experiment's name: "distorted/rts/"
    title: str

    @property
    def key(self) -> str:
        """The text of its key, which the address has."""
        return self.run_key.text

    @property
    def table_title(self) -> str:
        """Of which table and column it is, in words."""
        return column_title(self.prefix)


def job_in(folder: Path) -> Job | None:
    """The job of a folder below the runs' folder; None if there is no run in it to be shown."""
    name = run_name(folder)
    return name and _job(folder, name)


def _job(folder: Path, name: RunName) -> Job:
    path = folder.relative_to(runs_folder()).as_posix()
    return Job(run_key=StartedHere(path), folder=folder, prefix=name.prefix, title=name.title)


def list_jobs(prefix: str = "") -> list[Job]:
    """Every run in the runs' folder and in those below it, the newest first; of one experiment's
    name prefix."""
    named = [(name, folder) for folder in _folders() if (name := run_name(folder))]
    named.sort(key=lambda pair: (pair[0].started, pair[1].name), reverse=True)
    return [_job(folder, name) for name, folder in named if name.experiment.startswith(prefix)]


def odd_folders() -> dict[str, str]:
    """What looks like a run in the runs' folder and can be none, by its path below it: why."""
    try:
        files = [Path(entry.path) for entry in os.scandir(runs_folder()) if not entry.is_dir()]
    except OSError:
        files = []
    odd = ((path, oddity(path)) for path in (*files, *_folders()) if run_name(path) is None)
    return {path.relative_to(runs_folder()).as_posix(): why for path, why in odd if why}


def _folders() -> Iterator[Path]:
    """What may be runs: no folder within a run, nor behind a link to a folder of several."""
    below = [(runs_folder(), 0)]
    for _ in range(MAX_FOLDERS):
        if not below:
            return
        folder, depth = below.pop()
        try:
            inside = [entry for entry in os.scandir(folder) if not entry.name.startswith(".")]
        except PermissionError:
            inside = []
        except OSError:
            continue  # it is gone
        if depth and {DESCRIPTION, ORDER} & {entry.name for entry in inside}:
            yield folder
            continue
        if depth:
            yield folder  # one that has only just been made, by its name
        if depth < MAX_DEPTH and not (depth and folder.is_symlink()):
            below += [(Path(e.path), depth + 1) for e in inside if _is_folder(e)]


def _is_folder(entry: os.DirEntry) -> bool:
    """Whether it is one, with a name that a page can send."""
    try:
        entry.name.encode()
        return entry.is_dir()
    except (OSError, UnicodeEncodeError):
        return False


def key_of_title(asked: str, titles: Mapping[str, str]) -> str | None:
    """The key of the run that an address of before means, which had its title: the network and when
    it was started, on that day without the day. titles: those of now, by key."""
    name, started, when = asked.rpartition(", started ")
    fits = (k for k, title in titles.items() if title.startswith(name) and title.endswith(when))
    return next(fits, None) if started else None


def find_job(key: str) -> Job | None:
    """The job of a key from a page or a URL; None if there is none."""
    job = next((job for job in list_jobs() if job.key == key), None)
    if job:
        visitors.hold(job.run_key.folder)
    return job


def trained(prefix: str) -> list[Job]:
    """The trainings of an experiment's name prefix that have a network to look at."""
    return [
        job
        for job in list_jobs(prefix)
        if recordings.run_reader(str(job.folder)).checkpoint.is_file()
    ]


def read_order(job: Job) -> Order | None:
    """What was asked for; None of a folder that holds none: it was not started by the app."""
    try:
        order = Order(**json.loads((job.folder / ORDER).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None
    numbers = all(isinstance(value, int | float) for value in (order.asked, order.iterations))
    texts = (order.command, order.experiment, order.device, order.owner)
    listed = isinstance(order.arguments, list)
    words = listed and all(isinstance(word, str) for word in (*texts, *order.arguments))
    return order if numbers and words else None


def is_waiting(job: Job) -> bool:
    """Whether it stands in the queue."""
    return (job.folder / ORDER).exists() and not (job.folder / CLAIMED).exists()


def is_steered_by_me(job: Job) -> bool:
    """Whether this visitor may pause and stop it: its own, or one whose visitor is gone."""
    order = read_order(job)
    if order is None or order.owner == visitors.me():
        return True
    return seconds_away(job) > AWAY_SECONDS


def is_mine(job: Job) -> bool:
    """Whether this visitor has asked for it."""
    order = read_order(job)
    return order is not None and order.owner == visitors.me()


def seconds_since(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return math.inf


def seconds_away(job: Job) -> float:
    """For how long its visitor has not been here."""
    return seconds_since(job.folder / WANTED)


def seconds_since_start(job: Job) -> float:
    """For how long it has had its place."""
    return seconds_since(job.folder / CLAIMED)


def seconds_since_control(job: Job) -> float:
    """For how long it has been asked to do what it is asked to do."""
    return seconds_since(job.folder / CONTROL)


def last_words(job: Job) -> str:
    """What the process itself said last: why it failed before it could say so in its folder. Empty
    if nothing but what it was to do and how far it was."""
    try:
        lines = (job.folder / LOG).read_text(errors="replace").splitlines()
    except OSError:
        return ""
    said = [line for line in lines if line.strip() and not PROGRESS.search(line)]
    last = said[-1] if said else ""
    begun = last.startswith("resumed from step") or last.endswith(str(job.folder))
    return "" if begun else without_folders(last).replace("`", "'")[-500:]
