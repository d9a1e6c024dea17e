"""The ideal θ of a distorted digit, and the predicted ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from app.data.examples import Movable
from app.panels.poses import IDEAL, decomposed, matrix_latex
from app.views.distorted.shown import Moved, Shown


def pose_table(shown: Shown, moved: Moved) -> None:
    """The ideal θ of the digit, and each predicted one, as matrices and as numbers."""
    example, hand = shown.example, moved.pose
    st.header("Parameters θ: ideal and predicted", anchor=False)
    columns: dict[str, np.ndarray] = {}
    if example.theta is not None:
        columns[IDEAL] = _ideal(example.theta[0].numpy(), shown.movable, hand)
    columns |= {
        f"{p.loaded.title}{', by hand' if p.by_hand else ''}": p.trace.warps[0].theta[0].numpy()
        for p in moved.predictions
        if p.trace.warps
    }
    matrices = {t: v for t, v in columns.items() if len(v) in (3, 6, 8)}
    for title, theta in matrices.items():  # one below the other: side by side they are cut
        st.caption(title)
        st.latex(r"A_\theta = " + matrix_latex(theta))
    for title, theta in columns.items():
        if title not in matrices:
            st.caption(f"{title}: source point (x, y) of each control point, row by row")
            side = round((len(theta) / 2) ** 0.5)
            points = theta.reshape(side, side, 2)
            st.table([[f"{x:+.2f}, {y:+.2f}".replace("-", "−") for x, y in row] for row in points])
    decomposed({t: v for t, v in columns.items() if len(v) == 6})
    ideal = (
        "The ideal θ makes the digit's own 28 × 28 pixels upright and as large as V."
        if IDEAL in columns
        else "This distortion has no inverse in closed form, so there is no ideal θ to compare "
        "with."
    )
    done = ", ".join(_pose_words(example.pose))
    if hand is not None:
        done += ", then moved by hand" if shown.movable.whole else " at first, then moved by hand"
    st.caption(
        f"Distortion of this digit: {done}. {ideal} The network is trained on class labels only, "
        "so it undoes only what helps to tell the classes apart. A constant zoom or slant does not "
        "change the loss."
    )


def _ideal(theta: np.ndarray, movable: Movable, hand: Sequence[float] | None) -> np.ndarray:
    """The θ that undoes the distortion and what a hand has done after it."""
    if hand is None:
        return theta
    if not movable.whole:
        return np.asarray(hand)

    def square(values: np.ndarray) -> np.ndarray:
        last = np.array([0, 0, 1])
        return np.append(values, last[len(values) - 9 :]).reshape(3, 3)

    both = square(np.asarray(hand)) @ square(theta)
    return (both / both[2, 2]).flatten()[: len(theta)]


def _pose_words(values: dict) -> list[str]:
    words = []
    for name, value in values.items():
        value = value[0]
        if name == "angle_degrees":
            words.append(f"rotated by {value.item():.0f}°".replace("-", "−"))
        elif name == "scale":
            words.append(f"scaled by {value.item():.2f}")
        elif value.ndim == 0:
            axis = name.split("_")[1]
            words.append(f"shifted by {value.item():+.1f} pixels in {axis}".replace("-", "−"))
        else:
            what = "corners" if "corner" in name else "control points"
            spread = value.square().mean().sqrt().item()
            words.append(f"its {len(value)} {what} moved by {spread:.1f} pixels (rms)")
    return words
