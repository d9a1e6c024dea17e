"""Table 3: our accuracies and the paper's, which parts the windows find, and where they look."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from app.data import networks
from app.data.birds import PREFIX, SIDE
from app.frame import lecture
from app.panels.differences import difference_table, say_seeds
from app.panels.results import error_table, linked_cell, show_budgets, spread_words
from app.panels.results_files import result_downloads
from app.panels.skipped import say_left_out
from app.tables import TABLES, network_field
from app.views.birds import looks, parts

SCOPE = (
    "**Compare these networks with each other, not with the paper.** Ours read smaller "
    "photographs, their backbone is smaller, only its last layers are trained, and 200 training "
    "photographs are kept back. As in the paper, 22 of CUB's test photographs are also in "
    "ImageNet, from which the backbone learnt."
)


def results() -> None:
    """The table, whether the networks differ, and what their windows look at."""
    from stn_core import results

    table = TABLES[PREFIX.strip("/")]
    cells = results.cells(table.name)
    rows, columns = results.rows_and_columns(table.name)
    st.info(SCOPE)
    st.markdown(
        f"**Table 3.** Accuracy in percent on {table.measured}: **ours**, and the paper's. "
        f"{spread_words(cells)}Click a number to open that network."
    )
    lines = [
        [
            networks.network_title(row),
            *(
                _cell(name, cells[name]) if (name := f"{PREFIX}{c}/{row}") in cells else "–"
                for c in columns
            ),
        ]
        for row in rows
    ]
    sizes = [f"{side} px (paper: {int(side) * 448 // SIDE} px)" for side in columns]
    st.markdown(error_table(sizes, lines, None), unsafe_allow_html=True)
    say_left_out(cell.experiment.name for cell in cells.values() if cell.problem)
    show_budgets(cells, table)
    differences = [d for column in columns for d in results.differences(table.name, column)]
    if differences:
        st.header("Is the difference significant?", anchor=False)
        st.markdown(
            "Paired on the same photographs, with 95 % confidence intervals over photographs"
        )
        say_seeds(cells, differences)
        difference_table(differences, networks.experiment_title)
    result_downloads(table, None, cells, columns, columns[0])
    parts.found_parts(cells)
    looks.looks(cells)


def _cell(name: str, cell) -> str:
    """HTML: our accuracy as a link to the network, and the paper's."""
    fields = {network_field("a", PREFIX): networks.experiment_title(name)}
    link = lecture.carry(f"?{urlencode(fields)}")
    accuracy = None if cell.mean is None else 100 - cell.mean
    return linked_cell(cell, link, accuracy, f"{100 - cell.experiment.reported:.1f}")
