"""How far does the invariance go? Errors and predicted poses far beyond the range of training."""

from __future__ import annotations

import streamlit as st

from app.data import (
    invariance,
)
from app.views.invariance import (
    curves,
    words,
)


def show(recording, outdated: list[str], axis_name: str) -> None:
    """Curves, digits at a point of them, and predicted poses."""
    axis = recording.axis(axis_name)
    names = curves.choose_networks(recording)
    left, right = st.columns([2, 1], gap="large")
    with right:
        value = curves.choose_value(recording, axis)
    chosen = words.Chosen(recording=recording, axis=axis, networks=names, value=value)
    with left:
        curves.errors(chosen)
    with right:
        st.markdown(words.sentence(chosen))
        st.markdown(words.reaches(chosen))
        digits = curves.choose_writer()
    curves.digits_there(chosen, digits)
    curves.poses(chosen)
    curves.provenance(recording, outdated)
    curves.take_away(recording)


column, varied = curves.choose_column()
try:
    found = invariance.recorded_invariance(column)
except ValueError as error:
    st.error(f"This recording cannot be shown: {error}")
else:
    if found is None:
        st.info(
            f"Nothing has been measured for {column.split('/')[1].upper()} yet. "
            f"`python -m stn_core invariance {column}` does it, with a progress bar."
        )
    else:
        show(*found, varied)
