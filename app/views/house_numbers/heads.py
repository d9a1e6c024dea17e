"""What networks read, and how sure each of the five heads is."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.data.plain import in_quotes, plain
from app.panels.bars import percent
from app.views.house_numbers.shown import Reading

NONE = "–"  # a place without a digit
CLASSES = (*map(str, range(10)), NONE)


def heads(rows: Sequence[Reading], truth: str | None, shades: Sequence[str]) -> None:
    """Each network's number, and the probabilities of every head. truth: None if it is unknown."""
    with st.container(key="verdict"):  # stage mode shows it as well
        said = "".join(_said(r, truth, shade) for r, shade in zip(rows, shades, strict=False))
        st.markdown(said + _bars(rows, truth, shades), unsafe_allow_html=True)
    st.caption(". ".join(f"{plain(row.loaded.title)}: {plain(row.loaded.record)}" for row in rows))


def sureness(row: Reading) -> float:
    """The probability of the number that is read: of all five heads together."""
    return float(row.trace.logits[0].softmax(-1).amax(-1).prod())


def _said(row: Reading, truth: str | None, shade: str) -> str:
    number = row.number or "nothing"
    mark = ""
    if truth is not None:
        mark = " <b>✓</b>" if row.number == truth else f" <b>✗ — it is {truth}</b>"
    note = " · θ set by hand" if row.by_hand else ""
    return (
        f"<div aria-live='polite' style='border-left:5px solid {shade};padding-left:.75rem;"
        f"margin-bottom:.5rem'><b>{plain(row.loaded.title)}</b> reads "
        f"<b style='font-size:1.6em'>{number}</b> ({percent(sureness(row))}){mark}{note}</div>"
    )


def _bars(rows: Sequence[Reading], truth: str | None, shades: Sequence[str]) -> str:
    """A column for each head, a line for each class, a bar for each network."""
    odds = [row.trace.logits[0].softmax(-1).numpy() for row in rows]
    count = odds[0].shape[0]
    right = [] if truth is None else [*map(int, truth), *[len(CLASSES) - 1] * (count - len(truth))]
    head = "".join(f"<span>{place + 1}</span>" for place in range(count))
    lines = []
    for c, name in enumerate(CLASSES):
        cells = ""
        for place in range(count):
            own = "".join(
                f"<div style='height:.3rem;width:{max(2, 100 * o[place, c]):.0f}%;"
                f"background:{shade};opacity:{1 if o[place, c] >= 0.005 else 0.15};"
                "border-radius:1px;margin:1px 0;transition:width .1s'></div>"
                for o, shade in zip(odds, shades, strict=False)
            )
            ring = "outline:1px solid currentColor;" if right and right[place] == c else ""
            cells += f"<div style='padding:0 2px;{ring}'>{own}</div>"
        lines.append(f"<span style='line-height:1'>{name}</span>{cells}")
    summary = "; ".join(
        f"{plain(row.loaded.title)}: "
        + ", ".join(f"{CLASSES[p.argmax()]} {percent(float(p.max()))}" for p in o)
        for row, o in zip(rows, odds, strict=True)
    )
    marked = "" if truth is None else " Framed: the true class."
    return (
        f"<div role='img' aria-label='Most likely class of each head. {in_quotes(summary)}' "
        f"style='display:grid;grid-template-columns:1rem repeat({count},minmax(0,1fr));"
        f"gap:.12rem .3rem;align-items:center;font-size:.8rem'><span></span>{head}"
        f"{''.join(lines)}</div>"
        "<p style='font-size:.85rem;line-height:1.3;margin:.3rem 0 .4rem'>Probability of each "
        f"class, one column per head; {NONE}: no digit.{marked}</p>"
    )
