"""Examples that networks misread, each a link into the explorer."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from app.data import networks, sums, volumes
from app.frame import lecture
from app.palette import GRIDS
from app.panels.transformers import pixels
from app.stage.large import Item
from app.stage.strip import strip
from app.tables import TABLES
from app.views.addition import choices as addends_choices
from app.views.distorted import choices
from app.views.volumes import choices as volume_choices

FEW, PAGE = 10, 50  # misread examples of a group that are shown at first, and at once of all
# What the explorer shows of itself: an address that names it is shortened at once, and a step back
# from there would lead to it again.
DEFAULTS = {
    "distortion": "RTS", "digit": choices.FIRST_DIGIT, "seed": choices.FIRST_SEED,
    "first": addends_choices.FIRST_PAIR[0], "second": addends_choices.FIRST_PAIR[1],
    "sum_seed": addends_choices.FIRST_SEED,
    "volume_digit": volume_choices.FIRST_DIGIT, "volume_seed": volume_choices.FIRST_SEED,
}  # fmt: skip


def show_disagreements(table: str, cells: dict, column: str, on: str) -> None:
    """Examples that one of two networks misreads and the other reads, and that both misread."""
    words = TABLES[table]
    st.markdown(
        f"**Who misreads what**{on}: {words.examples}, found when the networks were measured"
    )
    one, other = (networks.network_title(n) for n in words.compared)
    groups = disagreements(table, cells, column)
    if groups is None:
        st.info(f"The {one} or the {other} has not been trained yet{on}.")
        return
    total = 1000 * len(cells[f"{table}/{column}/{words.compared[0]}"].metrics.misread_examples)
    for key, (title, said) in zip(("one", "other", "both"), groups.items(), strict=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            legend = f" · true → {one} says / {other} says" if key == "both" and said else ""
            st.caption(f"{title}: {len(said)} of {total:,}{legend}", width="content")
            places = _looked_at(sorted(said), f"misread_{key}")
        if places:
            _gallery({place: said[place] for place in places}, key, table, column)


def disagreements(
    table: str, cells: dict, column: str
) -> dict[str, dict[tuple[int, int], tuple[int | None, int | None]]] | None:
    """What either of the two compared networks says of (digit, seed), in three groups; None of
    what it reads aright. None as a whole until both are trained."""
    pair = [cells[f"{table}/{column}/{n}"] for n in TABLES[table].compared]
    if not all(cell.metrics for cell in pair):
        return None
    plain, transformed = (
        {
            (digit, seed): said
            for seed, wrong in enumerate(cell.metrics.misread_examples)
            for digit, said in wrong.items()
        }
        for cell in pair
    )
    said = {p: (plain.get(p), transformed.get(p)) for p in plain | transformed}
    one, other = (networks.network_title(n) for n in TABLES[table].compared)
    return {
        f"{one} wrong, {other} right": {p: both for p, both in said.items() if both[1] is None},
        f"{one} right, {other} wrong": {p: both for p, both in said.items() if both[0] is None},
        "Both wrong": {p: both for p, both in said.items() if None not in both},
    }


def _looked_at(places: list[tuple[int, int]], key: str) -> list[tuple[int, int]]:
    """A few examples of a group, evenly out of it; with a switch all of it, by pages."""
    count = len(places)
    if count <= FEW:
        return places
    told = f"All of this group, in the order of the gallery; {PAGE} at once"
    if not st.toggle(f"Show all {count}", key=key, bind="query-params", help=told):
        return [places[n * count // FEW] for n in range(FEW)]
    if count <= PAGE:
        return places
    page = st.pagination(-(-count // PAGE), key=f"{key}_page", bind="query-params")
    first = PAGE * (page - 1)
    st.caption(f"{first + 1} to {min(first + PAGE, count)}", width="content")
    return places[first : first + PAGE]


def _gallery(said: dict, key: str, table: str, column: str) -> None:
    """Pictures of misread examples, each a link to it in the explorer."""
    name = f"{table}/{column}/{TABLES[table].compared[1]}"
    titles = [networks.network_title(n) for n in TABLES[table].compared]
    items = []
    for (digit, seed), answers in said.items():
        images, label = volumes.example_images(name, digit, seed)
        wrong = {t: answer for t, answer in zip(titles, answers, strict=True) if answer is not None}
        told = " and ".join(f"as {answer} by {title}" for title, answer in wrong.items())
        items.append(
            Item(
                id=f"{digit}.{seed}",
                image=pixels(images)[0],
                theta=None,
                label=f"{label} → {' / '.join(map(str, wrong.values()))}",
                alt=f"Open this {label}, misread {told}",
                href=link_on_page(explored(digit, seed, table, column)),
            )
        )
    strip(
        items,
        key=f"misread-{key}",
        token=f"{table}/{column}/{key}/{items[0].id}/{len(items)}/{GRIDS[0]}",
    )


def link_on_page(fields: dict[str, str | int]) -> str:
    """An address on this page, that is as large and as bare as this one for a lecture."""
    kept = {name: st.query_params[name] for name in lecture.FIELDS if name in st.query_params}
    told = {name: value for name, value in fields.items() if value != DEFAULTS.get(name)}
    return f"?{urlencode({**kept, **told})}"


def explored(digit: int, seed: int, table: str, column: str) -> dict[str, str | int]:
    """The fields of the address where the explorer shows this example to the compared networks,
    which are those that it shows of itself."""
    if table == "distorted":
        return {"distortion": column.upper(), "digit": digit, "seed": seed}
    if table == "volumes":
        return {"volume_digit": digit, "volume_seed": seed}
    return {"first": digit, "second": sums.partner(digit, seed), "sum_seed": seed}
