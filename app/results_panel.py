"""A table of the paper: ours beside the paper's, and what the networks misread."""

from __future__ import annotations

import csv
import dataclasses
import io
import json

import numpy as np
import streamlit as st

import figures
import loading
from palette import GRIDS
from panels import colours, pixels
from stage import Item, strip
from tables import TABLES, Table, network_field

GALLERY = 10  # pictures in a row of misread ones
LIT = f"background:{GRIDS[0]}22;"  # of a table's column


def results_panel(table: str, column: str | None = None) -> None:
    """The table; and of a column, by default the first, what its networks' differences are worth,
    what each of them takes for what, and what two of them disagree about."""
    from stn_core import results

    words = TABLES[table]
    cells = results.cells(table)
    rows, columns = results.rows_and_columns(table)
    chosen = column or columns[0]
    on = f", on {chosen.upper()}" if len(columns) > 1 else ""
    told = "" if words.number is None else f"**Table {words.number}.** "
    beside = ", and the paper's" if words.number else ""
    st.markdown(
        f"{told}Error in percent on {words.measured}: **ours**{beside}. Click a number to open "
        "that network."
    )
    lit = chosen if len(columns) > 1 else None
    st.markdown(_table(table, cells, rows, columns, lit), unsafe_allow_html=True)
    _budgets(cells, words)
    left, right = st.columns(2, gap="large")
    with left:
        _claims(table, chosen, on)
    with right:
        _confusion({row: cells[f"{table}/{chosen}/{row}"] for row in rows}, words, on)
    _disagreements(table, cells, chosen, on)
    _downloads(table, cells, columns, words)


def _table(table: str, cells: dict, rows: list[str], columns: list[str], lit: str | None) -> str:
    """HTML, so that it scrolls on a narrow screen and its links stay in this tab. lit: the column
    that what stands below is of."""
    style = {c: f"text-align:right;{LIT if c == lit else ''}" for c in columns}
    head = "".join(f"<th style='{style[c]}'>{c.upper()}</th>" for c in columns)
    lines = [f"<tr><th></th>{head}</tr>"]
    for row in rows:
        parts = "".join(
            f"<td style='{style[column]}white-space:nowrap'>"
            f"{_cell(cells[f'{table}/{column}/{row}'], table, column, row)}</td>"
            for column in columns
        )
        name = loading.network_title(row)
        lines.append(f"<tr><td style='white-space:nowrap'>{name}</td>{parts}</tr>")
    return f"<div style='overflow-x:auto'><table>{''.join(lines)}</table></div>"


def _cell(cell, table: str, column: str, row: str) -> str:
    paper = "–" if cell.experiment.reported is None else f"{cell.experiment.reported:.1f}"
    paper = f" · {paper}" if TABLES[table].number else ""
    if cell.metrics is None:
        return f"<i>not trained</i>{paper}"
    title = loading.network_title(row).replace(" ", "+")
    several = f"distortion={column.upper()}&amp;" if TABLES[table].field is None else ""
    link = f"?{several}{network_field('a', f'{table}/{column}/')}={title}"
    return f"<a href='{link}' target='_self'><b>{cell.ours}</b></a>{paper}"


def _budgets(cells: dict, words: Table) -> None:
    from stn_core import results

    with st.expander("Seeds, budget and device of every network"):
        st.markdown("\n".join(f"- {line.strip()}" for line in results.budgets(cells)))
        if others := results.tried(cells):
            st.markdown(results.OTHER_RECIPES)
            st.markdown("\n".join(f"- {line.strip()}" for line in others))
    larger = " Where ours is larger, that is how far this budget has come." if words.number else ""
    st.caption(f"{words.paper}{larger} What has not been trained says so.")


def _claims(table: str, column: str, on: str) -> None:
    """What the paper says of the order, and whether these networks bear it out."""
    from stn_core import results

    st.markdown(f"**Is a difference one?** Paired on the same digits{on}, 95 % confidence")
    found = results.differences(table, column)
    if not found:
        st.info("No two networks that the paper compares have been trained yet.")
        return
    lines = ["| smaller error | than | by | interval | so here? |", "|---|---|---:|---:|---|"]
    for d in found:
        names = (loading.network_title(n.rsplit("/", 1)[1]) for n in (d.better, d.than))
        by, low, high = (f"{x:.2f}".replace("-", "−") for x in (d.percent, d.low, d.high))
        verdict = "undecided" if not d.decided else "yes" if d.percent > 0 else "**no**"
        lines.append(f"| {' | '.join(names)} | {by} % | {low} to {high} | {verdict} |")
    st.markdown("\n".join(lines))


