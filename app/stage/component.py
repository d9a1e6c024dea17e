"""The browser component itself: registered once; how it is sent arrays, and what it reports."""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import cache

import numpy as np
import streamlit as st

from app.palette import series


@cache
def _component() -> Callable:
    """Registered once, when Streamlit runs and knows where its files are."""
    return st.components.v2.component(
        "app.stage", html='<div class="stage"></div>', css="stage.css", js="index.js"
    )


def mount(*, key: str, data: dict | bytes, **callbacks: Callable):
    """The component with its data, and with what it is to play, if it was asked to
    (``play.play_next``); gives what the browser has reported. data: of a layout, or a network as
    bytes; callbacks: as Streamlit names them, ``on_report_change``."""
    play = st.session_state.get(play_key(key))
    if play and isinstance(data, dict):
        data = data | {"play": play}
    return _component()(key=key, data=data, **callbacks)


def play_key(stage: str) -> str:
    """Where the session keeps what a stage is to play, by the stage's key."""
    return f"{stage}:play"


def line_colours() -> tuple[str, ...]:
    """Of a stage's curves, in the visitor's theme."""
    return series(st.context.theme.type)


def text_of(array: np.ndarray) -> str:
    """An array's bytes as base64."""
    return base64.b64encode(np.ascontiguousarray(array)).decode()


def state_of(key: str) -> dict:
    """What the browser has sent last, if it is of the right kind."""
    state = (st.session_state.get(key) or {}).get("report")
    return state if isinstance(state, dict) else {}
