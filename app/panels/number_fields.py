"""Fields for numbers: any can be typed, and one that cannot be taken is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from app.panels.numbers import NumberError

T = TypeVar("T")


class Fields:
    """Text fields of the address that hold numbers. problems: what is wrong with those typed."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def read(self, name: str, first: object, key: str, words: str, read: Callable[[str, str], T]):
        """The number in a field; None of one that cannot be taken."""
        text = st.text_input(name, str(first), key=key, bind="query-params", help=words)
        try:
            return read(name, text or "")
        except NumberError as error:
            self.problems.append(str(error))
            return None
