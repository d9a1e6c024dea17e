"""Everything that is not as printed, by the paper's sections, from the marks in the code."""

from __future__ import annotations

import streamlit as st

from app.panels import departures
from app.views.faithful import EVERY
from stn_core.departures import KINDS

chosen = st.segmented_control(
    "Show",
    [EVERY, *KINDS.values()],
    default=EVERY,
    required=True,
    key="kind",
    bind="query-params",
    persist_state="session",
    label_visibility="collapsed",
)
for section, marks in departures.sections().items():
    shown = [one for one in marks if chosen in (EVERY, KINDS[one[1].kind])]
    if shown:
        st.header(section.replace("Sect.", "Section").replace("App.", "Appendix"), anchor=False)
        st.html(departures.table(shown))
st.caption(
    "The marks are in the code, next to what they describe, and take their settings from it. "
    "`python -m stn_core departures` prints them."
)
