"""The training's settings in the address, so that a link gives a changed run again."""

from __future__ import annotations

import streamlit as st

from app.data.browser_settings import FIELDS, Settings, fields_of, linked, told
from app.frame import links

KEPT = "learn:settings"  # while other pages are looked at, too


def settings() -> Settings:
    """What the link asks for, or what was set since then."""
    if KEPT not in st.session_state:
        st.session_state[KEPT], refused = linked(st.query_params.to_dict())
        for name, value in refused.items():
            links.refuse(name, value, "the page without it")
    return st.session_state[KEPT]


def remember(given: object) -> None:
    """Put into the address what the browser has told; None: nothing yet."""
    if given is not None:
        try:
            st.session_state[KEPT] = told(given)
        except ValueError:
            return
    fields = fields_of(st.session_state[KEPT])
    for name in FIELDS:
        if name in fields and st.query_params.get(name) != fields[name]:
            st.query_params[name] = fields[name]
        elif name not in fields and name in st.query_params:
            del st.query_params[name]
