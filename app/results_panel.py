"""Table 1: ours beside the paper's, and what the networks misread."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import streamlit as st

import figures
import loading
from palette import GRIDS
from panels import colours, pixels
from stage import Item, strip

GALLERY = 10  # digits in a row of misread ones


def results_panel() -> None:
    """The table, a network's confusions, and the digits that CNN and ST-CNN disagree about."""
    from stn_core import results

    cells = results.cells("distorted")
    rows, columns = results.rows_and_columns("distorted")
    st.markdown(
        "**Table 1.** Error in percent on MNIST's 10,000 test digits, each distorted with a fixed "
        "seed: **ours**, and the paper's. Click a number to open that network."
    )
    st.markdown(_table(cells, rows, columns), unsafe_allow_html=True)
    _budgets(cells)
    left, right = st.columns(2, gap="large")
    with left:
        _claims(columns)
    with right:
        _confusion({name: cell for name, cell in cells.items() if cell.metrics})
    _disagreements(cells, columns)
    _downloads(cells)


def _table(cells: dict, rows: list[str], columns: list[str]) -> str:
    """HTML, so that it scrolls on a narrow screen and its links stay in this tab."""
    head = "".join(f"<th style='text-align:right'>{c.upper()}</th>" for c in columns)
    lines = [f"<tr><th></th>{head}</tr>"]
    for row in rows:
        parts = "".join(
            "<td style='text-align:right;white-space:nowrap'>"
            f"{_cell(cells[f'distorted/{column}/{row}'], column, row)}</td>"
            for column in columns
        )
        name = loading.network_title(row)
        lines.append(f"<tr><td style='white-space:nowrap'>{name}</td>{parts}</tr>")
    return f"<div style='overflow-x:auto'><table>{''.join(lines)}</table></div>"


def _cell(cell, column: str, row: str) -> str:
    paper = "–" if cell.experiment.reported is None else f"{cell.experiment.reported:.1f}"
    if cell.metrics is None:
        return f"<i>not trained</i> · {paper}"
    title = loading.network_title(row).replace(" ", "+")
    link = f"?distortion={column.upper()}&amp;a_{column}={title}"
    return f"<a href='{link}' target='_self'><b>{cell.ours}</b></a> · {paper}"


def _budgets(cells: dict) -> None:
    from stn_core import results

    with st.expander("Seeds, budget and device of every network"):
        st.markdown("\n".join(f"- {line.strip()}" for line in results.budgets(cells)))
    st.caption(
        "The paper's: means of three seeds, after 150,000 iterations of 256 by SGD. Where ours is "
        "larger, that is how far this budget has come; what has not been trained says so."
    )


def _claims(columns: list[str]) -> None:
    """What the paper says of the order, and whether these networks bear it out."""
    from stn_core import results

    st.markdown("**Is a difference one?** Paired on the same digits, 95 % confidence")
    lines = ["| | smaller error | than | by | interval | |", "|---|---|---|---:|---:|---|"]
    for column in columns:
        for d in results.differences("distorted", column):
            names = (loading.network_title(n.rsplit("/", 1)[1]) for n in (d.better, d.than))
            verdict = "undecided" if not d.decided else "yes" if d.percent > 0 else "**no**"
            lines.append(
                f"| {column.upper()} | {' | '.join(names)} | {d.percent:.2f} % | "
                f"{d.low:.2f} to {d.high:.2f} | {verdict} |"
            )
    with st.container(height=460):
        st.markdown("\n".join(lines))


