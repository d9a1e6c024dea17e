"""Examples that networks misread, each a link into the explorer."""

from __future__ import annotations

import streamlit as st

from app.data import networks
from app.palette import GRIDS
from app.panels.explorer import Explorer
from app.stage.large import Item
from app.stage.strip import strip
from app.tables import Table

SAMPLE_SIZE, PAGE_SIZE = 10, 50  # examples of a group at first, and on a page of all of it


def show_disagreements(table: Table, explorer: Explorer, cells: dict, column: str, on: str) -> None:
    """Examples that one of two networks misreads and the other reads, and that both misread."""
    st.header(f"Misread examples{on}", anchor=False)
    st.markdown(f"{table.examples.capitalize()}, from the measurement of the test error")
    one, other = _titles(table)
    groups = disagreements(table, cells, column)
    if groups is None:
        st.info(f"The {one} or the {other} has not been trained yet{on}. Train it under *Train*.")
        return
    plain = cells[f"{table.name}/{column}/{table.compared[0]}"]
    total = 1000 * len(plain.metrics.misread_examples)
    for key, (title, answers) in zip(("one", "other", "both"), groups.items(), strict=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            legend = f" · true class → {one} / {other}" if key == "both" and answers else ""
            st.caption(f"{title}: {len(answers)} of {total:,}{legend}", width="content")
            examples = _page_of(sorted(answers), f"misread_{key}")
        if examples:
            items = [_item(table, explorer, column, e, answers[e]) for e in examples]
            strip(
                items,
                key=f"misread-{key}",
                token=f"{table.name}/{column}/{key}/{items[0].id}/{len(items)}/{GRIDS[0]}",
            )


def _titles(table: Table) -> tuple[str, str]:
    one, other = map(networks.network_title, table.compared)
    return one, other


def disagreements(
    table: Table, cells: dict, column: str
) -> dict[str, dict[tuple[int, int], tuple[int | None, int | None]]] | None:
    """The answers of the two compared networks to (digit, seed), in three groups; None of what one
    reads aright. None as a whole until both are trained."""
    pair = [cells[f"{table.name}/{column}/{n}"] for n in table.compared]
    if not all(cell.metrics for cell in pair):
        return None
    plain, transformed = (
        {
            (digit, seed): answer
            for seed, wrong in enumerate(cell.metrics.misread_examples)
            for digit, answer in wrong.items()
        }
        for cell in pair
    )
    answers = {e: (plain.get(e), transformed.get(e)) for e in plain | transformed}
    one, other = _titles(table)
    return {
        f"{one} wrong, {other} right": {e: a for e, a in answers.items() if a[1] is None},
        f"{one} right, {other} wrong": {e: a for e, a in answers.items() if a[0] is None},
        "Both wrong": {e: a for e, a in answers.items() if None not in a},
    }


def _page_of(examples: list[tuple[int, int]], key: str) -> list[tuple[int, int]]:
    """A few examples of a group, evenly out of it; with a switch all of it, by pages."""
    count = len(examples)
    if count <= SAMPLE_SIZE:
        return examples
    help_text = f"Shows the whole group in the gallery's order, {PAGE_SIZE} at a time"
    if not st.toggle(f"Show all {count}", key=key, bind="query-params", help=help_text):
        return [examples[n * count // SAMPLE_SIZE] for n in range(SAMPLE_SIZE)]
    if count <= PAGE_SIZE:
        return examples
    page = st.pagination(-(-count // PAGE_SIZE), key=f"{key}_page", bind="query-params")
    first = PAGE_SIZE * (page - 1)
    st.caption(f"{first + 1} to {min(first + PAGE_SIZE, count)}", width="content")
    return examples[first : first + PAGE_SIZE]


def _item(
    table: Table,
    explorer: Explorer,
    column: str,
    example: tuple[int, int],
    answers: tuple[int | None, int | None],
) -> Item:
    """A picture of a misread example, a link to it in the explorer."""
    digit, seed = example
    label = explorer.label(digit, seed)
    wrong = {t: a for t, a in zip(_titles(table), answers, strict=True) if a is not None}
    words = " and ".join(f"as {answer} by {title}" for title, answer in wrong.items())
    return Item(
        id=f"{digit}.{seed}",
        image=explorer.picture(column, digit, seed),
        theta=None,
        label=f"{label} → {' / '.join(map(str, wrong.values()))}",
        alt=f"Open this {label}, misread {words}",
        href=explorer.example_link(column, digit, seed),
    )
