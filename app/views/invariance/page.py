"""How far does the invariance go? Errors and predicted poses far beyond the range of training."""

from __future__ import annotations

import streamlit as st

from app.data import invariance
from app.data.faults import reason
from app.views.invariance import choices, curves, digits, words


def show(recording, outdated: list[str], axis_name: str) -> None:
    """Curves, digits at a point of them, and predicted poses."""
    axis = recording.axis(axis_name)
    left, right = st.columns([2, 1], gap="large")
    with left:
        chart = st.container()
        names = choices.choose_networks(recording)
    with right:
        value = choices.choose_value(recording, axis)
    choice = words.Choice(recording=recording, axis=axis, networks=names, value=value)
    with chart:
        curves.errors(choice)
    with right:
        said = f"<div aria-live='polite'>\n\n{words.sentence(choice)}\n\n</div>"
        st.markdown(said, unsafe_allow_html=True)
        st.markdown(words.reaches(choice))
        writer = choices.choose_writer()
    digits.show_digits(choice, writer)
    curves.poses(choice)
    curves.provenance(recording, outdated)
    curves.take_away(recording)


column, varied = choices.choose_column()
try:
    recorded = invariance.recorded_invariance(column)
except (ValueError, OSError) as error:
    st.error(f"This recording cannot be read: {reason(error)}")
else:
    if recorded is None:
        st.info(
            f"Nothing has been measured for {column.split('/')[1].upper()} yet. Run `python -m "
            f"stn_core invariance {column}`."
        )
    else:
        show(*recorded, varied)
