"""How far the invariance goes: curves beyond training, and digits at any point of them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from app import figures
from app.data import gallery, invariance
from app.data.networks import network_title, pretrained, run_network
from app.panels import downloads
from app.panels.theme import colours
from app.panels.transformers import pixels
from app.stage.large import Item
from app.stage.strip import strip
from app.stage.transformers import Transformers
from app.tables import DISTORTIONS
from app.views.invariance.words import KIND_GRIDS, WORDS, Chosen, follows, ink, number, rows, split

if TYPE_CHECKING:
    from stn_core.invariance import Axis, Recording

FIRST_NETWORKS = ("fcn", "cnn", "st-fcn-aff", "st-cnn-aff")
NAMES = r"""
**Rotation**, **scale**, **shift** and **clutter** are varied one at a time, far beyond what the
networks were trained with; all else stays in the middle of the range of training. A shift is along
x; clutter is a number of 6×6 patches of other digits, cut out and laid on as in TC.

A **band** is where the error lies with 95 % confidence, given so many digits (Wilson's interval).

The **predicted pose** is what $T_\theta$ does at the middle of V, if V is taken for the digit's own
28×28 frame: its angle, its scale, and where in U its middle is read. A network is told classes
alone, so it is free to keep a constant turn, zoom and offset. The band is where eight of ten digits
lie.

**FCN**, **CNN**, **ST-**, **Aff**, **Proj**, **TPS** and the distortions are those of *Distorted
MNIST*. The paper (Sect. 4.1, App. A.4) measures within the range of training alone: these curves
are ours.
"""
UNITS = {"°": ", in degrees", " px": ", in pixels"}  # in words: the address has the bare number
SYMBOLS = {"fcn": "square", "cnn": "diamond", "st-fcn": "triangle-up", "st-cnn": "circle"}
DASHES = {"": "dash", "aff": "solid", "proj": "longdashdot", "tps": "dot"}  # by family


def choose_column() -> tuple[str, str]:
    """The first row: a column of Table 1, and what is varied."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        axis = st.segmented_control(
            "Varied", list(WORDS), default="rotation", required=True, key="varied",
            format_func=lambda name: WORDS[name].title, bind="query-params",
            label_visibility="collapsed",
            help="What is done to the digits; all else stays as in the middle of the training",
        )  # fmt: skip
        column = st.segmented_control(
            "Trained with", list(DISTORTIONS), default="RTS", required=True, key="trained_with",
            bind="query-params", label_visibility="collapsed",
            help="The distortion of the networks' training; its range is shaded",
        )  # fmt: skip
        st.caption(f"**{column}**: {DISTORTIONS[column]}", width="content")
        with st.popover("Names and symbols", help="What the axes and the networks' names mean"):
            st.markdown(NAMES)
    return f"distorted/{column.lower()}", axis


def choose_networks(recording: Recording) -> tuple[str, ...]:
    """Which curves are drawn."""
    names = list(recording.networks)
    chosen = st.pills(
        "Networks", names, selection_mode="multi", key="drawn", bind="query-params",
        default=[n for n in FIRST_NETWORKS if n in names], format_func=network_title,
        label_visibility="collapsed",
        help="Whose curves are drawn",
    )  # fmt: skip
    return tuple(n for n in names if n in chosen) or tuple(names)


def _at_key(recording: Recording, axis: str) -> str:
    """Columns have other canvases, so other shifts: a field for each."""
    return f"at_{axis}_{recording.column.split('/')[1]}"


