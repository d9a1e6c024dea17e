"""How far does the invariance go? Errors and predicted poses far beyond the range of training."""

from __future__ import annotations

import streamlit as st

st.title("Invariance: how far?", anchor=False)
st.markdown(
    "Each network was trained with digits turned, scaled or moved **within a range**, which is "
    "shaded below. What happens beyond it? One thing is varied at a time, for all networks on the "
    "same digits."
)

from app import loading  # noqa: E402  after the title: the modules below import torch

loading.warm_up()

from app import invariance_panel as panel  # noqa: E402
from app import invariance_words as words  # noqa: E402


def show(recording, outdated: list[str], axis_name: str) -> None:
    """Curves, digits at a point of them, and predicted poses."""
    axis = recording.axis(axis_name)
    names = panel.choose_networks(recording)
    left, right = st.columns([2, 1], gap="large")
    with right:
        value = panel.choose_value(recording, axis)
    chosen = words.Chosen(recording=recording, axis=axis, networks=names, value=value)
    with left:
        panel.errors(chosen)
    with right:
        st.markdown(words.sentence(chosen))
        st.markdown(words.reaches(chosen))
        digits = panel.choose_writer()
    panel.digits_there(chosen, digits)
    panel.poses(chosen)
    panel.provenance(recording, outdated)
    panel.take_away(recording)


column, varied = panel.choose_column()
try:
    found = loading.invariance(column)
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
