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
import re
import time
from dataclasses import dataclass
from pathlib import Path

from app.data import networks, recordings
from app.data.run_keys import StartedHere
from app.tables import TITLES, column_title
from app.training import visitors
from stn_core.runs.folder import runs_folder

AWAY_SECONDS = 300  # then a visitor's waiting trainings are given up, and others may stop the rest
LOG = "log.txt"
IMAGES = "images.npy"  # of a set of the visitor's own
ORDER, WANTED, CLAIMED = "job.json", "wanted", "claimed"
JOB_NAME = re.compile(
    rf"(?P<table>{'|'.join(TITLES)})-(?P<column>[a-z]+)-(?P<network>[a-z0-9-]+)-"
    r"(?P<date>\d{8})-(?P<time>\d{6})(?:-(?P<number>\d+))?"
)


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
    """A run's folder, as the page names it. key: the text of its RunKey."""

    key: str
    folder: Path
    prefix: str  # of its experiment's name: "distorted/rts/"
    title: str

    @property
    def table_title(self) -> str:
        """Of which table and column it is, in words."""
        return column_title(self.prefix)


def job_in(folder: Path) -> Job:
    parts = JOB_NAME.fullmatch(folder.name)
    day = time.strftime("%d %b", time.strptime(parts["date"], "%Y%m%d"))
    clock = ":".join(re.findall("..", parts["time"]))
    number = f" ({parts['number']})" if parts["number"] else ""
    return Job(
        key=StartedHere(folder.name).text,
        folder=folder,
        prefix=f"{parts['table']}/{parts['column']}/",
        title=f"{_title(parts)}, started {day}, {clock}{number}",  # an address: today's too
    )


def _title(parts: re.Match) -> str:
    if parts["column"] == "own":
        return "your own images"
    if parts["table"] == "colocalisation":
        return f"class {parts['network']}, {parts['column'].upper()}"
    return networks.network_title(parts["network"])


def list_jobs(prefix: str = "") -> list[Job]:
    """Every run in the runs' folder, the newest first; of one experiment's name prefix."""
    start = prefix.replace("/", "-")
    try:
        folders = [p for p in runs_folder().iterdir() if p.name.startswith(start) and p.is_dir()]
    except OSError:
        return []
    named = [(JOB_NAME.fullmatch(p.name), p) for p in folders]
    dated = [(p["date"], p["time"], int(p["number"] or 1), folder) for p, folder in named if p]
    return [job_in(folder) for *_, folder in sorted(dated, reverse=True)]


def find_job(key: str) -> Job | None:
    """The job of a key from a page or a URL; None if there is none."""
    job = next((job for job in list_jobs() if job.key == key), None)
    if job:
        visitors.hold(job.folder.name)
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
        return Order(**json.loads((job.folder / ORDER).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


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
    return seconds_since(job.folder / "control.json")


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
