"""What networks say of an example, with the probability of every class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from app.data import networks

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
        st.markdown(_bars(rows, truth, shades, each), unsafe_allow_html=True)


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
            f"({_percent(row.probabilities[answer])}) <b>{mark}</b>{note}<br><span "
            f"style='font-size:.9em'>{below}</span></div>",
            unsafe_allow_html=True,
        )


def _bars(rows: list[Verdict], truth: int, shades: Sequence[str], each: str) -> str:
    """The probabilities as bars: drawn by the browser at once, ten times a second if need be."""
    lines = []
    height = 1.55 if len(rows[0].probabilities) <= 10 else 1.25
    for digit in range(len(rows[0].probabilities)):
        bars = "".join(
            f"<div style='display:flex;align-items:center;gap:.4rem'><div style='height:.6rem;"
            f"width:calc({max(0.003, row.probabilities[digit]):.3f}*(100% - 4.8rem));"
            f"background:{shade};"
            "border-radius:2px;transition:width .1s'></div>"
            "<span style='font-size:.75rem;line-height:.8rem;white-space:nowrap'>"
            f"{_share(row.probabilities[digit])}</span></div>"
            for row, shade in zip(rows, shades, strict=False)
        )
        name = f"<b>{digit}</b> ◂" if digit == truth else f"{digit}"
        lines.append(
            "<div style='display:grid;grid-template-columns:2rem 1fr;align-items:center;"
            f"min-height:{height}rem'><span>{name}</span><div>{bars}</div></div>"
        )
    summary = "; ".join(
        f"{row.loaded.title}: "
        + ", ".join(f"{d} {_share(p)}" for d, p in enumerate(row.probabilities) if p >= 0.005)
        for row in rows
    )
    return (
        f"<div role='img' aria-label='Class probabilities. {summary}'>{''.join(lines)}</div><p "
        f"style='font-size:.85rem;margin:.2rem 0 1rem'>Probability of {each}; ◂ marks the true "
        "one.</p>"
    )


def _share(share: float) -> str:
    return "" if share < 0.005 else _percent(share)


def _percent(share: float) -> str:
    """Never 100 %, which no softmax says."""
    return "over 99.9 %" if share > 0.999 else f"{100 * share:.1f} %"
