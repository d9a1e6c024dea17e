"""Do the windows find parts? The share of photographs whose head, or body, is in a window."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import figures
from app.data import networks
from app.panels.chart import chart
from app.panels.scrolled import scrolled
from app.panels.theme import colours

REFERENCES = {"centre": "in the centre", "random": "at random"}
WORDS = {"head": "whole head", "body": "whole body"}
EXPLAINED = (
    "**Head**: beak, crown, forehead, eyes, nape, throat. **Body**: back, belly, breast, wings. A "
    "photograph counts if all points of the part that CUB marks as visible are in the window. The "
    "windows *in the centre* and *at random* have the same size; the random ones are 20 a "
    "photograph, inside the image. Numbers: a network's windows. Bars: 95 % confidence intervals "
    "over photographs."
)
BEST = (
    "For each part a window of its own, chosen so that together the windows contain the two parts "
    "most often. *More than in the centre*, *more by moving*: percentage points on the same "
    "photographs, with 95 % confidence intervals. *By moving* compares a window with itself at its "
    "mean place."
)
BEST_COLUMNS = ("network", "part", "window", "photographs", "more than in the centre",
                "more by moving")  # fmt: skip
ELSEWHERE = (
    "The same networks read the same photographs, with their windows somewhere else: percentage "
    "points **more** that they then misread (below 0: fewer), with 95 % confidence intervals."
)
MOVED = {
    "mean": "With every window kept at its mean place",
    "marked": "With two windows on the marked head and body",
}
PLACES = {"mean": "each at its mean place", "marked": "on the marked head and body"}


def found_parts(cells: dict) -> None:
    """How often each window contains a part, and what it gains by moving. cells: the table's."""
    from stn_core import results
    from stn_core.birds.parts import REGIONS

    st.header("Which parts do the windows find?", anchor=False)
    found = results.parts(cells)
    if not found:
        st.info("No network with windows is published yet, so nothing has been measured.")
        return
    shades = colours().plain
    series = []
    for region, colour, symbol in zip(REGIONS, shades, ("circle", "diamond"), strict=True):
        values = {
            (REFERENCES[window], ""): _three(shares[region])
            for window, shares in results.references(found).items()
        }
        for one in found:
            row = f"{networks.network_title(one.name)}<br>seed {one.measured.seed}"
            for window in one.windows:
                values[row, window] = _three(one.share(window, region))
        series.append(
            figures.Measured(title=WORDS[region], values=values, colour=colour, symbol=symbol)
        )
    st.markdown(_answer(found))
    chart(
        figures.shares(series, (REFERENCES["centre"], ""), "window", colours()),
        name="parts-in-windows",
        key="parts",
        alt="Share of photographs in percent that have a part in a window. "
        + "; ".join(map(_in_words, series)),
    )
    st.caption(EXPLAINED)
    with st.expander("A window for each part, in numbers"):
        st.caption(BEST)
        rows = [row for one in found for row in _best(one)]
        scrolled("Best windows", _table(BEST_COLUMNS, rows))
    if placed := [one for one in found if one.measured.placed]:
        st.header("Do the windows have to follow the bird?", anchor=False)
        st.markdown(_cost(placed))
        rows = [
            [_name(one), *(_points(one.measured.placed[place]) for place in PLACES)]
            for one in placed
        ]
        scrolled("Windows elsewhere", _table(("network", *PLACES.values()), rows))
        st.caption(ELSEWHERE)


def _name(one) -> str:
    return f"{networks.network_title(one.name)}, seed {one.measured.seed}"


def _three(share) -> tuple[float, float, float]:
    return share.percent, share.low, share.high


def _answer(found: list) -> str:
    """How many windows have a part more often than the window in the centre."""
    counts = {
        region: sum(_is_more(one.share(w, region).ahead) for one in found for w in one.windows)
        for region in WORDS
    }
    windows = sum(len(one.windows) for one in found)
    contain = "contains" if counts["head"] == 1 else "contain"
    return (
        "The networks were trained on the species only, never on parts. Of their "
        f"{windows} windows, **{counts['head'] or 'none'} {contain} the {WORDS['head']} more "
        f"often** than a window in the centre does, and {counts['body'] or 'none'} the "
        f"{WORDS['body']}."
    )


def _cost(placed: list) -> str:
    """How many networks misread more, or fewer, with their windows elsewhere."""
    words = []
    for place, where in MOVED.items():
        costs = [one.measured.placed[place] for one in placed]
        more = sum(map(_is_more, costs))
        fewer = sum(cost.decided for cost in costs) - more
        words.append(
            f"{where}, {more or 'none'} of the {len(placed)} networks "
            f"misread{'s' * (more < 2)} more photographs, and {fewer or 'none'} "
            f"misread{'s' * (fewer < 2)} fewer."
        )
    return " ".join(words)


def _is_more(ahead) -> bool:
    """Whether an interval is above 0."""
    return ahead is not None and ahead.decided and ahead.percent > 0


def _best(one) -> list[list[str]]:
    """A row for each part: which window is taken for it, and how often that contains it."""
    return [
        [
            _name(one),
            WORDS[region],
            window,
            f"{share.percent:.1f} %",
            _points(share.ahead),
            _points(share.follows),
        ]
        for region, window in one.measured.best.items()
        for share in [one.share(window, region)]
    ]


def _points(ahead) -> str:
    """``+20.4 (+18.7 to +22.0)``; a dash for what was not measured."""
    if ahead is None:
        return "–"
    low, high = (f"{x:+.1f}" for x in (ahead.low, ahead.high))
    return f"{ahead.percent:+.1f} ({low} to {high})".replace("-", "−")


def _table(columns: Sequence[str], rows: list[list[str]]) -> str:
    """In Markdown."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _in_words(series: figures.Measured) -> str:
    """The numbers, for those who do not see the chart."""
    rows = ", ".join(
        f"{row.replace('<br>', ', ')}{f', window {window}' if window else ''}: {v:.1f}"
        for (row, window), (v, _, _) in series.values.items()
    )
    return f"{series.title}: {rows}"
