"""A table of the paper: ours beside the paper's, and what the networks misread."""

from __future__ import annotations

import dataclasses
import html
import json
import statistics
from urllib.parse import urlencode

import numpy as np
import streamlit as st

from app import figures
from app.data import loading
from app.frame import lecture
from app.palette import GRIDS
from app.panels import downloads
from app.panels.verdicts import colours, pixels
from app.stage import Item, strip
from app.tables import TABLES, Table, network_field
from app.views.addition import addends
from app.views.distorted import choices
from app.views.volumes import explore

FEW, PAGE = 10, 50  # misread examples of a group that are shown at first, and at once of all
# What the explorer shows of itself: an address that names it is shortened at once, and a step back
# from there would lead to it again.
DEFAULTS = {
    "distortion": "RTS", "digit": choices.FIRST_DIGIT, "seed": choices.FIRST_SEED,
    "first": addends.FIRST_PAIR[0], "second": addends.FIRST_PAIR[1],
    "sum_seed": addends.FIRST_SEED,
    "volume_digit": explore.FIRST_DIGIT, "volume_seed": explore.FIRST_SEED,
}  # fmt: skip
# Of a recipe, what a file says of it beside its name.
BUDGET = ("method", "iterations", "batch_size", "learning_rate")
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
        _claims(table, cells, chosen, on)
    with right:
        _confusion({row: cells[f"{table}/{chosen}/{row}"] for row in rows}, words, on)
    _disagreements(table, cells, chosen, on)
    _downloads(table, cells, columns, chosen, words)


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
    return f"{STYLE}<div style='overflow-x:auto'><table>{''.join(lines)}</table></div>"


def _cell(cell, table: str, column: str, row: str) -> str:
    paper = "–" if cell.experiment.reported is None else f"{cell.experiment.reported:.1f}"
    paper = f" <span class='theirs'><span>· </span>{paper}</span>" if TABLES[table].number else ""
    if cell.metrics is None:
        return f"<i>not trained</i>{paper}"
    fields = {"distortion": column.upper()} if TABLES[table].field is None else {}
    if row != TABLES[table].compared[1]:  # which the explorer shows of itself
        fields[network_field("a", f"{table}/{column}/")] = loading.network_title(row)
    link = _link(fields)
    return f"<a href='{html.escape(link)}' target='_self'><b>{cell.ours}</b></a>{paper}"


def _budgets(cells: dict, words: Table) -> None:
    from stn_core import results

    with st.expander("Seeds, budget and device of every network"):
        st.markdown("\n".join(f"- {line.strip()}" for line in results.budgets(cells)))
        if others := results.tried(cells):
            st.markdown(results.OTHER_RECIPES)
            st.markdown("\n".join(f"- {line.strip()}" for line in others))
    larger = " Where ours is larger, that is how far this budget has come." if words.number else ""
    st.caption(f"{words.paper}{larger} What has not been trained says so.")


def _claims(table: str, cells: dict, column: str, on: str) -> None:
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
        verdict = verdict_on(d) + ("" if d.alike else " †")
        lines.append(f"| {' | '.join(names)} | {by} % | {low} to {high} | {verdict} |")
    table_of_them = "\n".join(lines)
    st.markdown(
        f"<div style='overflow-x:auto'>\n\n{table_of_them}\n\n</div>", unsafe_allow_html=True
    )
    if not all(d.claimed for d in found):
        st.caption("\\* A comparison of ours: the paper does not give the figures of both.")
    if not all(d.alike for d in found):
        st.caption("† Trained otherwise: the two had not one recipe and budget.")
    several = len({name.split("/")[1] for name in cells}) > 1
    more = ": more of them where a distortion leaves little to read" if several else ""
    st.caption(
        f"Of the test's 10,000{on}, the same {results.misread_by_all(table, column)} are misread "
        f"by every network that has been trained{more}."
    )


def verdict_on(difference) -> str:
    """Whether a Difference is as the paper has it; one that it does not claim is only told."""
    if not difference.claimed:
        told = "smaller" if difference.percent > 0 else "larger"
        return f"{told if difference.decided else 'undecided'} \\*"
    if not difference.decided:
        return "undecided"
    return "yes" if difference.percent > 0 else "**no**"


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
    one, other = (loading.network_title(n) for n in words.compared)
    groups = disagreements(table, cells, column)
    if groups is None:
        st.info(f"The {one} or the {other} has not been trained yet{on}.")
        return
    total = 1000 * len(cells[f"{table}/{column}/{words.compared[0]}"].metrics["misread_examples"])
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
            (int(digit), seed): said
            for seed, wrong in enumerate(cell.metrics["misread_examples"])
            for digit, said in wrong.items()
        }
        for cell in pair
    )
    said = {p: (plain.get(p), transformed.get(p)) for p in plain | transformed}
    one, other = (loading.network_title(n) for n in TABLES[table].compared)
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
    titles = [loading.network_title(n) for n in TABLES[table].compared]
    items = []
    for (digit, seed), answers in said.items():
        images, label = loading.pictured(name, digit, seed)
        wrong = {t: answer for t, answer in zip(titles, answers, strict=True) if answer is not None}
        told = " and ".join(f"as {answer} by {title}" for title, answer in wrong.items())
        items.append(
            Item(
                id=f"{digit}.{seed}",
                image=pixels(images)[0],
                theta=None,
                label=f"{label} → {' / '.join(map(str, wrong.values()))}",
                alt=f"Open this {label}, misread {told}",
                href=_link(explored(digit, seed, table, column)),
            )
        )
    strip(
        items,
        key=f"misread-{key}",
        token=f"{table}/{column}/{key}/{items[0].id}/{len(items)}/{GRIDS[0]}",
    )


