"""The ideal θ of a distorted digit, and the predicted ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from app.data import examples
from app.panels.poses import WANTED, decomposed, matrix_latex


def pose_table(
    example,
    thetas: dict[str, tuple[np.ndarray, bool]],
    moved: examples.Movable,
    hand: Sequence[float] | None,
) -> None:
    """The true pose beside each θ, as matrices and as numbers.

    thetas: by the network's title, θ (P,) and whether it was set by hand; hand: the pose (6,) that
    the input was moved to.
    """
    st.markdown("**θ: wanted and predicted**")
    columns: dict[str, np.ndarray] = {}
    if example.theta is not None:
        columns[WANTED] = _wanted(example.theta[0].numpy(), moved, hand)
    columns |= {
        f"{title}{', by hand' if by_hand else ''}": theta
        for title, (theta, by_hand) in thetas.items()
    }
    matrices = {t: v for t, v in columns.items() if len(v) in (3, 6, 8)}
    if matrices:
        places = [place for _ in range(0, len(matrices), 2) for place in st.columns(2)]
        for place, (title, theta) in zip(places, matrices.items(), strict=False):
            with place:
                st.caption(f"{title}: undoes the distortion" if title == WANTED else title)
                st.latex(r"A_\theta = " + matrix_latex(theta))
    for title, theta in columns.items():
        if title not in matrices:
            st.caption(f"{title}: the source (x, y) of each control point, row by row")
            side = round((len(theta) / 2) ** 0.5)
            points = theta.reshape(side, side, 2)
            st.table([[f"{x:+.2f}, {y:+.2f}" for x, y in row] for row in points])
    decomposed({t: v for t, v in columns.items() if len(v) == 6})
    wanted = (
        "The wanted θ, which maps V to U, brings the digit's own 28 × 28 pixels upright onto all "
        "of V."
        if WANTED in columns
        else "Nothing undoes that in closed form, so there is no wanted θ to compare with."
    )
    done = ", ".join(_pose_words(example.pose))
    if hand is not None:
        done += ", then moved by hand" if moved.whole else " at first, then moved by hand"
    st.caption(
        f"Done to the digit: {done}. {wanted} The network is told "
        "nothing but the class, and undoes no more of the distortion than helps it to tell the "
        "classes apart: a constant zoom costs it nothing, nor does a slant that every digit keeps."
    )


def _wanted(theta: np.ndarray, moved: examples.Movable, hand: Sequence[float] | None) -> np.ndarray:
    """The θ that undoes the distortion and what a hand has done after it."""
    if hand is None:
        return theta
    if not moved.whole:
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
            words.append(f"turned by {value.item():.0f}°")
        elif name == "scale":
            words.append(f"scaled by {value.item():.2f}")
        elif value.ndim == 0:
            axis = name.split("_")[1]
            words.append(f"moved by {value.item():+.1f} pixels in {axis}")
        else:
            what = "corners" if "corner" in name else "control points"
            spread = value.square().mean().sqrt().item()
            words.append(f"its {len(value)} {what} moved by {spread:.1f} pixels (rms)")
    return words
