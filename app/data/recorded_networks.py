"""What ``Recorder`` has written: trainings of networks that are not ours, in their own loops."""

from __future__ import annotations

import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from stn_core.runs.folder import runs_folder

if TYPE_CHECKING:
    from stn_core.recorder.reading import Reader

RECORDER = "recorder.json"  # as ``stn_core.recorder`` writes it; importing that takes torch
DEPTHS = ("*", "*/*")  # of its folder below the runs' folder
MAX_LISTED = 200
EXAMPLE = "example"  # the name of the shipped one


def recorded_networks() -> dict[str, Path]:
    """The folders by their path below the runs' folder, the newest first; the example last."""
    found = [path for depth in DEPTHS for path in runs_folder().glob(f"{depth}/{RECORDER}")]
    found.sort(key=_modified, reverse=True)
    folders = [path.parent for path in found[:MAX_LISTED]]
    named = {folder.relative_to(runs_folder()).as_posix(): folder for folder in folders}
    example = _example()
    return named | ({EXAMPLE: Path(example.name)} if example else {})


@st.cache_resource(show_spinner=False)
def _example() -> tempfile.TemporaryDirectory | None:
    """A folder with the recorded training of the shipped network that is not ours, as long as the
    app runs; None if that cannot be read."""
    from stn_core import tutorial_network
    from stn_core.recorder.packed import PACKED, unpack
    from stn_core.runs.records import RunError

    folder = tempfile.TemporaryDirectory(prefix="stn-example-")
    try:
        unpack(tutorial_network.folder() / PACKED, Path(folder.name))
    except RunError:
        return None
    return folder


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # it has just been deleted
        return 0.0


@st.cache_resource(max_entries=16, show_spinner=False)
def network_reader(folder: str) -> Reader:
    """The reader of a folder, which remembers the snapshots that it has read."""
    from stn_core.recorder.reading import Reader

    return Reader(Path(folder))


def started(description: dict) -> str:
    """When a training began, in this machine's time."""
    try:
        begun = datetime.fromisoformat(str(description.get("started"))).timestamp()
        return time.strftime("%d %b, %H:%M:%S", time.localtime(begun))
    except (ValueError, OverflowError, OSError):
        return "at an unknown time"
