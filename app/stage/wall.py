"""A set of images with a box on each, over an optimisation, to be replayed by the browser."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from stn_core.runs import RecordedRun

from palette import BOX, SERIES, TRUE_BOX
from stage import component, text_of

LARGE = 3  # images, as in Fig. 4


@dataclass(frozen=True, kw_only=True)
class Boxes:
    """An optimisation of boxes. truth: θ of Attention (N, 3), None where it is not known; live:
    it still runs; from_start: the playhead begins at step 0."""

    recorded: RecordedRun
    truth: np.ndarray | None
    live: bool = False
    from_start: bool = False


@dataclass(frozen=True, kw_only=True)
class WallReport:
    """What the visitor has done. frame: where the playhead rests, None before it has been moved;
    chosen: the images that are large, the last one that was clicked first."""

    frame: int | None
    chosen: tuple[int, ...]


def wall(boxes: Boxes, *, key: str, token: str) -> WallReport:
    """All images, three of them large, with the boxes of the step where the playhead stands.

    token names the optimisation; a new one starts anew.
    """
    found = boxes.recorded
    images = found.probes[:, 0]  # (N, H, W)
    theta = np.stack([s.theta[:, 0] for s in found.snapshots]).astype(np.float32)  # (T, N, 3)
    by_step = {step.step: step for step in found.history}
    steps = [s.step for s in found.snapshots if s.step in by_step]
    told = [by_step[step] for step in steps]
    first = tuple(range(min(LARGE, len(images))))
    component()(
        key=key,
        data={
            "layout": "wall",
            "token": token,
            "count": len(images),
            "inputSize": list(images.shape[1:]),
            "images": text_of(images.astype(np.uint8)),
            "thetas": text_of(theta[: len(steps)]),
            "truth": None if boxes.truth is None else text_of(boxes.truth.astype(np.float32)),
            "steps": steps,
            "history": {
                "loss": [step.loss for step in told],
                "localised": [step.measures.get("localised_percent", 0.0) for step in told],
                "overlap": [step.measures.get("mean_overlap", 0.0) for step in told],
            },
            "first": first,
            "live": boxes.live,
            "begin": 0 if boxes.from_start else -1,
            "colours": {"box": BOX, "truth": TRUE_BOX, "series": SERIES},
        },
        on_report_change=lambda: None,  # so that the result has it
    )
    return _reported(key, token, len(images), len(steps), first)


def _reported(key: str, token: str, images: int, frames: int, first: tuple[int, ...]) -> WallReport:
    """What the browser has sent last, as far as it is of this token and of the right kind."""
    state = (st.session_state.get(key) or {}).get("report")
    if not isinstance(state, dict) or state.get("token") != token:
        return WallReport(frame=None, chosen=first)
    position, chosen = state.get("position"), state.get("chosen")
    at = isinstance(position, int | float) and 0 <= position <= frames - 1
    are = (
        isinstance(chosen, list)
        and len(chosen) == len(first)
        and all(isinstance(i, int) and 0 <= i < images for i in chosen)
    )
    return WallReport(frame=round(position) if at else None, chosen=tuple(chosen) if are else first)
