"""Recordings of what a visitor's own browser has trained: a safetensors file, as
frontend/layouts/learn/recording.js writes it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from app.data.browser_settings import Settings, told
from app.data.uploads import uploaded_file

if TYPE_CHECKING:
    from stn_core.experiment import Experiment
    from stn_core.runs.records import RecordedRun, Step

MOST = 2_000  # snapshots, and lines of a history
EXPECTED = "Expected the recording that *Train in your browser* gives"


@st.cache_resource(max_entries=8, show_spinner="Reading the recording …")
def uploaded_recording(upload: str, _content: Callable[[], bytes]) -> RecordedRun:
    """upload: Streamlit's id of the file. Raises ValueError, which says what does not fit."""
    from stn_core.checkpoints import load_tensors
    from stn_core.experiments import BROWSER
    from stn_core.runs.records import RecordedRun, Snapshot

    with uploaded_file(_content) as file:
        tensors, header = load_tensors(file, "the file")
    experiment = BROWSER.get(str(header.get("experiment")))
    if experiment is None:
        raise ValueError(f"the file names no network of a browser. {EXPECTED}")
    arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
    _check(arrays, experiment)
    count, probes = len(arrays["step"]), len(arrays["labels"])
    theta = arrays.get("theta", np.zeros((count, probes, 0, 0), np.float32))
    means = arrays.get("mean_output", np.zeros((count, 0, 0, 0, 0), np.uint8))
    rows = zip(arrays["step"], theta, arrays["logits"], means, arrays["measure"], strict=True)
    snapshots = [
        Snapshot(int(step), at, logits, mean, float(measure), np.zeros((0, 0)))
        for step, at, logits, mean, measure in rows
    ]
    description = {
        "experiment": experiment.name,
        "seed": str(header.get("seed")),
        "started": str(header.get("started")),
        "settings": _settings(header.get("settings", [])),
    }
    history = [_step(line) for line in _lines(header.get("history"))]
    return RecordedRun(description, history, arrays["probes"], arrays["labels"], snapshots)


def _check(arrays: dict[str, np.ndarray], experiment: Experiment) -> None:
    """Raise ValueError unless all arrays are there, of their kinds and shapes, and make sense."""
    from stn_core.training.probes import MEAN_CLASSES

    count, probes = (len(arrays.get(name, ())) for name in ("step", "labels"))
    if not 0 < count <= MOST or not 0 < probes <= experiment.data.classes:
        raise ValueError(f"the file has {count} steps of {probes} digits. {EXPECTED}")
    image = experiment.data.image_shape
    expected: dict[str, tuple[str, tuple[int, ...]]] = {
        "step": ("int32", (count,)),
        "labels": ("int32", (probes,)),
        "measure": ("float32", (count,)),
        "logits": ("float32", (count, probes, experiment.data.classes)),
        "probes": ("uint8", (probes, *image)),
    }
    if experiment.network.transform is not None:
        params = experiment.network.transform.num_params
        expected["theta"] = ("float32", (count, probes, 1, params))
        expected["mean_output"] = ("uint8", (count, len(MEAN_CLASSES), *image))
    for name, (kind, shape) in expected.items():
        array = arrays.get(name)
        if array is None or array.dtype != kind or array.shape != shape:
            has = "nothing" if array is None else f"{array.dtype} {array.shape}"
            raise ValueError(f"the file's {name} should be {kind} {shape}, got {has}. {EXPECTED}")
        if not np.isfinite(array).all():
            raise ValueError(f"the file's {name} has NaN or infinite entries. {EXPECTED}")
    steps, labels = arrays["step"], arrays["labels"]
    if steps[0] < 0 or (np.diff(steps) <= 0).any():
        raise ValueError(f"the file's steps do not grow. {EXPECTED}")
    if labels.min() < 0 or labels.max() >= experiment.data.classes:
        raise ValueError(f"the file's labels are no classes. {EXPECTED}")


def _lines(history: Any, what: str = "history") -> list:
    if not isinstance(history, list) or len(history) > MOST:
        raise ValueError(f"the file has no {what} of at most {MOST:,} lines. {EXPECTED}")
    return history


def _settings(given: Any) -> list[tuple[int, Settings]]:
    """The settings, each with its first step. Raises ValueError for what are none."""
    changes = []
    for line in _lines(given, "settings"):
        step = line.get("step") if isinstance(line, dict) else None
        if type(step) is not int or step < (changes[-1][0] + 1 if changes else 0):
            raise ValueError(f"the file's settings are damaged. {EXPECTED}")
        try:
            changes.append((step, told(line.get("settings"))))
        except ValueError as error:
            raise ValueError(f"the file's settings are damaged: {error}. {EXPECTED}") from None
    return changes


def _step(line: Any) -> Step:
    """A line of the history. Raises ValueError for one that is none."""
    from stn_core.runs.records import Step

    names = ("step", "loss", "learning_rate", "seconds")
    values = [line.get(name) if isinstance(line, dict) else None for name in names]
    if not all(type(v) in (int, float) and math.isfinite(v) and abs(v) < 1e12 for v in values):
        raise ValueError(f"a line of the file's history is damaged. {EXPECTED}")
    step, loss, rate, seconds = values
    return Step(int(step), float(loss), {}, float(rate), {}, float(seconds))