def _confusion(cells: dict) -> None:
    st.markdown("**What is taken for what**")
    first = "distorted/rts/st-cnn-aff"
    names = list(cells)
    name = st.selectbox(
        "Network", names, index=names.index(first) if first in names else 0,
        format_func=loading.full_title, key="confusion", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    counts = np.array(cells[name if name in cells else names[0]].metrics["confusion_test"])
    st.plotly_chart(
        figures.confusion(counts, colours()),
        config=figures.CONFIG,
        theme=None,
        key="confusion-chart",
        alt="Confusion matrix on the test digits",
    )


def _disagreements(cells: dict, columns: list[str]) -> None:
    """Gallery digits that the CNN misreads and the ST-CNN reads, and those that both misread."""
    st.markdown("**Who misreads what**: gallery digits, found when the networks were measured")
    column = st.segmented_control(
        "Distortion of the misread digits", [c.upper() for c in columns], default="RTS",
        required=True, key="misread", bind="query-params", label_visibility="collapsed",
    )  # fmt: skip
    pair = [cells[f"distorted/{column.lower()}/{n}"] for n in ("cnn", "st-cnn-aff")]
    if not all(cell.metrics for cell in pair):
        st.info(f"The CNN or the ST-CNN Aff on {column} has not been trained yet.")
        return
    plain, transformed = (
        {
            (int(digit), seed): said
            for seed, wrong in enumerate(cell.metrics["misread_examples"])
            for digit, said in wrong.items()
        }
        for cell in pair
    )
    groups = {
        "CNN wrong, ST-CNN Aff right": [p for p in plain if p not in transformed],
        "CNN right, ST-CNN Aff wrong": [p for p in transformed if p not in plain],
        "Both wrong": [p for p in plain if p in transformed],
    }
    total = 1000 * len(pair[0].metrics["misread_examples"])
    name = f"distorted/{column.lower()}/st-cnn-aff"
    for index, (title, places) in enumerate(groups.items()):
        st.caption(f"{title}: {len(places)} of {total:,}")
        if not places:
            continue
        items = []
        for digit, seed in sorted(places)[:: max(1, len(places) // GALLERY)][:GALLERY]:
            example = loading.example(name, digit, seed)
            said = plain.get((digit, seed), transformed.get((digit, seed)))
            items.append(
                Item(
                    id=f"{digit}.{seed}",
                    image=pixels(example.images)[0],
                    theta=None,
                    label=f"{int(example.labels[0])} → {said}",
                    alt=f"Open this {int(example.labels[0])}, misread as {said}",
                )
            )
        strip(
            items,
            key=f"misread-{index}",
            token=f"{column}/{index}/{len(places)}/{GRIDS[0]}",
            on_selected=_open,
        )


def _open(place: str) -> None:
    """Take a misread digit to the explorer; called before the widgets are drawn again."""
    digit, seed = map(int, place.split("."))
    column = st.session_state["misread"]
    st.session_state["view"] = "Explore"
    st.session_state["distortion"] = column
    st.session_state["digit"], st.session_state["seed"] = digit, seed
    st.session_state[f"a_{column.lower()}"] = "st-cnn-aff"
    st.session_state[f"b_{column.lower()}"] = "cnn"


def _downloads(cells: dict) -> None:
    records = [
        {
            "experiment": name,
            "paper": cell.experiment.reported,
            "ours": cell.error,
            **(
                {
                    "errors": cell.metrics["errors"],
                    "seeds": cell.metrics["seeds"],
                    "iterations": cell.metrics["recipe"]["iterations"],
                    "batch_size": cell.metrics["recipe"]["batch_size"],
                    "recipe": cell.metrics["recipe"]["name"],
                    "device": cell.metrics["device"],
                    "precision": cell.metrics["precision"],
                    "parameters": cell.metrics["parameters"],
                    "confusion_test": cell.metrics["confusion_test"],
                    "misread_test": cell.metrics["misread_test"],
                }
                if cell.metrics
                else {}
            ),
        }
        for name, cell in cells.items()
    ]
    plain = ["experiment", "paper", "ours", "recipe", "iterations", "batch_size", "device"]
    text = io.StringIO()
    writer = csv.DictWriter(text, plain, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(records)
    with st.container(horizontal=True):
        st.download_button("Table as CSV", text.getvalue(), "table-1.csv", "text/csv")
        st.download_button(
            "All of it as JSON", json.dumps(records), "table-1.json", "application/json"
        )
