"""What a visitor chooses on the page: what is varied, whose curves, and the digits of a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.data.networks import network_title
from app.tables import DISTORTIONS
from app.views.invariance.words import WORDS, Choice

if TYPE_CHECKING:
    from stn_core.invariance import Axis, Recording

FIRST_NETWORKS = ("fcn", "cnn", "st-fcn-aff", "st-cnn-aff")
NAMES = r"""
**Rotation**, **scale**, **shift** and **clutter** vary one at a time, far beyond the training
range. Everything else stays at the middle of that range. A shift is along x. Clutter is a number of
6 × 6 patches of other digits, as in TC.

A **band** around an error is its 95 % confidence interval (Wilson's), given the number of digits.

The **predicted pose** is the transformation $T_\theta$ at the centre of the output V, taking V as
the digit's own 28 × 28 frame: its angle, its scale, and the point of the image U that it reads. A
network is trained on class labels only, so it may keep a constant rotation, zoom and offset. The
band holds 80 % of the digits.

**FCN**, **CNN**, **ST-**, **Aff**, **Proj**, **TPS** and the distortions are those of *Distorted
MNIST*. The paper (Sect. 4.1, App. A.4) measures only within the training range; these curves are
ours.
"""
UNITS = {"°": ", in degrees", " px": ", in pixels"}  # in words: the address has the bare number


def choose_column() -> tuple[str, str]:
    """The first row: a column of Table 1, and what is varied."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        axis = st.segmented_control(
            "Varied", list(WORDS), default="rotation", required=True, key="varied",
            format_func=lambda name: WORDS[name].title, bind="query-params",
            label_visibility="collapsed",
            help="What is varied; everything else stays at the middle of the training range",
        )  # fmt: skip
        column = st.segmented_control(
            "Trained with", list(DISTORTIONS), default="RTS", required=True, key="trained_with",
            bind="query-params", label_visibility="collapsed",
            help="The distortion used in training; its range is shaded. "
            + "; ".join(f"{name}: {words}" for name, words in DISTORTIONS.items()),
        )  # fmt: skip
        with st.popover("Names and symbols", help="Explains the axes and the networks' names"):
            st.markdown(NAMES)
    return f"distorted/{column.lower()}", axis


def choose_networks(recording: Recording) -> tuple[str, ...]:
    """Which curves are drawn."""
    names = list(recording.networks)
    chosen = st.pills(
        "Networks", names, selection_mode="multi", key="drawn", bind="query-params",
        default=[n for n in FIRST_NETWORKS if n in names], format_func=network_title,
        label_visibility="collapsed",
        help="Selects the curves",
    )  # fmt: skip
    return tuple(n for n in names if n in chosen) or tuple(names)


def _value_field(recording: Recording, axis: str) -> str:
    """Columns have other canvases, so other shifts: a field for each."""
    return f"at_{axis}_{recording.column.split('/')[1]}"


def choose_value(recording: Recording, axis: Axis) -> float:
    """The point that is looked at: the slider, or a click in the chart."""
    words = WORDS[axis.name]
    beyond = [value for value in axis.values if value > axis.trained[1]]
    return st.select_slider(
        f"Show: {words.axis}{UNITS.get(words.unit, '')}",
        axis.values,
        value=beyond[(len(beyond) - 1) // 3],
        key=_value_field(recording, axis.name),
        bind="query-params",
        help="Digits at this value are shown below",
    )


def choose_writer() -> tuple[int, ...]:
    """Ten gallery digits, one of each class, by their place in their class."""
    writer = st.number_input(
        "Ten digits, 0 to 99", 0, 99, 4, key="writer", bind="query-params",
        help="Selects one gallery digit of each class. No network was trained on them.",
    )  # fmt: skip
    return tuple(range(int(writer), 1000, 100))


def choose_point(key: str, choice: Choice) -> None:
    """Take the value that was clicked; called before the widgets are drawn again."""
    points = st.session_state[key].selection.points
    if points:
        x = float(points[0]["x"])
        nearest = min(choice.axis.values, key=lambda value: abs(value - x))
        st.session_state[_value_field(choice.recording, choice.axis.name)] = nearest
