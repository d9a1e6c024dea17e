"""Which differences of a table are significant, and which classes are confused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from app import figures
from app.data import networks
from app.panels.chart import chart
from app.panels.scrolled import scrolled
from app.panels.theme import colours
from app.tables import Table

if TYPE_CHECKING:
    from stn_core.results import Difference


def show_differences(table: Table, cells: dict, column: str, on: str) -> None:
    """What the paper says of the order, and whether these networks bear it out."""
    from stn_core import results

    st.header("Is the difference significant?", anchor=False)
    over = results.examples(cells)
    st.markdown(f"Paired on the same images{on}, with 95 % confidence intervals over {over}")
    differences = results.differences(table.name, column)
    say_seeds(cells, differences)
    if not differences:
        st.info(
            "No two networks that the paper compares have been trained yet. Train them under "
            "*Train*."
        )
        return
    difference_table(differences, lambda name: networks.network_title(name.rsplit("/", 1)[1]))
    several = len({name.split("/")[1] for name in cells}) > 1
    more = "; more of them where the distortion leaves little to read" if several else ""
    misread = results.misread_by_all(table.name, column)
    st.caption(f"Every trained network misreads the same {misread.words} test examples{on}{more}.")


def say_seeds(cells: dict, differences: list[Difference]) -> None:
    """Which seed is compared, where a training has several."""
    from stn_core import results

    for shipped in results.shipped_seeds(cells, differences):
        title = networks.experiment_title(shipped.experiment)
        st.caption(f"{title}: the shipped network is compared ({shipped.words}).")


def difference_table(differences: Sequence[Difference], title: Callable[[str], str]) -> None:
    """Pairs of networks, a row each. title: of a network, by its experiment's name."""
    lines = [
        "| smaller error | than | by | interval | confirmed here? |",
        "|---|---|---:|---:|---|",
    ]
    for d in differences:
        names = map(title, (d.better, d.than))
        by, low, high = (f"{x:.2f}".replace("-", "−") for x in (d.percent, d.low, d.high))
        verdict = verdict_on(d) + ("" if d.alike else " †") + ("" if d.seeds == 1 else " ‡")
        lines.append(
            f"| {' | '.join(names)} | {by}&nbsp;% | {low}&nbsp;to&nbsp;{high} | {verdict} |"
        )
    scrolled("Differences", "\n".join(lines))
    if not all(d.claimed for d in differences):
        st.caption("\\* Our comparison: the paper does not give both figures.")
    if not all(d.alike for d in differences):
        st.caption(
            "† Not comparable: with different recipes or budgets, or with other layers trained."
        )
    for seeds in sorted({d.seeds for d in differences} - {1}):
        st.caption(f"‡ The mean of {seeds} trainings of each network, with different seeds.")


def verdict_on(difference) -> str:
    """Whether a Difference is as the paper has it; which is smaller, where it claims nothing."""
    if not difference.claimed:
        order = "smaller" if difference.percent > 0 else "larger"
        return f"{order if difference.decided else 'undecided'} \\*"
    if not difference.decided:
        return "undecided"
    return "yes" if difference.percent > 0 else "**no**"


def show_confusion(cells: dict, table: Table, on: str, classes: Sequence[str] = ()) -> None:
    """Of one network of a column. cells: by the networks' short names; classes: their names, where
    they are not numbers from 0 on."""
    st.header(f"Confusion matrix{on}", anchor=False)
    short = st.selectbox(
        "Network", list(cells), index=list(cells).index(table.compared[1]),
        format_func=networks.network_title, key="confusion", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    if not (metrics := cells[short].metrics):
        st.info("This network has not been trained yet. Choose another.")
        return
    counts = np.array(metrics.confusion_test)
    classes = classes or [str(n) for n in range(len(counts))]
    chart(
        figures.confusion(counts, colours(), classes),
        name=f"confusion-{short}",
        key="confusion-chart",
        alt="Confusion matrix on the test images. Most frequent errors: "
        + _most_often(counts, classes),
    )


def _most_often(counts: np.ndarray, classes: Sequence[str]) -> str:
    """The five greatest confusions, for those who do not see the chart."""
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None)[:5]
    pairs = zip(*np.unravel_index(order, wrong.shape), strict=True)
    return ", ".join(
        f"{classes[true]} read as {classes[taken]}: {wrong[true, taken]}" for true, taken in pairs
    )
