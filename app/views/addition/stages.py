"""The stage of a sum: both channels, with the grids of all transformers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from app.data import examples
from app.data.networks import LoadedNetwork
from app.panels.poses import decomposed
from app.panels.transformers import pixels, report_of, transformers_of
from app.stage.large import Features, Input, Item, Report, stage
from app.views.addition.choices import Sum, held


def note(loaded: LoadedNetwork, chosen: Sum, report: Report | None) -> str:
    """What has been done to a network, for its verdict."""
    if report and report.thetas:
        return "θ set by hand"
    held_at = held(loaded, chosen)
    names = [f"transformer {n + 1} muted" for n, theta in enumerate(held_at) if theta]
    return ", ".join(names)


def stage_key(index: int) -> str:
    return f"sum-stage-{index}"


def stage_token(loaded: LoadedNetwork | None, chosen: Sum) -> str:
    return f"{loaded and loaded.key}/{chosen.token}"


def hands_on(networks: Sequence[LoadedNetwork | None], chosen: Sum) -> list[Report]:
    """What the visitor has done on the stage of each network."""
    return [
        report_of(loaded, stage_key(index), stage_token(loaded, chosen), inputs=len(chosen.digits))
        for index, loaded in enumerate(networks)
    ]


def sum_stage(
    loaded: LoadedNetwork | None,
    shown,
    movables: list[examples.Movable],
    thetas: np.ndarray | None,
    chosen: Sum,
    index: int,
    *,
    adopted: list[list[float]] | None,
    compact: bool,
) -> None:
    """Both channels with every transformer's grid on them, and what each of them gives.

    shown: the Examples as they were drawn; thetas: (N, P), for where the digits are now; adopted:
    the poses of digits that were moved on another stage.
    """
    words = " and ".join(str(int(d)) for d in shown.pose["digit"][0])
    stage(
        Item(
            id=str(chosen.digits),
            image=pixels(shown.images)[0],
            theta=thetas,
            label="",
            alt=f"U: a distorted {words}, each in a channel of its own, with the grids on them",
        ),
        key=stage_key(index),
        token=stage_token(loaded, chosen),
        transformers=transformers_of(loaded.experiment.network) if loaded else None,
        inputs=[
            Input(
                image=m.image,
                pose=m.pose,
                name=f"the digit in channel {channel + 1}",
                channel=channel,
            )
            for channel, m in enumerate(movables)
        ],
        adopted=adopted,
        features=Features(live=True),
        captions={"U": "U", "V": "V"},
        compact=compact,
    )


def theta_table(shown, thetas: dict[str, np.ndarray], hand: list[list[float]] | None) -> None:
    """The wanted pose of each digit beside each transformer's θ, where they are affine."""
    wanted = shown.theta[0].numpy() if hand is None else np.array(hand)
    columns = {f"channel {c + 1}: wanted": theta for c, theta in enumerate(wanted)}
    for title, theta in thetas.items():
        for n, row in enumerate(theta):
            if len(row) == len(wanted[0]):
                columns[f"{title}, {n + 1}" if len(theta) > 1 else title] = row
    st.markdown("**θ: wanted and predicted**")
    decomposed(columns)
    st.caption(
        "Wanted: what brings the digit's own 28 × 28 pixels upright onto all of V. A transformer "
        "that looks after a digit follows it; it is free to keep a constant turn and zoom."
    )
