"""A sheet of 28×28 pixels to draw on, in MNIST's manner: white on black, with a soft brush; and a
field to paste a picture into.

It imports nothing of the app; ``panels`` and ``views`` import it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from functools import cache

import numpy as np
import streamlit as st

SIDE = 28
MAX_PASTED_CHARS = 2_000_000  # of base64; the browser sends at most 512 × 512 pixels


@cache
def _component() -> Callable:
    """The component, registered once, when Streamlit runs and knows where its files are."""
    return st.components.v2.component(
        "app.sketch", html='<div class="sketch"></div>', css="sketch.css", js="sketch.js"
    )


def sketch(*, key: str) -> np.ndarray | None:
    """What the visitor has drawn: uint8 (28, 28); None while the sheet is empty."""
    result = _component()(key=key, data={"side": SIDE}, on_drawn_change=lambda: None)
    return decoded(result.drawn)


def decoded(text: object) -> np.ndarray | None:
    """The pixels that a browser has sent, if they are such: base64 of 28·28 bytes."""
    try:
        values = np.frombuffer(base64.b64decode(text, validate=True), np.uint8)
    except (TypeError, ValueError, binascii.Error):
        return None
    if values.size != SIDE * SIDE or not values.any():
        return None
    return values.reshape(SIDE, SIDE)


def pasted(*, key: str) -> bytes | None:
    """The PNG file of a picture that the visitor has pasted or dropped; None as long as none."""
    result = _component()(key=key, data={"paste": True}, on_pasted_change=lambda: None)
    return decoded_file(result.pasted)


def decoded_file(text: object) -> bytes | None:
    """The file that a browser has sent, if it is base64 of no more than a picture takes."""
    if not isinstance(text, str) or len(text) > MAX_PASTED_CHARS:
        return None
    try:
        return base64.b64decode(text, validate=True) or None
    except binascii.Error:
        return None
