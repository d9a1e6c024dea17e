"""MNIST addition: two transformers that divide the work between them (App. A.1, Table 4)."""

from __future__ import annotations

import streamlit as st

from app.data import (
    gallery,
    sums,
)
from app.data.networks import LoadedNetwork, run_network
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


@st.fragment
def explore(chosen: choices.Sum, networks: list[LoadedNetwork]) -> None:
    """The stages on the left, what the networks say of them on the right."""
    shown = choices.example(chosen)
    movables = sums.movables(shown, chosen.digits, chosen.drawn)
    truth = int(shown.labels[0])
    staged = [n for n in networks if n.network.transformer] or [None]
    hands = stages.hands_on(staged, chosen)
    newest = max(hands, key=lambda report: report.serial)
    poses = newest.poses
    images = shown.images if poses is None else sums.render_channels(movables, poses)
    with st.container(key="figure"):
        left, right = st.columns([1.25, 1], gap="large")
    with left:
        for index, loaded in enumerate(staged):
            if loaded:
                division.heading(loaded)
            own = run_network(loaded, images, *choices.held(loaded, chosen)) if loaded else None
            stages.sum_stage(
                loaded,
                shown,
                movables,
                transformers.thetas_of(own) if own else None,
                chosen,
                index,
                adopted=None
                if hands[index] is newest
                else poses or [m.pose.tolist() for m in movables],
                compact=len(staged) > 1,
            )
    rows, thetas, misread = [], {}, False
    for loaded in networks:
        report = hands[staged.index(loaded)] if loaded in staged else None
        hand = (report and report.thetas) or choices.held(loaded, chosen)
        found = run_network(loaded, images, *hand)
        rows.append(
            verdicts.Verdict(
                loaded=loaded,
                probabilities=found.logits[0].softmax(0).numpy(),
                note=stages.note(loaded, chosen, report),
                brightest=found.classifier_input.max().item(),
            )
        )
        misread |= bool(report and report.thetas) and int(found.logits.argmax()) != truth
        if found.warps:
            thetas[loaded.title] = transformers.thetas_of(found)
    st.session_state["sum_misread"] = misread  # with a grid held by hand: the tour waits for it
    with right:
        if rows:
            verdicts.verdicts(rows, truth, ADDERS, article="", each="each sum")
            downloads(rows, truth)
        else:
            st.info(
                "No network that adds is here yet. Train one: switch from *Explore* to *Train*."
            )
        if thetas:
            division.division([n for n in networks if n.network.transformer])
            with st.expander("θ in numbers: wanted and predicted"):
                stages.theta_table(shown, thetas, poses)


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
        chosen = choices.choose()
    networks = [n for key in chosen.networks if (n := transformers.load(key, choices.PREFIX))]
    explore(chosen, networks)
    strips.further_sums(chosen, networks)
    st.caption(
        "All digits shown are of the gallery: the first 100 of each class of MNIST's training "
        f"set, on which no network here was trained. {gallery.digits_notice()}"
    )
