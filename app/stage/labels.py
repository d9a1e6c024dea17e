"""Why labels are enough: a classifier's loss over θ, its gradient, and the way down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.palette import BRIGHTER, CORNER, DARKER, GRIDS, LANDSCAPE
from app.stage.component import state_of, text_of
from app.stage.page_file import PageFile, mount_with_file
from app.stage.story import RunningNetwork


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What is looked at. image: U, uint8 (H, W); label: its class; start: θ at first, "identity" or
    "network"."""

    network: RunningNetwork
    image: np.ndarray
    label: int
    start: str


def labels(shown: Judged, *, key: str, token: str, file: PageFile | None = None) -> dict:
    """Draw it; the browser runs the network forwards and backwards. token: names what is shown;
    file: the page to take away.

    Gives the θ (6,) where the hand or the descent has come to rest, its loss, and after how many
    steps; empty as long as nothing was done.
    """
    mount_with_file(
        key=key,
        file=file,
        data={
            "layout": "labels",
            "token": token,
            "network": shown.network.payload(),
            "image": text_of(shown.image.astype(np.uint8)),
            "label": shown.label,
            "start": shown.start,
            "colours": {
                "corner": CORNER,
                "grid": GRIDS[0],
                "ramp": LANDSCAPE,
                "up": BRIGHTER,
                "down": DARKER,
            },
        },
        on_report_change=lambda: None,  # so that the session has it
    )
    state = state_of(key)
    return state if state.get("token") == token else {}