def _confusion(cells: dict, words: Table, on: str) -> None:
    """Of one network of a column. cells: by the networks' short names."""
    st.markdown(f"**What is taken for what**{on}")
    short = st.selectbox(
        "Network", list(cells), index=list(cells).index(words.compared[1]),
        format_func=loading.network_title, key="confusion", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    if not (metrics := cells[short].metrics):
        st.info("This network has not been trained yet. Choose another.")
        return
    counts = np.array(metrics["confusion_test"])
    st.plotly_chart(
        figures.confusion(counts, colours()),
        config=figures.CONFIG,
        theme=None,
        key="confusion-chart",
        alt="Confusion matrix on the test digits",
    )


def _disagreements(table: str, cells: dict, column: str, on: str) -> None:
    """Examples that one of two networks misreads and the other reads, and that both misread."""
    words = TABLES[table]
    st.markdown(
        f"**Who misreads what**{on}: {words.examples}, found when the networks were measured"
    )
    pair = [cells[f"{table}/{column}/{n}"] for n in words.compared]
    one, other = (loading.network_title(n) for n in words.compared)
    if not all(cell.metrics for cell in pair):
        st.info(f"The {one} or the {other} has not been trained yet{on}.")
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
        f"{one} wrong, {other} right": [p for p in plain if p not in transformed],
        f"{one} right, {other} wrong": [p for p in transformed if p not in plain],
        "Both wrong": [p for p in plain if p in transformed],
    }
    total = 1000 * len(pair[0].metrics["misread_examples"])
    name = f"{table}/{column}/{words.compared[1]}"
    for index, (title, places) in enumerate(groups.items()):
        st.caption(f"{title}: {len(places)} of {total:,}")
        if not places:
            continue
        items = []
        for digit, seed in sorted(places)[:: max(1, len(places) // GALLERY)][:GALLERY]:
            images, label = loading.pictured(name, digit, seed)
            said = plain.get((digit, seed))
            said = transformed[(digit, seed)] if said is None else said
            items.append(
                Item(
                    id=f"{digit}.{seed}",
                    image=pixels(images)[0],
                    theta=None,
                    label=f"{label} → {said}",
                    alt=f"Open this {label}, misread as {said}",
                )
            )
        strip(
            items,
            key=f"misread-{index}",
            token=f"{table}/{column}/{index}/{len(places)}/{GRIDS[0]}",
            on_selected=lambda place: _open(place, table, column),
        )


def _open(place: str, table: str, column: str) -> None:
    """Take a misread example to the explorer; called before the widgets are drawn again."""
    digit, seed = map(int, place.split("."))
    prefix = f"{table}/{column}/"
    chosen = {network_field("b", prefix): TABLES[table].compared[0]}
    chosen[network_field("a", prefix)] = TABLES[table].compared[1]
    if table == "distorted":
        chosen |= {"view": "Explore", "distortion": column.upper(), "digit": digit, "seed": seed}
    elif table == "volumes":
        chosen |= {"volume_view": "Explore", "volume_digit": digit, "volume_seed": seed}
    else:
        second = loading.partner(digit, seed)
        chosen |= {"sum_view": "Explore", "first": digit, "second": second, "sum_seed": seed}
    st.session_state.update(chosen)


def _downloads(table: str, cells: dict, columns: list[str], words: Table) -> None:
    file = (
        "-".join(words.title.lower().split()) if words.number is None else f"table-{words.number}"
    )
    with st.container(horizontal=True):
        st.download_button(
            "Table as CSV",
            as_csv(cells),
            f"{file}.csv",
            "text/csv",
            help="Ours and the paper's errors, with recipe, budget, seeds and device",
        )
        st.download_button(
            "All of it as JSON",
            json.dumps(everything(table, cells, columns)),
            f"{file}.json",
            "application/json",
            help="Every network's metrics as they were recorded, what other recipes came to, and "
            "what the differences are worth",
        )


def as_csv(cells: dict) -> str:
    """A line for each network of a table; of one that is not trained, its name and the paper's
    error."""
    from stn_core.experiment import Recipe

    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(
        ("experiment", "paper", "ours", "seeds", "errors", "recipe", "method", "iterations",
         "batch_size", "learning_rate", "device", "precision", "parameters")
    )  # fmt: skip
    for name, cell in cells.items():
        line = [name, cell.experiment.reported, cell.error]
        if metrics := cell.metrics:
            recipe = Recipe.from_json(metrics["recipe"])
            line += [" ".join(map(str, metrics[key])) for key in ("seeds", "errors")]
            line += [recipe.name, recipe.method, recipe.iterations, recipe.batch_size]
            line += [recipe.learning_rate]
            line += [metrics[key] for key in ("device", "precision", "parameters")]
        writer.writerow(line)
    return text.getvalue()


def everything(table: str, cells: dict, columns: list[str]) -> dict[str, list[dict]]:
    """All that is shown of a table, and what it was made from."""
    from stn_core import checkpoints, results

    networks = [
        {
            "experiment": name,
            "paper": cell.experiment.reported,
            "ours": cell.error,
            "metrics": cell.metrics,
            "other_recipes": checkpoints.load_tried(cell.experiment),
        }
        for name, cell in cells.items()
    ]
    differences = [
        {**dataclasses.asdict(found), "decided": found.decided}
        for column in columns
        for found in results.differences(table, column)
    ]
    return {"networks": networks, "differences": differences}
