"""How two transformers divide two digits between them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from app.data import sums
from app.data.networks import LoadedNetwork
from app.palette import GRIDS

OWNS = 0.1  # so much less of a digit's pose than in U: it is looked after


def heading(loaded: LoadedNetwork) -> None:
    """A network's name below its stage, and which channels its transformers follow."""
    words = division_words(*sums.pose_left(loaded, loaded.key))
    st.markdown(f"**{loaded.title}**: {words}", unsafe_allow_html=True)


def division(networks: Sequence[LoadedNetwork]) -> None:
    """For each transformer, how much of either digit's pose it undoes."""
    st.header("Pose variation removed by each transformer", anchor=False)
    for loaded in networks:
        left, untouched = sums.pose_left(loaded, loaded.key)
        undone = np.clip(1 - left / untouched, 0, 1)
        st.markdown(_bars(loaded.title, undone), unsafe_allow_html=True)
    st.caption(
        "Ten pairs of gallery digits, each in 16 poses. The bars show how much less the pixels "
        "vary from pose to pose in V than in U (variance relative to the mean square). At 100 %, "
        "the digit in V always has the same place, size and angle."
    )


def _bars(title: str, undone: np.ndarray) -> str:
    lines = []
    for n, shares in enumerate(undone):
        bars = "".join(
            "<div style='display:grid;grid-template-columns:5rem 1fr;align-items:center'>"
            f"<span style='font-size:.85rem'>channel {c + 1}</span>"
            "<div style='display:flex;align-items:center;gap:.4rem'>"
            f"<div style='height:.7rem;width:{max(0.5, 75 * share):.1f}%;background:{GRIDS[n]};"
            f"border-radius:2px'></div><span style='font-size:.8rem'>{100 * share:.0f} %</span>"
            "</div></div>"
            for c, share in enumerate(shares)
        )
        lines.append(
            f"<div style='border-left:5px solid {GRIDS[n]};padding-left:.6rem;margin:.4rem 0'>"
            f"{'transformer ' + str(n + 1) if len(undone) > 1 else 'the transformer'}{bars}</div>"
        )
    return f"<div><b>{title}</b>{''.join(lines)}</div>"


def division_words(left: np.ndarray, untouched: np.ndarray) -> str:
    """Which transformer follows which channels, as HTML. left: (N, C); untouched: (C,)."""
    parts = []
    for n, channels in enumerate(owned(left, untouched)):
        if len(left) > 1:
            who = f"<span style='border-bottom:3px solid {GRIDS[n]}'>transformer {n + 1}</span>"
        else:
            who = "its one transformer"
        names = [f"channel {c + 1}" for c in sorted(channels)]
        everything = "both channels" if len(names) == left.shape[1] > 1 else " and ".join(names)
        parts.append(f"{who} follows {everything or 'neither channel'}")
    return ", ".join(parts) + "."


def owned(left: np.ndarray, untouched: np.ndarray) -> list[set[int]]:
    """The channels that each transformer follows: where clearly less pose is left than in U."""
    return [{c for c in range(len(row)) if row[c] < untouched[c] - OWNS} for row in left]
