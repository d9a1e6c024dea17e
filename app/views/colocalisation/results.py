"""Co-localisation: Table 5, ours beside the paper's, and what differs from the text."""

from __future__ import annotations

import json

import numpy as np
import streamlit as st

from app.panels import downloads
from app.panels.results_files import spread
from app.views.colocalisation.boxes import PREFIX

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
    """Table 5, ours beside the paper's; a number opens that class."""
    from stn_core import results
    from stn_core.experiments.colocalisation import COLOCALISATIONS, DISTORTIONS

    found = results.colocalised()
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
            link = f"?boxes_digit={digit}&amp;boxes_clutter={column.upper()}"
            ours = "<i>not run</i>"
            if name in found:
                share = results.share_of_sets(found[name])
                ours = f"<a href='{link}' target='_self'><b>{share}</b></a>"
            parts += f"<td style='text-align:right;white-space:nowrap'>{ours} · {paper}</td>"
        lines.append(f"<tr><td>class {digit}</td>{parts}</tr>")
    means = ""
    for column in DISTORTIONS:
        cells = [c for n, c in COLOCALISATIONS.items() if n.split("/")[1] == column]
        shares = [
            s["localised_percent"] for c in cells if c.name in found for s in found[c.name]["sets"]
        ]
        ours = f"<b>{np.mean(shares):.1f}</b>" if shares else "<i>not run</i>"
        paper = np.mean([c.reported for c in cells])
        means += f"<td style='text-align:right'>{ours} · {paper:.1f}</td>"
    lines.append(f"<tr><td>mean</td>{means}</tr>")
    st.markdown(
        f"<div style='overflow-x:auto'><table>{''.join(lines)}</table></div>",
        unsafe_allow_html=True,
    )
    told = results.colocalisation_lines()
    how = told[told.index(results.HOW_OPTIMISED) + 1 :]
    st.caption("  \n".join(line.strip() for line in how) or "Nothing has been run yet.")
    downloads.buttons(
        ("Table as CSV", "table-5.csv", lambda: downloads.as_csv(rows(found)),
         "Ours and the paper's, with the sets and how they were optimised"),
        ("All of it as JSON", "table-5.json",
         lambda: json.dumps([{**row, "metrics": found.get(row["cell"])} for row in rows(found)]),
         "The same, and every cell's metrics as they were recorded"),
    )  # fmt: skip
    with st.expander("What differs from the text, and why"):
        st.markdown(DEPARTURES)


def rows(found: dict[str, dict]) -> list[dict]:
    """Table 5 for a file, a row for each of its cells. found: the metrics of those that have been
    run, by their names."""
    from stn_core.experiments.colocalisation import COLOCALISATIONS

    told = []
    for name, cell in COLOCALISATIONS.items():
        metrics = found.get(name, {})
        recipe, sets = metrics.get("recipe", {}), metrics.get("sets", [])
        shares = [s["localised_percent"] for s in sets]
        mean, deviation = spread(shares)
        told.append(
            {
                "cell": name,
                "paper": cell.reported,
                "mean": mean,
                "spread": deviation,
                "sets": " ".join(str(s["set_seed"]) for s in sets),
                "localised_percent": " ".join(map(str, shares)),
                "recipe": recipe.get("name"),
                **{key: recipe.get(key) for key in ("iterations", "batch_size", "starts")},
                "encoders": (2 if recipe.get("fine") else 1) if recipe else None,
                "device": metrics.get("device"),
                "seconds": " ".join(str(s["seconds"]) for s in sets),
            }
        )
    return told
