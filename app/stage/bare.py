"""What every page has of the browser component: its keys, its playlist, and one entry in the
history."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.stage.component import mount

RUNS = "keys:runs"


def bare(pages: Mapping[str, str], fields: Mapping[str, str]) -> None:
    """Nothing that is to be seen, but for the playlist.

    pages: the titles of all pages, by name, of which any can be pinned; fields: of the address with
    which this run has begun.
    """
    st.session_state[RUNS] = st.session_state.get(RUNS, 0) + 1
    data = {"layout": "bare", "token": "keys", "pages": dict(pages), "fields": dict(fields)}
    mount(key="keys", data=data | {"run": st.session_state[RUNS]})
