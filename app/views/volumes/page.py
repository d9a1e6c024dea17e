"""Three dimensions: a digit in a volume, turned to face the classifier (App. A.3, Fig. 5)."""

from __future__ import annotations

import streamlit as st

from app.data import gallery
from app.frame import predict
from app.panels import transformers
from app.panels.arrangement import beside_the_stage
from app.panels.results import results_panel
from app.panels.skipped import skipped_runs
from app.panels.training_form import training_form
from app.panels.training_panel import Watching, training_panel
from app.tables import TABLES
from app.views.volumes import (
    choices,
    explore,
    replay,
)
from app.views.volumes.explorer import EXPLORER
from app.views.volumes.questions import QUESTIONS
from app.views.volumes.shown import show

view, row = choices.choose_view()
if view == "Train":
    form, runs = st.columns([1, 2.4], gap="large")
    with form:
        training_form(choices.PREFIX, "st-cnn-aff")
    with runs:
        training_panel(choices.PREFIX, Watching(show=replay.recording))
elif view == "Replay":
    replay.replay()
elif view == "Results":
    results_panel(TABLES["volumes"], EXPLORER)
else:
    with row:
        predict.ask("volumes", QUESTIONS)
    choosing, figure = beside_the_stage()
    with choosing:
        choice = choices.choose()
    networks = [n for key in choice.networks if (n := transformers.load(key, choices.PREFIX))]
    shown = show(choice, networks)
    with figure:
        explore.explore(shown)
    explore.further(shown)
    st.caption(
        "All digits come from the gallery: the first 100 of each class of MNIST's training set. No "
        f"network here was trained on them. {gallery.digits_notice()}"
    )

if view != "Results":
    skipped_runs()
