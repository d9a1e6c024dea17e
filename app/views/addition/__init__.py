"""MNIST addition: two transformers that divide the work between them (App. A.1, Table 4)."""

from __future__ import annotations

from app.page import CHOICE_KEYS, HANDLE_KEYS, PLAYHEAD_KEYS, Page, Paper

PAGE = Page(
    position=3,
    menu="MNIST addition",
    title="MNIST addition",
    lead=(
        "Two digits, each in a channel of its own; the network is told their **sum** and nothing "
        "else. Of two transformers in parallel, each comes to look after one of the digits."
    ),
    paper=Paper(
        where="App. A.1, Table 4, Fig. 4's idea",
        symbols=("U", "theta", "T", "V"),
        ours="The measure of who looks after which digit, and when they part; muting one "
        "transformer; budgets as the table says.",
    ),
    has_questions=True,
    view_field="sum_view",
    # Far apart; one transformer gets it wrong.
    defaults={"first": 307, "second": 812, "sum_seed": 10},
    keys=PLAYHEAD_KEYS + CHOICE_KEYS + HANDLE_KEYS,
)
