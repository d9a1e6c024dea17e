"""The guided tour: its stops, how far one has come, and the closing questions."""

from __future__ import annotations

import streamlit as st

from app.frame.stops import STOPS
from app.frame.tour import anchor, finished, link, questions, stops, summary

ended = len(finished()) == len(STOPS)
if ended:
    summary()
    questions()
else:
    st.markdown(f"**{anchor('Start with stop 1 →', link(1))}**", unsafe_allow_html=True)
stops()
if not ended:
    questions()
