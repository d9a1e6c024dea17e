"""The guided tour: its stops, how far one has come, and the closing questions."""

from __future__ import annotations

import streamlit as st

st.title("Guided tour", anchor=False)
st.markdown(
    "Eleven stops, a minute each: every one opens a page, says what to do, and waits for it. You "
    "need to know what a convolutional network is, and nothing else. The address keeps how far you "
    "have come: it can be a bookmark."
)

from app.frame.stops import STOPS  # noqa: E402
from app.frame.tour import anchor, finished, link, questions, stops  # noqa: E402

ended = len(finished()) == len(STOPS)
if ended:
    questions()
else:
    st.markdown(f"**{anchor('Start with stop 1 →', link(1))}**", unsafe_allow_html=True)
stops()
if not ended:
    questions()
