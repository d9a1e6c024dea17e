"""MNIST addition: two transformers that divide the work between them (App. A.1, Table 4)."""

from __future__ import annotations

from app.page import CHOICE_KEYS, HANDLE_KEYS, PLAYHEAD_KEYS, Page, Paper

PAGE = Page(
    group="Experiments",
    position=7,
    menu="MNIST addition",
    title="MNIST addition",
    lead=(
        "Two digits, each in its own channel. The only label is their **sum**. Still, two "
        "transformers in parallel divide the work: each learns to follow one digit."
    ),
    paper=Paper(
        where="App. A.1, Table 4, Fig. 4's idea",
        symbols=("U", "theta", "T", "V"),
        ours="The measure of which transformer follows which digit, and when they part; muting one "
        "transformer; the budgets, which the table gives.",
    ),
    view_field="sum_view",
    # Far apart; one transformer gets it wrong.
    defaults={"first": 307, "second": 812, "sum_seed": 10},
    keys=PLAYHEAD_KEYS + CHOICE_KEYS + HANDLE_KEYS,
)
