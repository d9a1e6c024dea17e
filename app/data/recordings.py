"""Recorded trainings: those in pretrained/, and the readers of run folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from stn_core.runs.folder import Run
    from stn_core.runs.records import RecordedRun


def recorded_names(prefix: str) -> list[str]:
    """The short names of the runs in pretrained/: ``st-cnn-aff``, of a further seed ``…@1``."""
    from stn_core import checkpoints
    from stn_core.experiments import EXPERIMENTS
    from stn_core.runs.packed import packed_runs

    return [
        name.removeprefix(prefix) + ("" if seed is None else f"@{seed}")
        for name, experiment in EXPERIMENTS.items()
        if name.startswith(prefix)
        for seed in packed_runs(checkpoints.published_folder(experiment))
    ]


def studies(prefix: str) -> dict[str, str]:
    """The studies of ``distorted/rts/`` whose runs are shipped: what each of them changes."""
    from stn_core.experiments.studies import STUDIES

    shipped = set(recorded_names("studies/"))
    words = {
        s.experiment.name.removeprefix("studies/"): s.words
        for s in STUDIES
        if prefix == f"distorted/{s.column}/"
    }
    return {name: text for name, text in words.items() if name in shipped}


@st.cache_resource(max_entries=8, show_spinner="Loading the recording …")
def recorded(name: str) -> RecordedRun:
    """A run in pretrained/, by its name and, after an @, its seed. Raises RunError."""
    from stn_core import checkpoints
    from stn_core.experiments import find
    from stn_core.runs.packed import PACKED, packed_name, unpack

    name, _, seed = name.partition("@")
    file = packed_name(seed) if seed else PACKED
    return unpack(checkpoints.published_folder(find(name)) / file)


@st.cache_resource(max_entries=16, show_spinner=False)
def run_reader(folder: str) -> Run:
    """The reader of a run's folder, which remembers the snapshots that it has read."""
    from stn_core.runs.folder import Run

    return Run(Path(folder))


def checkpoint_step(path: Path) -> int:
    """The step at which a run's checkpoint was written; 0 if there is none that can be read."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            return int((file.metadata() or {}).get("step", 0))
    except (SafetensorError, OSError, ValueError):
        return 0
