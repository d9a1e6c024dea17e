"""Co-localisation: Table 5, our errors and the paper's, and what differs from the text."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING

import streamlit as st

from app.frame import lecture
from app.panels import downloads
from app.panels.results_files import spread
from app.panels.skipped import say_left_out
from app.views.colocalisation.boxes import PREFIX

if TYPE_CHECKING:
    from stn_core.experiments.colocalisation import Colocalisation
    from stn_core.metrics import SearchMetrics

DEPARTURES = """
- **Each layer's activations are divided by their own length.** On plain ones Eq. 8 is smaller for
  empty crops than for perfect ones: nothing in a black crop differs from another black crop, and
  the boxes flee (*Run it live*, "as printed").
- **A margin of 6 in place of 1**, so that a pair goes on pulling when it is right already.
- **The boxes are read a little off while they look for the object**, less and less. The gradient of
  one crop points anywhere; the mean of those around it points to the object. Without it, nothing
  was found among clutter.
- **The largest box allowed shrinks**, from s = 0.8 to 0.36: first where the object is, then how
  large. Random patches are of the digit's size as well; so about how large it is, is given.
- **The encoder has seen digits small, large, cut off and among clutter.** One that has not gives
  no direction to a box that is far away. But it does not mind a box that is a little off: the loop
  of every 6 is as much alike as every 6.
- **For the last 30 % of the steps a finer encoder compares the crops**, and the loss jumps. It has
  learnt, from crops of other digits whose place was known, that half a box off is no digit. So more
  is given than in the paper: without it, a 6 is found in a quarter of its images.
- **The localisation network's convolution has stride 1**, as "100k parameters" asks for; with the
  text's stride of 4 it would have 6k.
- **The first hidden layer learns at a tenth of the rate.** Each of its eight units has 11,552
  weights, which Adam moves all at once: at the full rate units are dead within twenty steps, and
  among clutter every second start finds nothing.
- **Among clutter two starts are made side by side**; after a quarter of the steps the one with the
  lower loss goes on. The loss knows no label and no true box.
"""


def table() -> None:
    """Table 5, our errors and the paper's; a number opens that class."""
    from stn_core import results
    from stn_core.experiments.colocalisation import COLOCALISATIONS, DISTORTIONS

    metrics = results.colocalised()
    damaged = results.unreadable(metrics)
    say_left_out(damaged)
    st.markdown(
        "**Table 5.** Digits localised in percent, in sets of 100 of MNIST's test digits (the mean "
        "of the sets, and its spread): **ours**, and the paper's. Click a number to watch that "
        "class on gallery digits."
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
    st.caption("  \n".join(how) or "Nothing has been run yet.")
    downloads.buttons(
        ("Table as CSV", "table-5.csv", lambda: downloads.as_csv(rows(metrics)),
         "Ours and the paper's, with the sets and how they were optimised"),
        ("All of it as JSON", "table-5.json",
         lambda: json.dumps(with_metrics(metrics)),
         "The same, and every cell's metrics as they were recorded"),
    )  # fmt: skip
    with st.expander("What differs from the text, and why"):
        st.markdown(DEPARTURES)


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
