"""Do the windows find parts? The share of photographs whose head, or body, is in a window."""

from __future__ import annotations

import streamlit as st

from app import figures
from app.data import networks
from app.panels.chart import chart
from app.panels.theme import colours

REFERENCES = {"centre": "in the centre", "random": "at random"}
WORDS = {"head": "whole head", "body": "whole body"}
EXPLAINED = (
    "**Head**: beak, crown, forehead, eyes, nape, throat. **Body**: back, belly, breast, wings. A "
    "photograph counts if all points of the part that CUB marks as visible are in the window. The "
    "windows *in the centre* and *at random* have the same size; the random ones are 20 a "
    "photograph, inside the image. *Points*: percentage points more than the window in the centre, "
    "on the same photographs. *Moving*: points more than the same window has where it stays at its "
    "mean place, since heads are above bodies on most photographs. Bars, and the numbers after the "
    "points: 95 % confidence intervals over photographs. The networks were trained on species "
    "only, never on parts."
)
ELSEWHERE = (
    "**Would it help to look elsewhere?** The same networks read the same photographs, with their "
    "windows elsewhere. How many percentage points more they then misread (below 0: fewer):"
)
PLACES = {"mean": "each at its mean place", "marked": "on the marked head and body"}


def found_parts(cells: dict) -> None:
    """A chart of every seed's windows, and what it says in a sentence. cells: the table's."""
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
            REFERENCES[window]: _three(shares[region])
            for window, shares in results.references(found).items()
        }
        for one in found:
            title = networks.network_title(one.name)
            for window in one.windows:
                row = f"{title}<br>seed {one.measured.seed}, window {window}"
                values[row] = _three(one.share(window, region))
        series.append(
            figures.Measured(title=WORDS[region], values=values, colour=colour, symbol=symbol)
        )
    st.markdown(_said(found))
    chart(
        figures.shares(series, REFERENCES["centre"], colours()),
        name="parts-in-windows",
        key="parts",
        alt="Share of photographs in percent that have a part in a window. "
        + "; ".join(map(_in_words, series)),
    )
    st.caption(EXPLAINED)
    if placed := [one for one in found if one.measured.placed]:
        st.markdown(
            "\n".join(
                [ELSEWHERE, "", *(f"- **{_name(one)}**: {_elsewhere(one)}" for one in placed)]
            )
        )


def _name(one) -> str:
    return f"{networks.network_title(one.name)}, seed {one.measured.seed}"


def _elsewhere(one) -> str:
    """``each at its mean place −0.9 points, −1.5 to −0.3; on the marked head and body …``."""
    return "; ".join(f"{PLACES[w]} {_points(cost)}" for w, cost in one.measured.placed.items())


def _three(share) -> tuple[float, float, float]:
    return share.percent, share.low, share.high


def _said(found: list) -> str:
    """Of each network and seed: which window has which part, and how many more than the centre."""
    return "\n".join(f"- **{_name(one)}**: {_of_seed(one)}" for one in found)


def _of_seed(one) -> str:
    """``window 1 has the whole head in 62.1 % (+17.0 points, 15.1 to 18.9)``."""
    words = []
    for region, window in one.measured.best.items():
        share = one.share(window, region)
        more = f" ({_points(share.ahead)})" if share.ahead else ""
        moving = f", moving: {_points(share.follows)}" if share.follows else ""
        words.append(
            f"window {window} has the {WORDS[region]} in {share.percent:.1f} %{more}{moving}"
        )
    return "; ".join(words)


def _points(ahead) -> str:
    against = "" if ahead.decided else ", undecided"
    low, high = (f"{x:+.1f}" for x in (ahead.low, ahead.high))
    return f"{ahead.percent:+.1f} points, {low} to {high}{against}".replace("-", "−")


def _in_words(series: figures.Measured) -> str:
    """The numbers, for those who do not see the chart."""
    rows = ", ".join(
        f"{row.replace('<br>', ', ')}: {v:.1f}" for row, (v, _, _) in series.values.items()
    )
    return f"{series.title}: {rows}"
