"""Distorted MNIST: two networks on one digit; and trainings (Sect. 4.1, App. A.4, Table 1)."""

from __future__ import annotations

import streamlit as st

from app.data import gallery
from app.frame import predict
from app.panels import (
    theme,
    transformers,
    verdicts,
)
from app.panels.arrangement import beside_the_stage
from app.panels.downloads import downloads
from app.panels.replay import replay_panel
from app.panels.results import results_panel
from app.panels.skipped import skipped_runs
from app.panels.training_form import training_form
from app.panels.training_panel import training_panel
from app.tables import TABLES
from app.views.distorted import (
    charts,
    choices,
    poses,
    stages,
    strips,
)
from app.views.distorted.explorer import EXPLORER
from app.views.distorted.questions import QUESTIONS
from app.views.distorted.shown import Shown, move, show


@st.fragment
def explore(shown: Shown) -> None:
    """The stages on the left, what the networks say of them on the right."""
    reports = stages.reports_of(shown)
    moved = move(shown, reports)
    left, right = st.columns([1.6, 1], gap="medium")
    with left:
        stage = st.container()
        turning = choices.choose_turning()
    rows = [p.verdict() for p in moved.predictions]
    shades = theme.colours_of(shown.networks)
    said = verdicts.verdicts_data(rows, shown.label, shades, group=shown.token) if rows else None
    with stage:
        for index, loaded in enumerate(shown.staged):
            if len(shown.staged) > 1 and loaded:
                st.markdown(f"**{loaded.title}**")
            stages.network_stage(shown, moved, said, index, turning=turning)
    with right:
        if said:
            verdicts.verdicts(said)
            downloads(rows, shown.label)
        else:
            st.info(
                f"No network for {shown.distortion} has been trained here yet. Choose RTS or TC, "
                "or switch from *Explore* to *Train*."
            )
        poses.pose_table(shown, moved)


view, distortion, row = choices.choose_view()
prefix = f"distorted/{distortion.lower()}/"
if view == "Train":
    form, runs = st.columns([1, 2.4], gap="large")
    with form:
        training_form(prefix, "st-fcn-aff")
    with runs:
        training_panel(prefix)
elif view == "Replay":
    replay_panel(prefix, "st-cnn-aff")
elif view == "Results":
    results_panel(TABLES["distorted"], EXPLORER, distortion.lower())
else:
    with row:
        predict.ask("distorted", QUESTIONS)
    choosing, figure = beside_the_stage()
    with choosing:
        choice = choices.choose(distortion)
    networks = [n for key in choice.networks if (n := transformers.load(key, prefix))]
    shown = show(choice, networks)
    with figure:
        explore(shown)
    verdicts.send_networks(networks)
    strips.digit_strip(shown)
    st.caption(
        "All digits come from the gallery: the first 100 of each class of MNIST's training set. No "
        f"network here was trained on them. {gallery.digits_notice()}"
    )
    if networks:
        charts.many_digits(shown)

if view != "Results":
    skipped_runs()
