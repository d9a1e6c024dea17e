"""Networks on this digit when it is turned, and on 200 turned digits."""

from __future__ import annotations

import numpy as np
import streamlit as st

from app import figures
from app.data import angles
from app.panels.chart import chart
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
    st.header("Accuracy when the digit is rotated", anchor=False)
    series = [
        (loaded.title, 100 * shown.turned(loaded).share, shade)
        for loaded, shade in zip(shown.networks, colours_of(shown.networks), strict=True)
    ]
    chart(
        figures.swept(
            angles.TURN_DEGREES,
            series,
            colours(),
            figures.Axis(title="angle of the image", unit="°", tick=30),
            figures.Axis(
                title="probability of the true class", unit=" %", limits=(0, 101), tick=25
            ),
        ),
        name="true-class-while-turning",
        key="sweep-chart",
        alt=f"Probability of the true class against the angle of the image. {_at_angles(series)}",
    )
    st.caption(
        f"The image is rotated about its centre. Networks for {shown.distortion} are trained with "
        f"{_trained_range(shown.distortion)}. *Sweep the angle*, above, plays the rotation in the "
        "figure."
    )


def _many_angles(shown: Shown) -> None:
    st.header("Predicted angle against true angle", anchor=False)
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
    chart(
        figures.angles(clouds, shown.chosen, colours()),
        name="true-and-predicted-angles",
        key="angles",
        on_select=choose_point,
        selection_mode="points",
        alt=f"Predicted angle against true angle of 200 digits. {_spread(clouds)}",
    )
    st.caption(
        "200 gallery digits, 20 of each class; ✕ marks a misread digit. Click a point to show its "
        "digit. On the diagonal, V is upright. A flat cloud means that the transformer does not "
        "rotate, and leaves the angle to the classifier."
    )


def _at_angles(series) -> str:
    """Every third of the way, for those who do not see the chart."""
    indices = range(0, len(angles.TURN_DEGREES), len(angles.TURN_DEGREES) // 6)
    return "; ".join(
        f"{title}: "
        + ", ".join(
            f"{values[i]:.0f} % at {angles.TURN_DEGREES[i]:.0f}°".replace("-", "−") for i in indices
        )
        for title, values, _ in series
    )


def _spread(clouds) -> str:
    """How far the predicted angles are from the true ones, for those who do not see the chart."""
    words = []
    for title, cloud, _ in clouds:
        off = np.abs((cloud.predicted - cloud.true + 180) % 360 - 180)
        slope = np.polyfit(cloud.true, cloud.predicted, 1)[0]
        words.append(
            f"{title}: half of the predictions are within {np.median(off):.0f}° of the true "
            f"angle, the slope is {slope:.2f}, {int(cloud.right.sum())} digits are read right"
        )
    return "; ".join(words)


def _trained_range(distortion: str) -> str:
    from stn_core.distortions import RTS, R

    ranges = {"R": R().max_angle_degrees, "RTS": RTS().max_angle_degrees}
    reach = ranges.get(distortion)
    return f"angles up to {reach:g}°" if reach else "upright digits"
