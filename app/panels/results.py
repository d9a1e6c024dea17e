"""A table of the paper: our errors next to the paper's."""

from __future__ import annotations

import html

import streamlit as st

from app.data import networks
from app.palette import GRIDS
from app.panels.differences import show_confusion, show_differences
from app.panels.misread import link_on_page, show_disagreements
from app.panels.results_files import result_downloads
from app.tables import TABLES, Table, network_field

STYLE = """<style>
@media (max-width: 640px) {  /* with the paper's figures below ours, five columns fit */
  [data-testid='stMarkdownContainer'] :is(td, th) { padding: .25rem .4rem; line-height: 1.3; }
  .theirs { display: block; }
  .theirs > span { display: none; }
}
</style>"""
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
        show_differences(table, cells, chosen, on)
    with right:
        show_confusion({row: cells[f"{table}/{chosen}/{row}"] for row in rows}, words, on)
    show_disagreements(table, cells, chosen, on)
    result_downloads(table, cells, columns, chosen, words)


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
        name = networks.network_title(row)
        lines.append(f"<tr><td style='white-space:nowrap'>{name}</td>{parts}</tr>")
    return f"{STYLE}<div style='overflow-x:auto'><table>{''.join(lines)}</table></div>"


def _cell(cell, table: str, column: str, row: str) -> str:
    paper = "–" if cell.experiment.reported is None else f"{cell.experiment.reported:.1f}"
    paper = f" <span class='theirs'><span>· </span>{paper}</span>" if TABLES[table].number else ""
    if cell.metrics is None:
        return f"<i>not trained</i>{paper}"
    fields = {"distortion": column.upper()} if TABLES[table].field is None else {}
    if row != TABLES[table].compared[1]:  # which the explorer shows of itself
        fields[network_field("a", f"{table}/{column}/")] = networks.network_title(row)
    link = link_on_page(fields)
    return f"<a href='{html.escape(link)}' target='_self'><b>{cell.ours}</b></a>{paper}"


def _budgets(cells: dict, words: Table) -> None:
    from stn_core import report, results

    with st.expander("Seeds, budget and device of every network"):
        st.markdown("\n".join(f"- {report.budget_line(b)}" for b in results.budgets(cells)))
        if others := results.tried(cells):
            st.markdown("Other recipes, as far as they came, in percent:")
            st.markdown("\n".join(f"- {report.tried_line(budget)}" for budget in others))
    larger = " Where ours is larger, that is how far this budget has come." if words.number else ""
    st.caption(f"{words.paper}{larger} What has not been trained says so.")
