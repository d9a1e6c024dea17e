"""Class probabilities as bars: drawn by the browser at once, ten times a second if need be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.data.plain import in_quotes

FEW = 10  # classes, which have room about them
CHARACTER_REM = 0.55  # of a class's name


@dataclass(frozen=True, kw_only=True)
class Row:
    """What one network, or one grid, says. title: of it; colour: of its bars."""

    title: str
    probabilities: np.ndarray
    colour: str


def bars(
    rows: Sequence[Row],
    names: Sequence[str],
    truth: int | None,
    each: str,
    classes: Sequence[int] | None = None,
) -> str:
    """HTML. names: of all classes, as ``plain`` gives them; truth: the true one, if it is known;
    each: what the bars are of; classes: those that are drawn, by default all."""
    classes = range(len(names)) if classes is None else classes
    longest = max(len(names[c]) for c in classes)
    wide = f"{min(9.0, max(2.0, 0.8 + CHARACTER_REM * longest)):.2f}rem"
    height = 1.55 if len(classes) <= FEW else 1.25
    lines = []
    for c in classes:
        own = "".join(
            f"<div style='display:flex;align-items:center;gap:.4rem'><div style='height:.6rem;"
            f"width:calc({max(0.003, row.probabilities[c]):.3f}*(100% - 4.8rem));"
            f"background:{row.colour};"
            "border-radius:2px;transition:width .1s'></div>"
            "<span style='font-size:.75rem;line-height:.8rem;white-space:nowrap'>"
            f"{_share(row.probabilities[c])}</span></div>"
            for row in rows
        )
        name = f"<b>{names[c]}</b> ◂" if c == truth else names[c]
        lines.append(
            f"<div style='display:grid;grid-template-columns:{wide} minmax(0,1fr);"
            f"align-items:center;min-height:{height}rem'><span style='overflow:hidden;"
            f"text-overflow:ellipsis;white-space:nowrap'>{name}</span><div>{own}</div></div>"
        )
    summary = "; ".join(
        f"{row.title}: "
        + ", ".join(
            f"{names[c]} {_share(row.probabilities[c])}"
            for c in classes
            if row.probabilities[c] >= 0.005
        )
        for row in rows
    )
    marked = "" if truth is None else "; ◂ marks the true one"
    return (
        f"<div role='img' aria-label='Class probabilities. {in_quotes(summary)}'>{''.join(lines)}"
        f"</div><p style='font-size:.85rem;margin:.2rem 0 1rem'>Probability of {each}{marked}.</p>"
    )


def percent(share: float) -> str:
    """Never 100 %, which no softmax says."""
    return "over 99.9 %" if share > 0.999 else f"{100 * share:.1f} %"


def _share(share: float) -> str:
    return "" if share < 0.005 else percent(share)
