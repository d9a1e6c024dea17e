"""A table of the paper: our errors next to the paper's."""

from __future__ import annotations

import html

import streamlit as st

from app import figures
from app.data import networks
from app.data.faults import reason
from app.palette import GRIDS
from app.panels.chart import chart
from app.panels.differences import show_confusion, show_differences
from app.panels.explorer import Explorer
from app.panels.misread import show_disagreements
from app.panels.results_files import result_downloads
from app.panels.skipped import say_left_out
from app.panels.theme import colours
from app.tables import Table, network_field

STYLE = """<style>
@media (max-width: 640px) {  /* with the paper's figures below ours, five columns fit */
  [data-testid='stMarkdownContainer'] :is(td, th) { padding: .25rem .4rem; line-height: 1.3; }
  .theirs { display: block; }
  .theirs > span, .spread { display: none; }
}
</style>"""
CHOSEN = f"background:{GRIDS[0]}22;"  # of a table's column


def results_panel(table: Table, explorer: Explorer, column: str | None = None) -> None:
    """A chart of a column, by default the first, and the table; of that column also which
    differences are significant, which classes are confused, and where two networks disagree."""
    from stn_core import results

    cells = results.cells(table.name)
    rows, columns = results.rows_and_columns(table.name)
    chosen = column or columns[0]
    name = chosen.upper() if len(columns) > 1 else ""
    on = f", on {name}" if name else ""
    of_column = {row: cells[f"{table.name}/{chosen}/{row}"] for row in rows}
    show_errors(table, of_column, name)
    number = "" if table.number is None else f"**Table {table.number}.** "
    and_paper = ", and the paper's" if table.number else ""
    st.markdown(
        f"{number}Test error in percent on {table.measured}: **ours**{and_paper}. "
        f"{spread_words(cells)}Click a number to open that network."
    )
    lines = [
        _line(table, explorer, row, {c: cells[f"{table.name}/{c}/{row}"] for c in columns})
        for row in rows
    ]
    names = [column.upper() for column in columns]
    st.markdown(error_table(names, lines, name or None), unsafe_allow_html=True)
    say_left_out(cell.experiment.name for cell in cells.values() if cell.problem)
    show_budgets(cells, table)
    left, right = st.columns(2, gap="large")
    with left:
        show_differences(table, cells, chosen, on)
    with right:
        show_confusion(of_column, table, on)
    show_disagreements(table, explorer, cells, chosen, on)
    result_downloads(table, explorer, cells, columns, chosen)


def spread_words(cells: dict) -> str:
    """What a table's ± is, and which networks have none, in words; empty where none has one."""
    from stn_core import results

    measured = [cell for cell in cells.values() if cell.metrics]
    seeds = any(len(cell.metrics.seeds) > 1 for cell in measured)
    if results.examples(cells) == "photographs":  # which are measured as they are
        return "±: the spread over several seeds of a training. " if seeds else ""
    once = results.measured_once(cells)
    if len(once) == len(measured):
        return ""
    several = ", or over several seeds of a training" if seeds else ""
    without = f" Without ±: one distortion only ({', '.join(once)})." if once else ""
    return f"±: the spread over five distortions of each digit{several}.{without} "


def show_errors(table: Table, cells: dict, column: str) -> None:
    """Our error and the paper's, a row for each network. cells: of one column, by network; column:
    its name, empty where there is only one."""
    titles = {row: networks.network_title(row) for row in cells}
    ours = {titles[row]: cell.mean for row, cell in cells.items() if cell.mean is not None}
    paper = {titles[r]: c.experiment.reported for r, c in cells.items() if c.experiment.reported}
    shades = colours().networks
    series = [figures.Dots(title="ours", values=ours, colour=shades[0], symbol="circle", digits=2)]
    if paper:
        series.append(
            figures.Dots(title="the paper", values=paper, colour=shades[1], symbol="diamond")
        )
    st.header(f"Test error{f' on {column}' if column else ''}", anchor=False)
    chart(
        figures.dots(
            series, colours(), title="test error", rows=("network", list(titles.values()))
        ),
        name="-".join(("test-error", table.name, *column.lower().split())),
        key="errors",
        alt="Test error of each network. " + "; ".join(map(in_words, series)),
    )


