"""What a stage plays when it is asked to: from one state to another, every frame by the browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import streamlit as st

from app.stage.component import play_key

DIGITS = 5  # after the point: a thousandth of a pixel


@dataclass(frozen=True, kw_only=True)
class Play:
    """A change that a stage plays once; then it stands where that has ended.

    frames: what changes, by its name: (T, …) each, evenly in time and linear in between.
    settings: what is set at its beginning.

    - The large pair: frames ``thetas`` (T, N, P), ``poses`` (T, inputs, 6); setting ``byHand``:
      whether θ is set by a hand, and not predicted.
    - A volume: frames ``theta`` (T, 12), ``pose`` (T, 12); setting ``front``: seen from there.
    - A wall: frames ``position`` (T, 1), of the playhead; setting ``revealed``: the true boxes.
    - Transformers in depth: frames ``thetas`` (T, N, 6), ``crop`` (T, 6); setting ``byHand``.
    - Windows: frames ``thetas`` (T, N, 2), ``cover`` (T, 3); settings ``byHand``, and ``muted``, of
      all windows.
    - Labels: frames ``theta`` (T, 6); setting ``integer``: the kernel.
    """

    frames: Mapping[str, np.ndarray]
    settings: Mapping[str, bool] = field(default_factory=dict)
    seconds: float = 3.0


def play_next(stage: str, play: Play, number: str) -> None:
    """Have a stage play it when it is drawn next. stage: its key; number: of the question that
    the browser has asked, which plays the answer to its newest one, once."""
    st.session_state[play_key(stage)] = {
        "id": number,
        "frames": {
            name: np.asarray(values, np.float64).round(DIGITS).tolist()
            for name, values in play.frames.items()
        },
        "settings": dict(play.settings),
        "seconds": play.seconds,
    }
