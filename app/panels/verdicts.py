"""What networks say of an example, with the probability of every class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from app.data import networks
from app.panels.bars import Row, bars, percent

HEADLINE = "font-size:2.4rem;font-weight:600;line-height:1;margin-bottom:.5rem"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a network says: its probabilities (classes,), what has been done to it (as "θ set by
    hand"), and the brightest value that its classifier was given."""

    loaded: networks.LoadedNetwork
    probabilities: np.ndarray
    note: str
    brightest: float


def verdicts(
    rows: list[Verdict],
    truth: int,
    shades: Sequence[str],
    *,
    article: bool = True,
    each: str = "each class",
    headline: str = "",
) -> None:
    """What each network says, and how sure it is of every class.

    shades: a colour for each network; article: before a class, as in "it is a 7"; each: what the
    bars are of; headline: the truth in large type, above them.
    """
    with st.container(key="verdict"):  # stage mode shows it as well
        if headline:
            st.markdown(f"<div style='{HEADLINE}'>{headline}</div>", unsafe_allow_html=True)
        _said(rows, truth, shades, article)
        drawn = [
            Row(title=row.loaded.title, probabilities=row.probabilities, colour=shade)
            for row, shade in zip(rows, shades, strict=False)
        ]
        names = [str(c) for c in range(len(rows[0].probabilities))]
        st.markdown(bars(drawn, names, truth, each), unsafe_allow_html=True)


def _said(rows: list[Verdict], truth: int, shades: Sequence[str], article: bool) -> None:
    right = f"{'an' if truth == 8 else 'a'} {truth}" if article else f"{truth}"
    for index, row in enumerate(rows):
        answer = int(row.probabilities.argmax())
        mark = "✓" if answer == truth else f"✗ — it is {right}"
        note = row.note and f" · {row.note}"
        below = row.loaded.record
        if row.brightest < 0.05:
            below = "V is black: the grid reads no ink, so this answer means nothing"
        st.markdown(
            "<div aria-live='polite' style='border-left:5px solid "
            f"{shades[index]};padding-left:.75rem;margin-bottom:.6rem'><b>{row.loaded.title}</b> "
            f"reads <b style='font-size:1.6em'>{answer}</b> "
            f"({percent(row.probabilities[answer])}) <b>{mark}</b>{note}<br><span "
            f"style='font-size:.9em'>{below}</span></div>",
            unsafe_allow_html=True,
        )
