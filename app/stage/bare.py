"""What every page has of the browser component: its keys, its playlist, and one entry in the
history."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.stage.component import mount

RUNS = "keys:runs"


def bare(page: str, pages: Mapping[str, str], fields: Mapping[str, str]) -> None:
    """Nothing that is to be seen, but for the playlist.

    page: its name; pages: the titles of all pages, by name, of which any can be pinned; fields: of
    the address with which this run has begun.
    """
    st.session_state[RUNS] = st.session_state.get(RUNS, 0) + 1
    data = {"layout": "bare", "token": "keys", "run": st.session_state[RUNS]}
    mount(key="keys", data=data | {"name": page, "pages": dict(pages), "fields": dict(fields)})
