"""Recordings of a browser's trainings: taken as they are written, refused where they do not fit."""

from __future__ import annotations

import json

import numpy as np
import pytest
from safetensors.numpy import save

from app.data.browser_recordings import uploaded_recording

LINE = {"step": 10, "loss": 2.3, "learning_rate": 2e-3, "seconds": 0.1}


def recording(**changes) -> bytes:
    """A file of two steps; changes: of its tensors (None: left out) and of its header."""
    header = {"experiment": "browser/r/st-fcn-aff", "seed": 1, "history": [LINE]}
    tensors = {
        "step": np.array([0, 10], np.int32),
        "labels": np.arange(8, dtype=np.int32),
        "measure": np.array([90, 80], np.float32),
        "logits": np.zeros((2, 8, 10), np.float32),
        "probes": np.zeros((8, 1, 28, 28), np.uint8),
        "theta": np.zeros((2, 8, 1, 6), np.float32),
        "mean_output": np.zeros((2, 3, 1, 28, 28), np.uint8),
    }
    header |= {name: value for name, value in changes.items() if name in header}
    tensors |= {name: value for name, value in changes.items() if name in tensors}
    kept = {name: value for name, value in tensors.items() if value is not None}
    return save(kept, {name: json.dumps(value) for name, value in header.items()})


def test_recording_is_read():
    recorded = uploaded_recording("whole", recording)
    assert [snapshot.step for snapshot in recorded.snapshots] == [0, 10]
    assert (recorded.history[0].loss, recorded.probes.shape) == (2.3, (8, 1, 28, 28))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"experiment": "distorted/r/fcn"}, "names no network of a browser"),
        ({"theta": None}, "theta should be float32"),
        ({"logits": np.zeros((2, 8, 20), np.float32)}, "logits should be float32"),
        ({"measure": np.array([np.nan, 1], np.float32)}, "measure has NaN"),
        ({"step": np.array([10, 10], np.int32)}, "steps do not grow"),
        ({"labels": np.full(8, 12, np.int32)}, "labels are no classes"),
        ({"history": [{**LINE, "loss": "much"}]}, "history is damaged"),
        ({"history": 3}, "has no history"),
    ],
    ids=lambda given: next(iter(given)) if isinstance(given, dict) else "",
)
def test_damaged_recording_is_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        uploaded_recording(repr(changes), lambda: recording(**changes))
