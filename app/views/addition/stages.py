"""The stage of a sum: both channels, with the grids of all transformers."""

from __future__ import annotations

import numpy as np
import streamlit as st

from app.data.networks import LoadedNetwork
from app.panels.poses import decomposed
from app.panels.predictions import Prediction
from app.panels.transformers import pixels, report_of, thetas_of, transformers_of
from app.panels.verdicts import network_id
from app.stage.large import Features, Input, Item, Report, Run, pair_data, stage
from app.views.addition.shown import Moved, Shown


def note(shown: Shown, prediction: Prediction) -> str:
    """Which of a network's transformers are muted, for its verdict."""
    held = shown.held(prediction.loaded)
    return ", ".join(f"transformer {n + 1} muted" for n, theta in enumerate(held) if theta)


def stage_key(index: int) -> str:
    return f"sum-stage-{index}"


def stage_token(shown: Shown, loaded: LoadedNetwork | None) -> str:
    """Names what a stage shows: with another token it forgets what the hand has done."""
    return f"{loaded and loaded.key}/{shown.token}"


def reports_of(shown: Shown) -> list[Report]:
    """What the visitor has done on each stage."""
    return [
        report_of(loaded, stage_key(index), stage_token(shown, loaded), inputs=len(shown.movables))
        for index, loaded in enumerate(shown.staged)
    ]


def sum_stage(shown: Shown, moved: Moved, index: int) -> None:
    """Both channels with every transformer's grid on them, and what each of them gives."""
    loaded = shown.staged[index]
    thetas = probabilities = None
    if loaded:
        [prediction] = [p for p in moved.predictions if p.loaded.key == loaded.key]
        thetas, probabilities = thetas_of(prediction.own), prediction.probabilities
    digits = " and ".join(str(int(d)) for d in shown.example.pose["digit"][0])
    data = pair_data(
        Item(
            id=str(shown.digits),
            image=pixels(shown.example.images)[0],
            theta=thetas,
            label="",
            alt=f"Image U: distorted {digits}, each in its own channel, with the sampling grids on "
            "them",
        ),
        token=stage_token(shown, loaded),
        transformers=transformers_of(loaded.experiment.network) if loaded else None,
        inputs=[
            Input(
                image=movable.image,
                pose=movable.pose,
                name=f"digit in channel {channel + 1}",
                channel=channel,
            )
            for channel, movable in enumerate(shown.movables)
        ],
        run=Run(
            group=shown.token,
            network=loaded and network_id(loaded),
            held=shown.held(loaded) if loaded else (),
        ),
        features=Features(live=True),
        captions={"U": "U", "V": "V"},
        probabilities=probabilities,
        compact=len(shown.staged) > 1,
    )
    stage(data, key=stage_key(index))


def theta_table(shown: Shown, moved: Moved) -> None:
    """The ideal θ of each digit, and each transformer's θ, where it is affine."""
    ideal = shown.example.theta[0].numpy() if moved.poses is None else np.array(moved.poses)
    columns = {f"channel {c + 1}: ideal θ": theta for c, theta in enumerate(ideal)}
    for prediction in moved.predictions:
        thetas, title = thetas_of(prediction.trace), prediction.loaded.title
        for n, theta in enumerate(() if thetas is None else thetas):
            if len(theta) == len(ideal[0]):
                columns[f"{title}, {n + 1}" if len(thetas) > 1 else title] = theta
    st.header("Parameters θ: ideal and predicted", anchor=False)
    decomposed(columns)
    st.caption(
        "The ideal θ makes the digit's own 28 × 28 pixels upright and as large as V. A transformer "
        "follows its digit, but may keep a constant rotation and zoom: these do not change the "
        "loss."
    )
