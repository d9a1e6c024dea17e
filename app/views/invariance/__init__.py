"""How far does the invariance go? Errors and predicted poses far beyond the range of training."""

from __future__ import annotations

from app.page import CHOICE_KEYS, Page, Paper

PAGE = Page(
    group="Questions",
    position=13,
    menu="Invariance",
    title="Invariance: how far?",
    lead=(
        "Each network was trained on digits that were turned, scaled or moved **within a range** "
        "(shaded). Here it is tested far beyond."
    ),
    paper=Paper(
        where="Sect. 4.1's question; no figure of the paper",
        symbols=("theta", "V"),
        ours="All of it: the curves, the ranges far beyond the training range, the predicted "
        "poses.",
    ),
    keys=CHOICE_KEYS,
)
