"""Co-localisation: Table 5, our errors and the paper's, and what differs from the text."""

from __future__ import annotations

import html
import json
import statistics
from typing import TYPE_CHECKING

import streamlit as st

from app.figures import Dots, dots
from app.frame import lecture
from app.panels import departures, downloads
from app.panels.chart import chart
from app.panels.results import in_words
from app.panels.results_files import spread
from app.panels.skipped import say_left_out
from app.panels.theme import colours
from app.views.colocalisation.boxes import PREFIX

if TYPE_CHECKING:
    from stn_core.experiments.colocalisation import Colocalisation
    from stn_core.metrics import SearchMetrics

SECTION = "App. A.2"


def table() -> None:
    """A chart, and Table 5, our shares and the paper's; a number opens that class."""
    from stn_core import results
    from stn_core.experiments.colocalisation import COLOCALISATIONS, DISTORTIONS

    metrics = results.colocalised()
    damaged = results.unreadable(metrics)
    say_left_out(damaged)
    _chart(metrics)
    st.markdown(
        "**Table 5.** Localised digits in percent, over sets of 100 MNIST test digits (mean and "
        "spread of the sets): **ours** and the paper's. Click a number to watch that class on "
        "gallery digits."
    )
    head = "".join(f"<th style='text-align:right'>{c.upper()}</th>" for c in DISTORTIONS)
    lines = [f"<tr><th></th>{head}</tr>"]
    for digit in range(10):
        parts = ""
        for column in DISTORTIONS:
            name = f"{PREFIX}{column}/{digit}"
            paper = f"{COLOCALISATIONS[name].reported:.0f}"
            link = lecture.carry(f"?boxes_digit={digit}&boxes_clutter={column.upper()}")
            ours = f"<i>{results.NOT_READABLE if name in damaged else results.NOT_RUN}</i>"
            if name in metrics:
                share = results.share_of_sets(metrics[name])
                ours = f"<a href='{html.escape(link)}' target='_self'><b>{share}</b></a>"
            parts += f"<td style='text-align:right;white-space:nowrap'>{ours} · {paper}</td>"
        lines.append(f"<tr><td>class {digit}</td>{parts}</tr>")
    means = ""
    for column in DISTORTIONS:
        mean = results.column_mean(metrics, column)
        ours = "<i>not run</i>" if mean.ours is None else f"<b>{mean.words}</b>"
        means += f"<td style='text-align:right'>{ours} · {mean.paper:.1f}</td>"
    lines.append(f"<tr><td>mean</td>{means}</tr>")
    st.markdown(
        f"<div style='overflow-x:auto'><table>{''.join(lines)}</table></div>",
        unsafe_allow_html=True,
    )
    how = [
        f"{budget.words}, {budget.median_seconds:.0f} seconds (the median)"
        for budget in results.search_budgets(metrics)
    ]
    st.caption(
        "  \n".join(how) or "Nothing has been measured yet. Run `python -m stn_core colocalise`."
    )
    downloads.buttons(
        ("Table as CSV", "table-5.csv", lambda: downloads.as_csv(rows(metrics)),
         "Our results and the paper's, with the sets and the settings"),
        ("All of it as JSON", "table-5.json",
         lambda: json.dumps(with_metrics(metrics)),
         "The same, with the recorded metrics of every cell"),
    )  # fmt: skip
    with st.expander("Departures from the paper, and why"):
        st.html(departures.table(departures.sections()[SECTION]))


def _chart(metrics: dict[str, SearchMetrics]) -> None:
    """What share of the digits is localised, ours and the paper's, class by class."""
    from stn_core.experiments.colocalisation import COLOCALISATIONS, DISTORTIONS

    series = []
    for column, suffix in zip(DISTORTIONS, ("-open", ""), strict=True):
        cells = [c for name, c in COLOCALISATIONS.items() if name.split("/")[1] == column]
        ours = {
            _class(c.name): statistics.mean(metrics[c.name].shares)
            for c in cells
            if c.name in metrics
        }
        paper = {_class(c.name): float(c.reported) for c in cells}
        kinds = zip(("ours", "the paper"), (ours, paper), ("circle", "diamond"), strict=True)
        series += [
            Dots(
                title=f"{column.upper()}, {whose}",
                values=values,
                colour=shade,
                symbol=symbol + suffix,
            )
            for (whose, values, symbol), shade in zip(kinds, colours().networks, strict=True)
        ]
    names = [_class(f"{digit}") for digit in range(10)]
    st.header("Localised digits", anchor=False)
    chart(
        dots(series, colours(), title="localised", rows=("class", names)),
        name="localised-digits",
        key="localised",
        alt="Share of digits that were localised, by class. " + "; ".join(map(in_words, series)),
    )


def _class(name: str) -> str:
    """``colocalisation/tc/8`` -> ``class 8``."""
    return f"class {name.rsplit('/', 1)[-1]}"


def rows(metrics: dict[str, SearchMetrics]) -> list[dict]:
    """Table 5 for a file, a row for each of its cells. metrics: as ``results.colocalised``."""
    from stn_core.experiments.colocalisation import COLOCALISATIONS

    return [_row(cell, metrics.get(name)) for name, cell in COLOCALISATIONS.items()]


def _row(cell: Colocalisation, metrics: SearchMetrics | None) -> dict:
    recipe, sets = metrics and metrics.recipe, metrics.sets if metrics else ()
    shares = [one.localised_percent for one in sets]
    mean, deviation = spread(shares)
    return {
        "cell": cell.name,
        "paper": cell.reported,
        "mean": mean,
        "spread": deviation,
        "sets": " ".join(str(one.set_seed) for one in sets),
        "localised_percent": " ".join(map(str, shares)),
        "recipe": recipe and recipe.name,
        **{key: recipe and getattr(recipe, key) for key in ("iterations", "batch_size", "starts")},
        "encoders": recipe and (2 if recipe.fine else 1),
        "device": metrics and metrics.device,
        "seconds": " ".join(str(one.seconds) for one in sets),
    }


def with_metrics(metrics: dict[str, SearchMetrics]) -> list[dict]:
    """``rows``, and all that was measured of each cell."""
    from stn_core.typed_json import to_json

    return [{**row, "metrics": to_json(metrics.get(row["cell"]))} for row in rows(metrics)]
