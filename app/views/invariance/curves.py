"""How far the invariance goes: errors and predicted poses beyond training, as curves."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from app import figures
from app.data.networks import network_title
from app.panels import downloads
from app.panels.chart import chart
from app.panels.theme import colours
from app.views.invariance.choices import choose_point
from app.views.invariance.words import Choice, follows, ink, number, rows, split

if TYPE_CHECKING:
    from stn_core.invariance import Recording

SYMBOLS = {"fcn": "square", "cnn": "diamond", "st-fcn": "triangle-up", "st-cnn": "circle"}
DASHES = {"": "dash", "aff": "solid", "proj": "longdashdot", "tps": "dot"}  # by family


def _line(name: str, values, low, high) -> figures.Line:
    kind, family = split(name)
    return figures.Line(
        title=network_title(name),
        values=values,
        low=low,
        high=high,
        colour=ink(kind, colours()),
        dash=DASHES[family],
        symbol=SYMBOLS[kind],
    )


def _varied(choice: Choice) -> figures.Varied:
    low, high = choice.axis.trained
    words = choice.words
    return figures.Varied(
        values=choice.axis.values,
        title=words.axis,
        unit=words.unit,
        tick=words.tick,
        trained=(low, high),
        label="trained" if low < high else f"trained: {number(low, words.unit)}",
        chosen=choice.value,
    )


def errors(choice: Choice) -> None:
    """The error of every network along the axis; a click looks at a value."""
    from stn_core.intervals import wilson

    lines, digits = [], choice.recording.digits
    for name in choice.networks:
        curve = choice.curve(name)
        low, high = zip(*(wilson(count, digits) for count in curve.misread), strict=True)
        lines.append(_line(name, curve.errors(digits), low, high))
    key = "errors-chart"
    chart(
        figures.curves(
            _varied(choice), lines, colours(), title="misread", unit=" %", limits=(-1, 101)
        ),
        name=f"errors-by-{choice.axis.name}",
        key=key,
        on_select=lambda: choose_point(key, choice),
        selection_mode="points",
        alt=f"Test error against {choice.words.axis}, one curve per network. "
        + _summary(lines, choice),
    )
    st.caption(
        "Bands: 95 % confidence intervals. Click a point, or move the slider, to see digits there."
    )


def _summary(lines: Sequence[figures.Line], choice: Choice) -> str:
    """The chart at its ends and in its middle, for those who do not see it."""
    indices = sorted({0, len(choice.axis.values) // 2, len(choice.axis.values) - 1})
    return "; ".join(
        f"{line.title}: "
        + ", ".join(
            f"{line.values[i]:.1f} at ".replace("-", "−")
            + f"{number(choice.axis.values[i], choice.words.unit)}"
            for i in indices
        )
        for line in lines
    )


def poses(choice: Choice) -> None:
    """What the transformers predict of the pose, along the axis."""
    words = choice.words
    st.header("Predicted pose against true pose", anchor=False)
    if not choice.transformed:
        st.info("None of these networks has a transformer. Choose a network with ST- above.")
        return
    left, right = st.columns([2, 1], gap="large")
    lines = []
    for name in choice.transformed:
        low, middle, high = zip(*choice.curve(name).predicted, strict=True)
        lines.append(_line(name, middle, low, high))
    clutter = choice.axis.name == "clutter"
    truth = [0] * len(choice.axis.values) if clutter else choice.axis.values
    with left:
        chart(
            figures.curves(
                _varied(choice), lines, colours(),
                title=words.predicted, unit=" px" if clutter else words.unit,
                tick=None if clutter else words.tick, truth=truth,
            ),
            name=f"poses-by-{choice.axis.name}",
            key="poses-chart",
            alt=f"Predicted against true pose, median of the digits. {_summary(lines, choice)}",
        )  # fmt: skip
    with right:
        st.markdown(follows(choice))
        st.caption(f"Median of all digits; the band holds 80 % of them. {words.reading}")


def provenance(recording: Recording, outdated: Sequence[str]) -> None:
    """What the curves were measured on; and a warning where the weights are others by now."""
    command = f"`python -m stn_core invariance {recording.column}`"
    if outdated:
        names = ", ".join(map(network_title, outdated))
        st.warning(
            f"Measured with other weights than those here now: {names}. Run {command} to measure "
            "again."
        )
    middle = recording.centre
    patches = f", {middle.patches} patches" if middle.patches else ""
    st.caption(
        f"Measured on {recording.which}, the same for every network and value. Everything else is "
        f"fixed: rotation 0°, scale {middle.scale:g}, centred{patches}. Seed {recording.seed} for "
        f"the clutter; {recording.device}. To measure again: {command}. These curves are ours: the "
        "paper (Sect. 4.1, Table 1) measures only within the training range."
    )


def take_away(recording: Recording) -> None:
    file = f"invariance-{recording.column.split('/')[1]}"
    downloads.buttons(
        ("Curves as CSV", f"{file}.csv", lambda: downloads.as_csv(rows(recording)),
         "Error and confidence interval of each network at each value"),
        ("All of it as JSON", f"{file}.json", lambda: json.dumps(dataclasses.asdict(recording)),
         "The whole recording, with seed and device"),
    )  # fmt: skip
