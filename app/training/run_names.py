"""What a run's folder is called on the pages: of which experiment it is, how trained, and when.

It is read from run.json, or from job.json as long as the run has not begun, or from the folder's
name. A folder of which nothing can be shown has no name here: the pages leave it out, and if it
looks like a run they say why.
"""

from __future__ import annotations

import functools
import json
import math
import os
import re
import time
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from app.data import networks
from app.tables import TITLES

DESCRIPTION, ORDER = "run.json", "job.json"
FOLDER_NAME = re.compile(
    rf"(?P<table>{'|'.join(TITLES)})-(?P<column>[a-z0-9]+)-(?P<network>[a-z0-9-]+)-"
    r"(?P<date>\d{8})-(?P<time>\d{6})(?:-(?P<number>\d+))?"
)

LIKE_A_RUN = re.compile(rf"({'|'.join(TITLES)})-")
ELSEWHERE = "studies/"  # experiments that are runs, and of no page


class RunName(NamedTuple):
    """experiment: its full name; title: for the pages; started: in seconds, and a number among
    those of one second."""

    experiment: str
    title: str
    started: tuple[float, int]

    @property
    def prefix(self) -> str:
        """Of the experiment's name: ``distorted/rts/``."""
        return self.experiment[: self.experiment.rindex("/") + 1]


def run_name(folder: Path) -> RunName | None:
    """What a folder is called; None if there is no run of a table's experiment in it."""
    if not _is_readable(folder):
        return None
    stamps = tuple(_modified(folder / name) for name in (DESCRIPTION, ORDER))
    return _run_name(folder, stamps)


def oddity(path: Path) -> str:
    """Why a folder without a name that looks like a run is none; empty of one that does not."""
    parts, looks = FOLDER_NAME.fullmatch(path.name), LIKE_A_RUN.match(path.name)
    if not path.is_dir():
        return "not a folder" if looks else ""
    if not _is_readable(path):
        return "no permission to read it" if looks else ""
    described = next((name for name in (DESCRIPTION, ORDER) if (path / name).exists()), None)
    if described is None:
        if parts and _is_known(_by_name(parts)):
            return "its name has an impossible date"
        return "its name belongs to no experiment here" if looks else ""
    content = _read(path / described)
    if content is None:
        return f"its {described} cannot be read"
    experiment = content.get("experiment")
    if isinstance(experiment, str) and experiment.startswith(ELSEWHERE):
        return ""
    if not isinstance(experiment, str) or not _is_known(experiment):
        return f"its {described} belongs to no experiment here"
    return f"its {described} does not say how many steps it has"


@functools.lru_cache(maxsize=4_096)
def _run_name(folder: Path, stamps: tuple[int, ...]) -> RunName | None:
    """Read once for each time that its two files were written, at ``stamps``."""
    parts = FOLDER_NAME.fullmatch(folder.name)
    description, order = (_read(folder / name) for name in (DESCRIPTION, ORDER))
    if description is not None and not _has_steps(description):
        return None
    if parts and description is order is None and _date(parts) is None:
        return None
    by_name = _by_name(parts) if parts else ""
    experiment = (description or order).get("experiment") if description or order else by_name
    experiment = experiment or by_name
    if not isinstance(experiment, str) or not _is_known(experiment):
        return None
    started = _started(parts, description, order, stamps)
    number = int(parts["number"] or 1) if parts else 1
    day = time.strftime("%d %b, %H:%M:%S", time.localtime(started))
    words = [_network(experiment), *_details(experiment, description, order), f"started {day}"]
    return RunName(
        experiment,
        ", ".join(words) + (f" ({number})" if number > 1 else ""),
        (started, number),
    )


def _by_name(parts: re.Match) -> str:
    return f"{parts['table']}/{parts['column']}/{parts['network']}"


def _date(parts: re.Match) -> float | None:
    """The seconds of a folder's name; None of an impossible date."""
    try:
        return time.mktime(time.strptime(parts["date"] + parts["time"], "%Y%m%d%H%M%S"))
    except (ValueError, OverflowError):
        return None


def _is_readable(folder: Path) -> bool:
    return os.access(folder, os.R_OK | os.X_OK)


def _modified(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _read(path: Path) -> dict[str, Any] | None:
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _has_steps(description: dict[str, Any]) -> bool:
    recipe = description.get("recipe")
    return isinstance(recipe, dict) and _is_count(recipe.get("iterations"))


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_known(experiment: str) -> bool:
    """Whether it is an experiment of a table: its pages can find it."""
    from stn_core.experiments import EXPERIMENTS
    from stn_core.experiments.colocalisation import COLOCALISATIONS, OWN

    if experiment.count("/") != 2:
        return False
    return experiment in EXPERIMENTS or experiment in COLOCALISATIONS or experiment == OWN.name


def _network(experiment: str) -> str:
    table, column, network = experiment.split("/")
    if column == "own":
        return "your own images"
    if table == "colocalisation":
        return f"class {network}, {column.upper()}"
    return networks.experiment_title(experiment)


def _started(
    parts: re.Match | None, description: dict | None, order: dict | None, stamps: tuple[int, ...]
) -> float:
    """By the folder's name, or by what its files say; of an older file, when it was written."""
    if parts and (date := _date(parts)) is not None:
        return date
    try:
        return datetime.fromisoformat((description or {})["started"]).timestamp()
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        pass
    asked = (order or {}).get("asked")
    if isinstance(asked, int | float) and 0 < asked < 1e10:
        return float(asked)
    return max(stamps) / 1e9


def _details(experiment: str, description: dict | None, order: dict | None) -> list[str]:
    """Steps × batch, peak rate and seed, where all of them are known; a search for boxes, of which
    there is one a set, has its class alone."""
    if experiment.startswith("colocalisation/"):
        return []
    recipe, seed = _recipe(experiment, description, order)
    steps, batch, rate = (recipe.get(k) for k in ("iterations", "batch_size", "learning_rate"))
    if not (_is_count(steps) and _is_count(batch) and _is_rate(rate) and isinstance(seed, int)):
        return []
    return [f"{steps:,} × {batch}", f"rate {rate:g}", f"seed {seed}"]


def _is_rate(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and value > 0


def _recipe(
    experiment: str, description: dict | None, order: dict | None
) -> tuple[dict[str, Any], Any]:
    """The recipe's numbers and the seed: of a run that waits, those that were ordered."""
    if description:
        return description["recipe"], description.get("seed")
    arguments = (order or {}).get("arguments")
    if not isinstance(arguments, list):
        return {}, None
    given = dict(zip(arguments[::2], arguments[1::2], strict=False))
    try:
        return {
            "iterations": int(given["--iterations"]),
            "batch_size": int(given.get("--batch-size") or _batch_size(experiment, given)),
            "learning_rate": float(given["--learning-rate"]),
        }, int(given["--seed"])
    except (KeyError, TypeError, ValueError):
        return {}, None


def _batch_size(experiment: str, given: dict[str, str]) -> int:
    from stn_core.experiments import find

    return find(experiment).with_recipe(given["--recipe"]).recipe.batch_size
