"""The palette of the visitor's theme."""

from __future__ import annotations

import streamlit as st

from app.palette import Palette, palette


def colours() -> Palette:
    """The palette of the visitor's theme."""
    return palette(st.context.theme.type)
