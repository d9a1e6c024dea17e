"""Table 2: our errors and the paper's, and what of it is reproduced."""

from __future__ import annotations

import numpy as np
import streamlit as st

from app.data import house_numbers, networks
from app.panels.differences import show_differences
from app.panels.explorer import Explorer, Fields
from app.panels.results import (
    error_cell,
    error_table,
    show_budgets,
    show_errors,
    spread_words,
)
from app.panels.skipped import say_left_out
from app.tables import TABLES
from app.views.house_numbers import PAGE
from app.views.house_numbers.choices import LOOSE, SIDES, TIGHT, prefix_of

SHARES = {TIGHT: "2.6 %", LOOSE: "0.9 %"}  # of the paper's photographs, to train on
SCOPE = (
    "**Compare these networks with each other, not with the paper.** Our training photographs are "
    "{share} of the paper's 235,000, so all of our errors are larger. What is compared is ST-CNN "
    "Multi against CNN, on the same photographs, with an interval."
)
REPRODUCED = (
    "**Reproduced**: the paper's networks, on crops of 64 × 64 pixels and on the looser ones "
    "of 128 × 128. The latter begin with what ours of 64 pixels have learnt, the paper's from "
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
            error_cell(table, EXPLORER, c, row, cells[name]) if name in cells else "–"
            for c, name in names.items()
        ]
        lines.append([networks.network_title(row), *shown])
    sizes = {column: f"{column} × {column}" for column in columns}
    table_of_errors = error_table(list(sizes.values()), lines, sizes[str(side)])
    st.markdown(table_of_errors, unsafe_allow_html=True)
    st.caption(REPRODUCED)
    say_left_out(cell.experiment.name for cell in cells.values() if cell.problem)
    show_budgets(cells, table)
    show_differences(
        table, {cell.experiment.name: cell for cell in chosen.values()}, str(side), f" of {side} px"
    )


def _fields(index: int, seed: int) -> Fields:
    return {"rendering": index}


def _label(index: int, seed: int) -> int:
    return int(house_numbers.photograph(house_numbers.RENDERING, index, TIGHT).number or 0)


def _picture(column: str, index: int, seed: int) -> np.ndarray:
    return house_numbers.photograph(house_numbers.RENDERING, index, TIGHT).image


EXPLORER = Explorer(
    defaults={**PAGE.defaults, "number_crop": SIDES[TIGHT]},
    column_field="number_crop",
    column_value=lambda column: SIDES[int(column)],
    example_fields=_fields,
    label=_label,
    picture=_picture,
)