def choose_value(recording: Recording, axis: Axis) -> float:
    """The point that is looked at: the slider, or a click in the chart."""
    words = WORDS[axis.name]
    beyond = [value for value in axis.values if value > axis.trained[1]]
    return st.select_slider(
        f"Look at: {words.axis}{UNITS.get(words.unit, '')}",
        axis.values,
        value=beyond[(len(beyond) - 1) // 3],
        key=_at_key(recording, axis.name),
        bind="query-params",
        help="The value at which digits are shown below",
    )


def choose_writer() -> tuple[int, ...]:
    """Ten gallery digits, one of each class, by their place in their class."""
    writer = st.number_input(
        "Ten digits, 0 to 99", 0, 99, 4, key="writer", bind="query-params",
        help="The gallery has a hundred digits of each class, on which nothing was trained.",
    )  # fmt: skip
    return tuple(range(int(writer), 1000, 100))


def _line(chosen: Chosen, name: str, values, low, high) -> figures.Line:
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


def _along(chosen: Chosen) -> figures.Along:
    low, high = chosen.axis.trained
    words = chosen.words
    return figures.Along(
        values=chosen.axis.values,
        title=words.axis,
        unit=words.unit,
        tick=words.tick,
        trained=(low, high),
        label="trained" if low < high else f"trained: {number(low, words.unit)}",
        chosen=chosen.value,
    )


def errors(chosen: Chosen) -> None:
    """The error of every network along the axis; a click looks at a value."""
    from stn_core.invariance import wilson

    lines, digits = [], chosen.recording.digits
    for name in chosen.networks:
        curve = chosen.curve(name)
        low, high = zip(*(wilson(count, digits) for count in curve.misread), strict=True)
        lines.append(_line(chosen, name, curve.errors(digits), low, high))
    key = "errors-chart"
    st.plotly_chart(
        figures.along(
            _along(chosen), lines, colours(), title="misread", unit=" %", limits=(-1, 101)
        ),
        config=figures.CONFIG,
        theme=None,
        key=key,
        on_select=lambda: _look_at(key, chosen),
        selection_mode="points",
        alt=f"Error against {chosen.words.axis}, a curve for each network. {_told(lines, chosen)}",
    )
    st.caption("Bands: 95 % confidence. Click a point or move the slider to see digits there.")


def _told(lines: Sequence[figures.Line], chosen: Chosen) -> str:
    """The chart at the ends and in the middle, for who does not see it."""
    places = sorted({0, len(chosen.axis.values) // 2, len(chosen.axis.values) - 1})
    return "; ".join(
        f"{line.title}: "
        + ", ".join(
            f"{line.values[i]:.1f} at {number(chosen.axis.values[i], chosen.words.unit)}"
            for i in places
        )
        for line in lines
    )


def _look_at(key: str, chosen: Chosen) -> None:
    """Take the value that was clicked; called before the widgets are drawn again."""
    points = st.session_state[key].selection.points
    if points:
        x = float(points[0]["x"])
        nearest = min(chosen.axis.values, key=lambda value: abs(value - x))
        st.session_state[_at_key(chosen.recording, chosen.axis.name)] = nearest


def digits_there(chosen: Chosen, digits: tuple[int, ...]) -> None:
    """Ten digits at the value that is looked at, the grids on them, and what is said of them."""
    column = chosen.recording.column
    images = invariance.posed(column, chosen.axis.name, chosen.value, digits)
    labels = gallery.gallery().labels[list(digits)].tolist()
    networks = {name: pretrained(f"{column}/{name}") for name in chosen.networks}
    traces = {name: run_network(loaded, images) for name, loaded in networks.items()}
    said = {name: trace.logits.argmax(1).tolist() for name, trace in traces.items()}
    groups: dict[str, list[str]] = {}
    for name in chosen.transformed:
        groups.setdefault(split(name)[1], []).append(name)
    if not groups:
        groups[""] = []
    for index, (family, staged) in enumerate(groups.items()):
        plain = [n for n in chosen.networks if not split(n)[1]] if index == 0 else []
        items = []
        for place, digit in enumerate(digits):
            lines = [f"{labels[place]}"]
            for name in (*plain, *staged):
                answer = said[name][place]
                mark = "✓" if answer == labels[place] else "✗"
                lines.append(f"{network_title(name)} {answer} {mark}")
            thetas = [traces[name].warps[0].theta[place].numpy() for name in staged]
            items.append(
                Item(
                    id=str(digit),
                    image=pixels(images)[place],
                    theta=np.stack(thetas) if thetas else None,
                    label="\n".join(lines),
                    alt="; ".join([f"A {labels[place]} {chosen.place.lower()}", *lines[1:]]),
                )
            )
        st.markdown(_legend(staged), unsafe_allow_html=True)
        inks = tuple(KIND_GRIDS[split(name)[0]] for name in staged)
        strip(
            items,
            key=f"posed-{family}",
            token=f"{column}/{chosen.axis.name}/{chosen.value}/{digits}/{chosen.networks}",
            transformers=Transformers(
                transform=networks[staged[0]].experiment.network.transform,
                colours=inks,
                names=tuple(network_title(name) for name in staged),
            )
            if staged
            else None,
        )


def _legend(staged: Sequence[str]) -> str:
    """What is to be seen in a strip, with the colours of its grids."""
    if not staged:
        return "<span style='font-size:.9em'>U, and what each network says</span>"
    named = ", ".join(
        f"<span style='white-space:nowrap'><span style='display:inline-block;width:1.1em;"
        f"height:.7em;border-radius:2px;background:{KIND_GRIDS[split(name)[0]]}'></span> "
        f"{network_title(name)}</span>"
        for name in staged
    )
    each = "each one's V" if len(staged) > 1 else "its V"
    return (
        "<span style='font-size:.9em'>U with T<sub>θ</sub>(G), "
        f"{each}, and what the networks say: {named}</span>"
    )


def poses(chosen: Chosen) -> None:
    """What the transformers predict of the pose, along the axis."""
    words = chosen.words
    st.markdown("**What θ did it predict, against the true pose?**")
    if not chosen.transformed:
        st.info("None of these networks has a transformer. Choose an ST network above.")
        return
    left, right = st.columns([2, 1], gap="large")
    lines = []
    for name in chosen.transformed:
        low, middle, high = zip(*chosen.curve(name).predicted, strict=True)
        lines.append(_line(chosen, name, middle, low, high))
    clutter = chosen.axis.name == "clutter"
    truth = [0] * len(chosen.axis.values) if clutter else chosen.axis.values
    with left:
        st.plotly_chart(
            figures.along(
                _along(chosen), lines, colours(),
                title=words.predicted, unit=" px" if clutter else words.unit,
                tick=None if clutter else words.tick, truth=truth,
            ),
            config=figures.CONFIG,
            theme=None,
            key="poses-chart",
            alt=f"Predicted against true, median of the digits. {_told(lines, chosen)}",
        )  # fmt: skip
    with right:
        st.markdown(follows(chosen))
        st.caption(f"The median of all digits; in the band lie eight of ten. {words.reading}")


def provenance(recording: Recording, outdated: Sequence[str]) -> None:
    """What the curves were measured on; and a warning where the weights are others by now."""
    command = f"`python -m stn_core invariance {recording.column}`"
    if outdated:
        names = ", ".join(map(network_title, outdated))
        st.warning(
            f"Measured with other weights than are here now: {names}. {command} does it anew."
        )
    middle = recording.centre
    patches = f", {middle.patches} patches" if middle.patches else ""
    st.caption(
        f"Measured on {recording.which}, the same for every network and value. All else stays at "
        f"0°, a scale of {middle.scale:g}, the middle of the canvas{patches}. Clutter by seed "
        f"{recording.seed}; {recording.device}; {command} measures it again. "
        "These curves are ours: the paper (Sect. 4.1, Table 1) measures within training alone."
    )


def take_away(recording: Recording) -> None:
    file = f"invariance-{recording.column.split('/')[1]}"
    downloads.buttons(
        ("Curves as CSV", f"{file}.csv", lambda: downloads.as_csv(rows(recording)),
         "Errors and bands of every network at every value"),
        ("All of it as JSON", f"{file}.json", lambda: json.dumps(dataclasses.asdict(recording)),
         "The recording as it is, with seed and device"),
    )  # fmt: skip
