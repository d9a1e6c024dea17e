"""What is made of a visitor's pictures, each made once: a page asks for it at every rerun."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import streamlit as st

from app.data import pictures

MAX_REMEMBERED = 600  # at most 150 kB each
MAX_SET_PIXELS = 200_000_000  # decoded for one set of pictures: ten seconds of a core at most


def made(make: Callable[..., np.ndarray], content: bytes, *sides: int) -> np.ndarray:
    """What a function of ``pictures`` makes of a file's content. Raises PictureError."""
    found = _made(make.__name__, content, sides)
    if isinstance(found, str):
        raise pictures.PictureError(found)
    return found


def count_within_bounds(contents: Iterable[bytes], side: int) -> int:
    """How many of a set's pictures, from the first, are decoded of MAX_SET_PIXELS at most."""
    pixels = count = 0
    for content in contents:
        pixels += pictures.decoded_pixels(content, side)
        if pixels > MAX_SET_PIXELS:
            break
        count += 1
    return count


@st.cache_data(max_entries=MAX_REMEMBERED, show_spinner=False)
def _made(name: str, content: bytes, sides: tuple[int, ...]) -> np.ndarray | str:
    """It; or why there is none, which is remembered as well."""
    try:
        return getattr(pictures, name)(content, *sides)
    except pictures.PictureError as error:
        return str(error)
