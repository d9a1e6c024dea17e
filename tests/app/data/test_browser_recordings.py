"""Recordings of a browser's trainings: taken as they are written, refused where they do not fit."""

from __future__ import annotations

import json

import numpy as np
import pytest
from safetensors.numpy import save

from app.data.browser_recordings import uploaded_recording
from app.panels.own_recording import how, is_shifted

LINE = {"step": 10, "loss": 2.3, "learning_rate": 2e-3, "seconds": 0.1}


def recording(**changes) -> bytes:
    """A file of two steps; changes: of its tensors (None: left out) and of its header."""
    header = {"experiment": "browser/r/st-fcn-aff", "seed": 1, "history": [LINE], "settings": []}
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


def test_what_was_broken_is_said():
    first = {"rate": 0.001, "degrees": 90, "family": "affine", "shifted": True, "swapped": False}
    at_12 = first | {"shifted": False, "swapped": True, "rate": 0.01}
    settings = [
        {"step": step, "settings": given}
        for step, given in ((0, first), (12, at_12), (20, at_12 | {"family": "attention"}))
    ]
    recorded = uploaded_recording("broken", lambda: recording(settings=settings))
    assert how(recorded) == (
        "Trained in a browser with seed 1: learning rate 0.001 (0.01 at the end), rotated by up to "
        "±90°, transformer affine (attention at the end). **Broken: shifted background from step 0 "
        "to 12; swapped labels from step 12 on.**"
    )
    assert not is_shifted(recorded)
    shifted = uploaded_recording("shifted", lambda: recording(settings=settings[:1]))
    assert is_shifted(shifted) and how(shifted).endswith("**Broken: shifted background.**")
    assert "Broken" not in how(uploaded_recording("of before", recording))


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
        ({"settings": [{"step": 0, "settings": {"rate": "much"}}]}, "settings are damaged: rate"),
        ({"settings": [{"step": 9, "settings": {}}] * 2}, "settings are damaged"),
    ],
    ids=lambda given: next(iter(given)) if isinstance(given, dict) else "",
)
def test_damaged_recording_is_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        uploaded_recording(repr(changes), lambda: recording(**changes))
