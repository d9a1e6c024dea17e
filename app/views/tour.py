"""The guided tour: its stops, how far one has come, and the closing questions."""

from __future__ import annotations

import streamlit as st

st.title("Guided tour", anchor=False)
st.markdown(
    "Ten stops, a minute each: every one opens a page, says what to do, and waits for it. Nothing "
    "is assumed but that you know what a convolutional network is. The address keeps how far you "
    "have come: it can be a bookmark."
)

from tour_panel import anchor, link, questions, stops  # noqa: E402

st.markdown(f"**{anchor('Start with stop 1 →', link(1))}**", unsafe_allow_html=True)
stops()
questions()
