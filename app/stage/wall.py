"""A set of images with a box on each, over an optimisation, to be replayed by the browser."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from app.palette import BOX, TRUE_BOX
from app.stage.component import line_colours, mount, state_of, text_of
from app.stage.replay import file_name
from stn_core.runs.records import RecordedRun, Step

LARGE_IMAGES = 3  # as in Fig. 4


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
    recorded = boxes.recorded
    images = recorded.probes[:, 0]  # (N, H, W)
    theta = np.stack([s.theta[:, 0] for s in recorded.snapshots]).astype(np.float32)  # (T, N, 3)
    steps = [s.step for s in recorded.snapshots]
    first = tuple(range(min(LARGE_IMAGES, len(images))))
    mount(
        key=key,
        data={
            "layout": "wall",
            "token": token,
            "called": file_name(token),
            "count": len(images),
            "inputSize": list(images.shape[1:]),
            "images": text_of(images.astype(np.uint8)),
            "thetas": text_of(theta),
            "truth": None if boxes.truth is None else text_of(boxes.truth.astype(np.float32)),
            "steps": steps,
            "history": _history(boxes),
            "first": first,
            "live": boxes.live,
            "begin": 0 if boxes.from_start else -1,
            "colours": {"box": BOX, "truth": TRUE_BOX, "series": line_colours()},
        },
        on_report_change=lambda: None,  # so that the result has it
    )
    return _reported(key, token, len(images), len(steps), first)


def _history(boxes: Boxes) -> dict[str, list[float | None]]:
    """What was logged at each snapshot's step; None where nothing was, or no finite number."""
    steps = {step.step: step for step in boxes.recorded.history}
    logged = [steps.get(snapshot.step) for snapshot in boxes.recorded.snapshots]

    def column(number: Callable[[Step], float]) -> list[float | None]:
        values = [math.nan if step is None else number(step) for step in logged]
        return [value if math.isfinite(value) else None for value in values]

    columns = {
        "loss": column(lambda step: step.loss),
        "rate": column(lambda step: step.learning_rate),
        "localisation": column(lambda step: step.gradient_norms.get("localisation", math.nan)),
    }
    if boxes.truth is not None:
        columns["localised"] = column(lambda step: step.measures.get("localised_percent", math.nan))
        columns["overlap"] = column(lambda step: step.measures.get("mean_overlap", math.nan))
    return columns


def _reported(key: str, token: str, images: int, frames: int, first: tuple[int, ...]) -> WallReport:
    """What the browser has sent last, as far as it is of this token and of the right kind."""
    state = state_of(key)
    if state.get("token") != token:
        return WallReport(frame=None, chosen=first)
    position, chosen = state.get("position"), state.get("chosen")
    is_frame = isinstance(position, int | float) and 0 <= position <= frames - 1
    are_images = (
        isinstance(chosen, list)
        and len(chosen) == len(first)
        and all(isinstance(i, int) and 0 <= i < images for i in chosen)
    )
    return WallReport(
        frame=round(position) if is_frame else None,
        chosen=tuple(chosen) if are_images else first,
    )
