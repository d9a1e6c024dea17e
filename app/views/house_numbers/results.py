"""Table 2: our errors and the paper's, and what of it is reproduced."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from app.data import networks
from app.frame import lecture
from app.panels.differences import show_confusion, show_differences
from app.panels.results import (
    error_table,
    linked_cell,
    show_budgets,
    show_errors,
    spread_words,
)
from app.panels.results_files import result_downloads
from app.panels.skipped import say_left_out
from app.tables import TABLES, network_field
from app.views.house_numbers.choices import FIRST_CHOICES, LOOSE, SIDES, TIGHT, prefix_of

SHARES = {  # to train on
    TIGHT: "2.6 % of the paper's 235,000",
    LOOSE: "0.9 % of the paper's 235,000, begun with networks trained on 2.6 %",
}
SCOPE = (
    "**Compare these networks with each other, not with the paper.** Our training photographs are "
    "{share}. So all of our errors are larger. What is compared is ST-CNN Multi against CNN, on "
    "the same photographs, with an interval."
)
CLASSES = (*"0123456789", "none")  # of each of the five places
REPRODUCED = (
    "**Reproduced**: the paper's three networks, slimmer (24 to 96 filters of 3 × 3, 256 units), "
    "by a short recipe, on crops of 64 × 64 pixels; two of them also on the looser ones of "
    "128 × 128. The latter begin with what ours of 64 pixels have learnt, the paper's from "
    "scratch. **Not reproduced**: the other groups' models, whose errors the paper quotes: a "
    "maxout CNN (4.0 % at 64 pixels) and an ensemble of recurrent attention models (3.9 % and "
    "4.5 %)."
)


def results(side: int) -> None:
    """A chart, the table, and whether the networks differ. side: of the crops, in pixels."""
    from stn_core import results

    table = TABLES["house-numbers"]
    cells = results.cells(table.name)
    rows, columns = results.rows_and_columns(table.name)
    st.info(SCOPE.format(share=SHARES[side]))
    chosen = {row: cells[n] for row in rows if (n := f"{prefix_of(side)}{row}") in cells}
    show_errors(table, chosen, f"crops of {side} × {side}")
    st.markdown(
        f"**Table 2.** Sequence error in percent on {table.measured}: **ours**, and the paper's, "
        f"by the size of the crops. {spread_words(cells)}Click a number to open that network."
    )
    lines = []
    for row in rows:
        names = {column: f"{table.name}/{column}/{row}" for column in columns}
        shown = [
            _cell(int(c), row, cells[name]) if name in cells else "–" for c, name in names.items()
        ]
        lines.append([networks.network_title(row), *shown])
    sizes = {column: f"{column} × {column}" for column in columns}
    table_of_errors = error_table(list(sizes.values()), lines, sizes[str(side)])
    st.markdown(table_of_errors, unsafe_allow_html=True)
    st.caption(REPRODUCED)
    say_left_out(cell.experiment.name for cell in cells.values() if cell.problem)
    show_budgets(cells, table)
    left, right = st.columns(2, gap="large")
    on = f", crops of {side} × {side}"
    with left:
        shown = {cell.experiment.name: cell for cell in chosen.values()}
        show_differences(table, shown, str(side), f" of {side} px")
    with right:
        show_confusion(chosen, table, on, CLASSES)
        st.caption("Digit by digit: *none* is where a number has no further digit.")
    result_downloads(table, None, cells, columns, str(side))


def _cell(side: int, row: str, cell) -> str:
    """HTML: our error as a link to the network, and the paper's."""
    fields = {}
    if side != TIGHT:  # what the page shows at first is not in its address
        fields["number_crop"] = SIDES[side]
    if row != FIRST_CHOICES[0]:
        fields[network_field("a", prefix_of(side))] = networks.network_title(row)
    link = lecture.carry(f"?{urlencode(fields)}")
    return linked_cell(cell, link, cell.mean, f"{cell.experiment.reported:.1f}")
