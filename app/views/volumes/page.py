"""Three dimensions: a digit in a volume, turned to face the classifier (App. A.3, Fig. 5)."""

from __future__ import annotations

import streamlit as st

st.title("Three dimensions", anchor=False)
st.markdown(
    "A digit stands somewhere in a **volume**, its face turned away. A 3D spatial transformer "
    "reads a box of it, the box is **summed along its depth** to a flat picture, and a network "
    "classifies that. Nobody tells the transformer where the digit is, nor how it stands."
)

from app.data import loading  # noqa: E402  after the title: the modules below import torch

loading.warm_up()

from app.panels import verdicts  # noqa: E402
from app.panels.results import results_panel  # noqa: E402
from app.training.form import training_form  # noqa: E402
from app.training.panel import Watching, training_panel  # noqa: E402
from app.views.volumes import explore, replay  # noqa: E402

view = explore.choose_view()
if view == "Train":
    form, runs = st.columns([1, 2.4], gap="large")
    with form:
        training_form(explore.PREFIX, "st-cnn-aff", steps=2_000)
    with runs:
        training_panel(explore.PREFIX, Watching(show=replay.recording))
elif view == "Replay":
    replay.replay()
elif view == "Results":
    results_panel("volumes")
else:
    with st.container(key="choosing"):
        chosen = explore.choose()
    prefix = explore.PREFIX
    networks = [n for key in chosen.networks if (n := verdicts.load(key, prefix))]
    explore.explore(chosen, networks)
    explore.further(chosen, networks)
    st.caption(
        "All digits shown are of the gallery: the first 100 of each class of MNIST's training "
        f"set, on which no network here was trained. {loading.digits_notice()}"
    )
