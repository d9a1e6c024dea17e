"""How far does the invariance go? Errors and predicted poses far beyond the range of training."""

from __future__ import annotations

from app.page import CHOICE_KEYS, Page, Paper

PAGE = Page(
    position=7,
    menu="Invariance",
    title="Invariance: how far?",
    lead=(
        "Each network was trained with digits turned, scaled or moved **within a range**, which "
        "is shaded below. What happens beyond it? One thing is varied at a time, for all "
        "networks on the same digits."
    ),
    paper=Paper(
        where="Sect. 4.1's question; no figure of the paper",
        symbols=("theta", "V"),
        ours="All of it: the curves, the ranges far beyond the training, the predicted poses.",
    ),
    has_questions=True,
    keys=CHOICE_KEYS,
)
