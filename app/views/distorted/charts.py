"""Networks on this digit when it is turned, and on 200 turned digits."""

from __future__ import annotations

import streamlit as st

from app import figures
from app.data import angles
from app.panels.theme import colours, colours_of
from app.views.distorted.choices import choose_point
from app.views.distorted.shown import Shown


def many_digits(shown: Shown) -> None:
    """Accuracy while this digit is turned, and true against predicted angles of 200 digits."""
    left, right = st.columns(2, gap="large")
    with left:
        _turned_digit(shown)
    with right:
        _many_angles(shown)


def _turned_digit(shown: Shown) -> None:
    st.markdown("**Accuracy when the digit is rotated**")
    series = [
        (loaded.title, 100 * shown.turned(loaded).share, shade)
        for loaded, shade in zip(shown.networks, colours_of(shown.networks), strict=True)
    ]
    st.plotly_chart(
        figures.turning(angles.TURN_DEGREES, series, colours()),
        config=figures.CONFIG,
        theme=None,
        key="sweep-chart",
        alt="Probability of the true class against the angle of the image",
    )
    st.caption(
        f"The image is rotated about its centre. Networks for {shown.distortion} are trained with "
        f"{_trained_range(shown.distortion)}. *Sweep the angle*, above, plays the rotation in the "
        "figure."
    )


def _many_angles(shown: Shown) -> None:
    st.markdown("**Predicted angle against true angle**")
    transformed = [
        (loaded, shade)
        for loaded, shade in zip(shown.networks, colours_of(shown.networks), strict=True)
        if loaded.network.transformer
    ]
    if "angle_degrees" not in shown.example.pose:
        st.info(
            f"{shown.distortion} does not rotate digits, so there is no true angle. Choose R "
            "or RTS."
        )
        return
    if not transformed:
        st.info("Neither network has a transformer. Choose a network with ST-.")
        return
    clouds = [(n.title, shown.predicted_angles(n), shade) for n, shade in transformed]
    st.plotly_chart(
        figures.angles(clouds, shown.digit, colours()),
        config=figures.CONFIG,
        theme=None,
        key="angles",
        on_select=choose_point,
        selection_mode="points",
        alt="Predicted angle against true angle of 200 digits",
    )
    st.caption(
        "200 gallery digits, 20 of each class; ✕ marks a misread digit. Click a point to show its "
        "digit. On the diagonal, V is upright. A flat cloud means that the transformer does not "
        "rotate, and leaves the angle to the classifier."
    )


def _trained_range(distortion: str) -> str:
    from stn_core.distortions import RTS, R

    ranges = {"R": R().max_angle_degrees, "RTS": RTS().max_angle_degrees}
    reach = ranges.get(distortion)
    return f"angles up to {reach:g}°" if reach else "upright digits"
