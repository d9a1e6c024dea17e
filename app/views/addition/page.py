"""MNIST addition: two transformers that divide the work between them (App. A.1, Table 4)."""

from __future__ import annotations

import streamlit as st

from app.data import gallery
from app.palette import ADDERS
from app.panels import (
    transformers,
    verdicts,
)
from app.panels.downloads import downloads
from app.panels.replay import replay_panel
from app.panels.results import results_panel
from app.panels.training_form import training_form
from app.panels.training_panel import training_panel
from app.tables import TABLES
from app.views.addition import (
    choices,
    division,
    partings,
    stages,
    strips,
)
from app.views.addition.explorer import EXPLORER
from app.views.addition.shown import Shown, move, show


@st.fragment
def explore(shown: Shown) -> None:
    """The stages on the left, what the networks say of them on the right."""
    reports = stages.reports_of(shown)
    moved = move(shown, reports)
    with st.container(key="figure"):
        left, right = st.columns([1.25, 1], gap="large")
    with left:
        for index, loaded in enumerate(shown.staged):
            if loaded:
                division.heading(loaded)
            stages.sum_stage(shown, moved, index)
    wrong = (p.by_hand and p.answer != shown.label for p in moved.predictions)
    st.session_state["sum_misread"] = any(wrong)  # the tour waits for it
    with right:
        if moved.predictions:
            rows = [p.verdict(stages.note(shown, p)) for p in moved.predictions]
            verdicts.verdicts(rows, shown.label, ADDERS, article="", each="each sum")
            downloads(rows, shown.label)
        else:
            st.info(
                "No network that adds is here yet. Train one: switch from *Explore* to *Train*."
            )
        if transformed := [n for n in shown.networks if n.network.transformer]:
            division.division(transformed)
            with st.expander("θ in numbers: wanted and predicted"):
                stages.theta_table(shown, moved)


view = choices.choose_view()
if view == "Train":
    form, runs = st.columns([1, 2.4], gap="large")
    with form:
        training_form(choices.PREFIX, "2st-fcn-aff", steps=10_000)
    with runs:
        training_panel(choices.PREFIX)
elif view == "Replay":
    replay_panel(choices.PREFIX, choices.FIRST_CHOICES[0])
elif view == "Results":
    results_panel(TABLES["addition"], EXPLORER)
    partings.partings()
else:
    with st.container(key="choosing"):
        choice = choices.choose()
    networks = [n for key in choice.networks if (n := transformers.load(key, choices.PREFIX))]
    shown = show(choice, networks)
    explore(shown)
    strips.further_sums(shown)
    st.caption(
        "All digits shown are of the gallery: the first 100 of each class of MNIST's training "
        f"set, on which no network here was trained. {gallery.digits_notice()}"
    )
