"""A field for a file, which keeps its file while other pages are looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from app.data.plain import plain

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile


def kept_file(key: str) -> UploadedFile | None:
    """The file that was given to the field of this key, until it is closed or the tab is."""
    return st.session_state.get(_slot(key))


def upload(
    label: str, types: Sequence[str], *, key: str, help: str | None = None, bare: bool = False
) -> UploadedFile | None:
    """A field for a file, or the file that it was given before the page was left.

    key: of the field; bare: without its label.
    """

    def take() -> None:
        st.session_state[_slot(key)] = st.session_state[key]

    def close() -> None:
        st.session_state[_slot(key)] = None

    given = st.file_uploader(
        label, types, key=key, on_change=take, help=help,
        label_visibility="collapsed" if bare else "visible",
    )  # fmt: skip
    kept = kept_file(key)
    if given is None and kept is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"Open: {plain(kept.name)}", width="content")
            st.button(
                "Close the file", key=f"{key}-close", on_click=close,
                help="Removes the file from this page and from memory",
            )  # fmt: skip
    return kept


def _slot(key: str) -> str:
    return f"{key}:kept"
