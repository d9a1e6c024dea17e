"""What a network makes of an input that is turned, scaled or shifted, step by step."""

from __future__ import annotations

import numpy as np
import streamlit as st

from app import figures
from app.data import inspected
from app.data.faults import reason
from app.data.plain import plain
from app.palette import series
from app.panels.chart import chart
from app.panels.theme import colours
from app.views.network import choices
from app.views.network.shown import Choice

MAX_LINES = 5  # classes of a chart, the likeliest
# Of what is varied: its axis, and by what its values are multiplied.
AXES = {
    "rotation": (figures.Axis(title="rotation of the input", unit="°", tick=30), 1),
    "scale": (figures.Axis(title="scale of the input", unit=" %"), 100),
    "shift in x": (figures.Axis(title="shift of the input in x", unit=" %"), 100),
    "shift in y": (figures.Axis(title="shift of the input in y", unit=" %"), 100),
}
SHARES = figures.Axis(title="probability", unit=" %", limits=(0, 101), tick=25)
SHIFTS = figures.Axis(title="shift of θ"), {"in x": "shift_x", "in y": "shift_y"}
FOLLOWED = {  # of θ: the axis, and which of its parts
    "rotation": (figures.Axis(title="angle of θ", unit="°"), {"angle of θ": "angle_degrees"}),
    "scale": (figures.Axis(title="scale of θ"), {"in x": "scale_x", "in y": "scale_y"}),
    "shift in x": SHIFTS,
    "shift in y": SHIFTS,
}


def sweeps(choice: Choice) -> None:
    """Two charts: the class probabilities, and the chosen transformer's own θ."""
    from stn_core.errors import InputError

    st.header("When the input is turned, scaled or shifted", anchor=False)
    what = choices.choose_sweep()
    try:
        swept = inspected.swept(
            choice.network, choice.key, choice.image, choice.pose, what, choice.transformer
        )
    except (InputError, ValueError, RuntimeError) as error:
        st.error(f"The network cannot be run on the varied input: {reason(error)}")
        return
    varied, factor = AXES[what]
    values = [factor * value for value in swept.values]
    shades = series(st.context.theme.type)
    left, right = st.columns(2, gap="large")
    if swept.probabilities is not None:
        shares = 100 * swept.probabilities.numpy()
        likeliest = np.argsort(shares.max(0))[::-1][:MAX_LINES]
        lines = [
            (plain(choice.network.class_name(int(c))), shares[:, c], shades[n])
            for n, c in enumerate(likeliest)
        ]
        with left:
            chart(
                figures.swept(values, lines, colours(), varied, SHARES),
                name=f"classes-over-{what.replace(' ', '-')}",
                key="own-sweep-classes",
                alt=f"Probabilities of the likeliest classes against the {varied.title}. "
                + _in_words(values, lines, varied.unit, SHARES.unit),
            )
    if swept.theta:
        followed, parts = FOLLOWED[what]
        lines = [
            (name, swept.theta[part].numpy(), shades[n])
            for n, (name, part) in enumerate(parts.items())
        ]
        with right:
            chart(
                figures.swept(values, lines, colours(), varied, followed),
                name=f"theta-over-{what.replace(' ', '-')}",
                key="own-sweep-theta",
                alt=f"The {followed.title} against the {varied.title}. "
                + _in_words(values, lines, varied.unit, followed.unit),
            )
    st.caption(
        f"Image {choice.image + 1}, at the network's own grids. θ is the affine one nearest to the "
        "grid of the chosen transformer. A transformer that undoes the rotation has an angle that "
        "follows it."
    )


def _in_words(values: list[float], lines: list[tuple], unit: str, of: str) -> str:
    """The first, the middle and the last value of every line."""
    places = (0, len(values) // 2, len(values) - 1)
    return "; ".join(
        f"{name}: "
        + ", ".join(f"{up[at]:.1f}{of} at {values[at]:.0f}{unit}" for at in places).replace(
            "-", "\N{MINUS SIGN}"
        )
        for name, up, _ in lines
    )