def in_words(dots: figures.Dots) -> str:
    """The numbers of a dot plot, for those who do not see it."""
    values = (f"{name} {value:.{dots.digits}f} %" for name, value in dots.values.items())
    return f"{dots.title}: {', '.join(values)}"


def error_table(columns: list[str], lines: list[list[str]], chosen: str | None) -> str:
    """HTML, so that it scrolls on a narrow screen and its links stay in this tab.

    lines: a title and a cell for each column; chosen: the column that what is below is of.
    """
    style = [f"text-align:right;{CHOSEN if c == chosen else ''}" for c in columns]
    head = "".join(f"<th style='{s}'>{c}</th>" for s, c in zip(style, columns, strict=True))
    body = ""
    for title, *cells in lines:
        parts = "".join(
            f"<td style='{s}white-space:nowrap'>{cell}</td>"
            for s, cell in zip(style, cells, strict=True)
        )
        body += f"<tr><td style='white-space:nowrap'>{title}</td>{parts}</tr>"
    return (
        f"{STYLE}<div style='overflow-x:auto'><table><tr><th></th>{head}</tr>{body}</table></div>"
    )


def _line(table: Table, explorer: Explorer, row: str, cells: dict) -> list[str]:
    """A network's title, and its error in each column. cells: by column."""
    title = networks.network_title(row)
    return [title, *(error_cell(table, explorer, c, row, cell) for c, cell in cells.items())]


def error_cell(table: Table, explorer: Explorer, column: str, row: str, cell) -> str:
    """HTML: our error as a link to the network, and the paper's."""
    fields = {}
    if row != table.compared[1]:  # which the page shows at first
        fields[network_field("a", f"{table.name}/{column}/")] = networks.network_title(row)
    paper = "–" if cell.experiment.reported is None else f"{cell.experiment.reported:.1f}"
    link = explorer.column_link(column, fields)
    return linked_cell(cell, link, cell.mean, paper if table.number else "")


def linked_cell(cell, link: str, mean: float | None, paper: str) -> str:
    """HTML: a figure as a link to its network, with its spread, and the paper's. cell: whose the
    figure is, not linked where nothing is trained; paper: empty where there is none."""
    theirs = paper and f" <span class='theirs'><span>· </span>{paper}</span>"
    if cell.metrics is None:
        return f"<i>{cell.ours}</i>{theirs}"
    spread = "" if cell.spread is None else f"<span class='spread'> ± {cell.spread:.2f}</span>"
    ours = f"<a href='{html.escape(link)}' target='_self'><b>{mean:.2f}</b></a>"
    return f"{ours}{spread}{theirs}"


def show_budgets(cells: dict, table: Table) -> None:
    """How each network was trained, folded away; and how the paper's errors were measured."""
    from stn_core import report, results

    with st.expander("Seeds, budget and device of every network"):
        st.markdown("\n".join(f"- {report.budget_line(b)}" for b in results.budgets(cells)))
        try:
            others = results.tried(cells)
        except ValueError as error:
            others = []
            st.warning(f"The other recipes cannot be read: {reason(error)}")
        if others:
            st.markdown("Results of other recipes, in percent:")
            st.markdown("\n".join(f"- {report.tried_line(budget)}" for budget in others))
    larger = (
        " Where our error is larger, the budget was smaller."
        if table.number and not table.sized
        else ""
    )
    all_trained = all(cell.metrics or cell.problem for cell in cells.values())
    marked = "" if all_trained else " Networks that have not been trained are marked."
    st.caption(f"{table.paper}{larger}{marked}")
