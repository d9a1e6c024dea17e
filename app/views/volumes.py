"""Three dimensions: a digit in a volume, turned to face the classifier (App. A.3, Fig. 5)."""

from __future__ import annotations

import streamlit as st

st.title("Three dimensions", anchor=False)
st.markdown(
    "A digit stands somewhere in a **volume**, its face turned away. A 3D spatial transformer "
    "reads a box of it, the box is **summed along its depth** to a flat picture, and a network "
    "classifies that. Nobody tells the transformer where the digit is, nor how it stands."
)

from app import loading  # noqa: E402  after the title: the modules below import torch

loading.warm_up()

from app import (  # noqa: E402
    panels,
    volume_panels,
    volume_replay,
)
from app.results_panel import results_panel  # noqa: E402
from app.training_form import training_form  # noqa: E402
from app.training_panel import Watching, training_panel  # noqa: E402

view = volume_panels.choose_view()
if view == "Train":
    form, runs = st.columns([1, 2.4], gap="large")
    with form:
        training_form(volume_panels.PREFIX, "st-cnn-aff", steps=2_000)
    with runs:
        training_panel(volume_panels.PREFIX, Watching(show=volume_replay.recording))
elif view == "Replay":
    volume_replay.replay()
elif view == "Results":
    results_panel("volumes")
else:
    with st.container(key="choosing"):
        chosen = volume_panels.choose()
    prefix = volume_panels.PREFIX
    networks = [n for key in chosen.networks if (n := panels.load(key, prefix))]
    volume_panels.explore(chosen, networks)
    volume_panels.further(chosen, networks)
    st.caption(
        "All digits shown are of the gallery: the first 100 of each class of MNIST's training "
        f"set, on which no network here was trained. {loading.digits_notice()}"
    )
