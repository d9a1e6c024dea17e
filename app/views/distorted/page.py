"""Distorted MNIST: two networks on one digit; and trainings (Sect. 4.1, App. A.4, Table 1)."""

from __future__ import annotations

import streamlit as st

from app.data import (
    examples,
    gallery,
)
from app.data.networks import LoadedNetwork, run_network
from app.panels import (
    theme,
    transformers,
    verdicts,
)
from app.panels.downloads import downloads
from app.panels.replay import replay_panel
from app.panels.results import results_panel
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


@st.fragment
def explore(choice: choices.Choice, networks: list[LoadedNetwork]) -> None:
    """The stages on the left, what the networks say of them on the right."""
    chosen = (choice.experiment_name, choice.digit, choice.seed, choice.drawn)
    example, moved = examples.example(*chosen), examples.movable(*chosen)
    truth = int(example.labels[0])
    staged = [n for n in networks if n.network.transformer] or [None]
    hands = stages.hand_on(staged, choice)
    newest = max(hands, key=lambda report: report.serial)
    pose = newest.poses and newest.poses[0]
    images = example.images if pose is None else examples.render(moved, pose)
    with st.container(key="figure"):
        left, right = st.columns([1.25, 1], gap="large")
    with left:
        sweep = choices.choose_sweep()
        for index, loaded in enumerate(staged):
            if len(networks) > 1 and loaded:
                st.markdown(f"**{loaded.title}**")
            warps = run_network(loaded, images).warps if loaded else []
            stages.network_stage(
                loaded,
                example.images,
                warps[0].theta[0].numpy() if warps else None,
                choice,
                index,
                label=truth,
                moved=moved,
                adopted=None if hands[index] is newest else pose or moved.pose.tolist(),
                sweep=sweep,
                compact=len(staged) > 1,
            )
    rows, thetas = [], {}
    for loaded in networks:
        hand = hands[staged.index(loaded)].thetas if loaded in staged else None
        found = run_network(loaded, images, hand and hand[0])
        rows.append(
            verdicts.Verdict(
                loaded=loaded,
                probabilities=found.logits[0].softmax(0).numpy(),
                note="θ set by hand" if hand else "",
                brightest=found.classifier_input.max().item(),
            )
        )
        if found.warps:
            thetas[loaded.title] = (found.warps[0].theta[0].numpy(), bool(hand))
    with right:
        if rows:
            verdicts.verdicts(rows, truth, theme.colours().networks)
            downloads(rows, truth)
        else:
            st.info(
                f"No network for {choice.distortion} has been trained here yet. Choose RTS or TC, "
                "or train one: switch from *Explore* to *Train*."
            )
        poses.pose_table(example, thetas, moved, pose)


view, distortion = choices.choose_view()
prefix = f"distorted/{distortion.lower()}/"
if view == "Train":
    form, runs = st.columns([1, 2.4], gap="large")
    with form:
        training_form(prefix, "st-fcn-aff", steps=3_000)
    with runs:
        training_panel(prefix)
elif view == "Replay":
    replay_panel(prefix, "st-cnn-aff")
elif view == "Results":
    results_panel(TABLES["distorted"], EXPLORER, distortion.lower())
else:
    with st.container(key="choosing"):
        choice = choices.choose(distortion)
    networks = [n for key in choice.networks if (n := transformers.load(key, prefix))]
    explore(choice, networks)
    strips.digit_strip(choice, networks)
    st.caption(
        "All digits shown are of the gallery: the first 100 of each class of MNIST's training "
        f"set, on which no network here was trained. {gallery.digits_notice()}"
    )
    if networks:
        charts.many_digits(choice, networks)
