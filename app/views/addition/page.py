"""MNIST addition: two transformers that divide the work between them (App. A.1, Table 4)."""

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
from app.panels.predictions import Prediction
from app.panels.replay import replay_panel
from app.panels.results import results_panel
from app.panels.skipped import skipped_runs
from app.panels.training_form import training_form
from app.panels.training_panel import Watching, recording, training_panel
from app.tables import TABLES
from app.views.addition import (
    choices,
    division,
    partings,
    stages,
    strips,
)
from app.views.addition.explorer import EXPLORER
from app.views.addition.questions import QUESTIONS
from app.views.addition.shown import Shown, move, show

HALF = 0.5  # a probability below it is a guess


def is_lost(prediction: Prediction, label: int) -> bool:
    """Whether a network does not read the sum any more: wrong, or right by a guess."""
    sure = prediction.trace.logits[0].softmax(0)[label].item()
    return prediction.answer != label or sure < HALF


@st.fragment
def explore(shown: Shown) -> None:
    """The stages on the left, what the networks say of them on the right."""
    reports = stages.reports_of(shown)
    moved = move(shown, reports)
    left, right = st.columns([1.6, 1], gap="medium")
    with left:
        for index, loaded in enumerate(shown.staged):
            stages.sum_stage(shown, moved, index)
            if loaded:
                division.heading(loaded)
    lost = (p.by_hand and is_lost(p, shown.label) for p in moved.predictions)
    st.session_state["sum:misread"] = any(lost)  # the tour waits for it
    with right:
        if moved.predictions:
            rows = [p.verdict(stages.note(shown, p)) for p in moved.predictions]
            shades = theme.colours_of(shown.networks)
            said = verdicts.verdicts_data(
                rows,
                shown.label,
                shades,
                group=shown.token,
                article=False,
                each="each sum",
                headline=shown.equation,
            )
            verdicts.verdicts(said)
            downloads(rows, shown.label)
        else:
            st.info(
                "No network has been trained here yet. Switch from *Explore* to *Train* and start "
                "one."
            )
        if transformed := [n for n in shown.networks if n.network.transformer]:
            division.division(transformed)
            with st.expander("Parameters θ: ideal and predicted"):
                stages.theta_table(shown, moved)


view, row = choices.choose_view()
if view == "Train":
    form, runs = st.columns([1, 2.4], gap="large")
    with form:
        training_form(choices.PREFIX, "2st-fcn-aff")
    with runs:
        training_panel(
            choices.PREFIX, Watching(show=recording, measured="error on sums of held-out digits")
        )
elif view == "Replay":
    replay_panel(choices.PREFIX, choices.FIRST_CHOICES[0])
elif view == "Results":
    results_panel(TABLES["addition"], EXPLORER)
    partings.partings()
else:
    with row:
        predict.ask("addition", QUESTIONS)
    choosing, figure = beside_the_stage()
    with choosing:
        choice = choices.choose()
    networks = [n for key in choice.networks if (n := transformers.load(key, choices.PREFIX))]
    shown = show(choice, networks)
    with figure:
        explore(shown)
    verdicts.send_networks(networks)
    strips.further_sums(shown)
    st.caption(
        "All digits come from the gallery: the first 100 of each class of MNIST's training set. No "
        f"network here was trained on them. {gallery.digits_notice()}"
    )

if view != "Results":
    skipped_runs()