def _link(fields: dict[str, str | int]) -> str:
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
    return {"first": digit, "second": loading.partner(digit, seed), "sum_seed": seed}


def _downloads(table: str, cells: dict, columns: list[str], column: str, words: Table) -> None:
    file = (
        "-".join(words.title.lower().split()) if words.number is None else f"table-{words.number}"
    )
    downloads.buttons(
        ("Table as CSV", f"{file}.csv", lambda: downloads.as_csv(errors(cells)),
         "Ours and the paper's errors, with recipe, budget, seeds and device"),
        ("Differences as CSV", f"{file}-differences.csv",
         lambda: downloads.as_csv(differences(table, columns)),
         "What the differences are worth"),
        ("Confusion matrices as CSV", f"{file}-confusion.csv",
         lambda: downloads.as_csv(confusions(cells)),
         "What each network takes for what, on the test digits"),
        ("Misread examples as CSV", f"{file}-misread-{column}.csv",
         lambda: downloads.as_csv(misread(table, cells, column)),
         "All examples of the three groups above, and what the two networks say of them"),
        ("All of it as JSON", f"{file}.json",
         lambda: json.dumps(everything(table, cells, columns)),
         "Every network's metrics as they were recorded, what other recipes came to, and what the "
         "differences are worth"),
    )  # fmt: skip


def spread(values: list[float]) -> tuple[float | None, float | None]:
    """Mean and standard deviation, None of the latter where there is one value."""
    if not values:
        return None, None
    return statistics.mean(values), statistics.stdev(values) if len(values) > 1 else None


def of_seeds(cell) -> tuple[float | None, float | None]:
    """The mean and spread that a table's Cell shows; of one seed, the error of its network."""
    if cell.metrics is None:
        return None, None
    errors = cell.metrics["errors"]
    return spread(errors if len(errors) > 1 else [cell.error])


def errors(cells: dict) -> list[dict]:
    """A row for each network of a table; of one that is not trained, its name and the paper's
    error. ours: of the seed that is shipped; mean, spread: of all seeds, as the table has them."""
    from stn_core.experiment import Recipe

    rows = []
    for name, cell in cells.items():
        metrics = cell.metrics or {}
        recipe = Recipe.from_json(metrics["recipe"]) if metrics else None
        mean, deviation = of_seeds(cell)
        rows.append(
            {
                "experiment": name,
                "paper": cell.experiment.reported,
                "ours": cell.error,
                "mean": mean,
                "spread": deviation,
                **{key: " ".join(map(str, metrics.get(key, []))) for key in ("seeds", "errors")},
                "recipe": recipe and recipe.name,
                **{key: recipe and getattr(recipe, key) for key in BUDGET},
                **{key: metrics.get(key) for key in ("device", "precision", "parameters")},
            }
        )
    return rows


def differences(table: str, columns: list[str]) -> list[dict]:
    """What the differences of these columns are worth, and whether the paper claims them."""
    from stn_core import results

    return [
        dataclasses.asdict(found) | {"decided": found.decided}
        for column in columns
        for found in results.differences(table, column)
    ]


def confusions(cells: dict) -> list[dict]:
    """The confusion matrices of all networks that are trained, a row for each of their counts."""
    return [
        {"experiment": name, "true": true, "said": said, "count": count}
        for name, cell in cells.items()
        if cell.metrics
        for true, row in enumerate(cell.metrics["confusion_test"])
        for said, count in enumerate(row)
    ]


def misread(table: str, cells: dict, column: str) -> list[dict]:
    """The examples that either of the two compared networks misreads, a row each."""
    names = [loading.network_title(n) for n in TABLES[table].compared]
    rows = []
    for group, said in (disagreements(table, cells, column) or {}).items():
        for (digit, seed), answers in sorted(said.items()):
            digits = [digit, loading.partner(digit, seed)] if table == "addition" else [digit]
            true = sum(d // 100 for d in digits)  # a hundred of each class
            told = [true if answer is None else answer for answer in answers]
            rows.append(
                {"group": group, "digit": digit, "seed": seed, "true": true}
                | dict(zip(names, told, strict=True))
            )
    return rows


def everything(table: str, cells: dict, columns: list[str]) -> dict[str, list | dict]:
    """All that is shown of a table, and what it was made from."""
    from stn_core import checkpoints, results

    networks = []
    for name, cell in cells.items():
        mean, deviation = of_seeds(cell)
        networks.append(
            {
                "experiment": name,
                "paper": cell.experiment.reported,
                "ours": cell.error,
                "mean": mean,
                "spread": deviation,
                "metrics": cell.metrics,
                "other_recipes": checkpoints.load_tried(cell.experiment),
            }
        )
    misread_by_all = {column: results.misread_by_all(table, column) for column in columns}
    return {
        "networks": networks,
        "differences": differences(table, columns),
        "misread_by_every_network": misread_by_all,
    }
