"""Networks on this digit when it is turned, and on 200 turned digits."""

from __future__ import annotations

import streamlit as st

from app import figures
from app.data import angles, examples
from app.data.networks import LoadedNetwork
from app.panels.theme import colours
from app.views.distorted.choices import Choice, choose_point


def turned_digit(loaded: LoadedNetwork, choice: Choice) -> angles.Turned:
    shown = (choice.experiment_name, choice.digit, choice.seed, choice.drawn)
    return angles.turned(loaded, loaded.key, *shown)


def many_digits(choice: Choice, networks: list[LoadedNetwork]) -> None:
    """The angle sweep of this digit, and true against predicted angles of 200 digits."""
    shades = colours().networks
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Turn this digit, and who still reads it?**")
        series = [(n.title, turned_digit(n, choice)) for n in networks]
        st.plotly_chart(
            figures.sweep(
                angles.TURN_DEGREES,
                [(title, 100 * s.share, shades[i]) for i, (title, s) in enumerate(series)],
                colours(),
            ),
            config=figures.CONFIG,
            theme=None,
            key="sweep-chart",
            alt="Probability of the true class while the input is turned",
        )
        st.caption(
            f"The input is turned about its middle; {choice.distortion} is trained with "
            f"{_trained_range(choice)}. *Sweep the angle*, above, plays it on the stage."
        )
    with right:
        st.markdown("**True angle against predicted angle**")
        turned = [(i, n) for i, n in enumerate(networks) if n.network.transformer]
        shown = examples.example(choice.experiment_name, choice.digit, choice.seed)
        if "angle_degrees" not in shown.pose:
            st.info(
                f"{choice.distortion} turns no digit, so there is no true angle. Choose R or RTS."
            )
            return
        if not turned:
            st.info("Neither network has a transformer. Choose an ST network.")
            return
        clouds = [
            (
                n.title,
                angles.predicted_angles(n, n.key, choice.experiment_name, choice.seed),
                shades[i],
            )
            for i, n in turned
        ]
        st.plotly_chart(
            figures.angles(clouds, choice.digit, colours()),
            config=figures.CONFIG,
            theme=None,
            key="angles",
            on_select=choose_point,
            selection_mode="points",
            alt="Scatter of the true and the predicted angles of 200 digits",
        )
        st.caption(
            "200 gallery digits, 20 of each class; ✕ is misread. Click a point to put its digit on "
            "the stage. On the diagonal, V is upright. A flat cloud: the transformer turns "
            "nothing, and leaves the angle to its classifier."
        )


def _trained_range(choice: Choice) -> str:
    from stn_core.distortions import RTS, R

    ranges = {"R": R().max_angle_degrees, "RTS": RTS().max_angle_degrees}
    reach = ranges.get(choice.distortion)
    return f"angles up to {reach:g}°" if reach else "upright digits"
