"""What is made of a visitor's pictures, each made once: a page asks for it at every rerun."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from app.data import pictures

MAX_REMEMBERED = 600  # at most 150 kB each


def made(make: Callable[..., np.ndarray], content: bytes, *sides: int) -> np.ndarray:
    """What a function of ``pictures`` makes of a file's content. Raises PictureError."""
    found = _made(make.__name__, content, sides)
    if isinstance(found, str):
        raise pictures.PictureError(found)
    return found


@st.cache_data(max_entries=MAX_REMEMBERED, show_spinner=False)
def _made(name: str, content: bytes, sides: tuple[int, ...]) -> np.ndarray | str:
    """It; or why there is none, which is remembered as well."""
    try:
        return getattr(pictures, name)(content, *sides)
    except pictures.PictureError as error:
        return str(error)
