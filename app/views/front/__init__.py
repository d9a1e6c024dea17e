"""The front page: Fig. 2 alive, and the paper's figures and tables to open (Sect. 3)."""

from __future__ import annotations

from app.page import CHOICE_KEYS, HANDLE_KEYS, Page, Paper


def _lead() -> str:
    from app.frame.tour import anchor

    return (
        "This network decides **where to look**, then reads the digit. It runs in your browser: "
        f"**drag the digit**, or take the {anchor('guided tour', 'tour')}."
    )


PAGE = Page(
    group="Start",
    position=0,
    menu="Overview",
    title="Spatial Transformer Networks",
    lead=_lead,
    paper=Paper(
        where="Sect. 3, Fig. 2; the network of Sect. 4.1",
        symbols=("U", "floc", "theta", "G", "T", "xs", "V"),
        ours="The network's recipe and budget: see *Distorted MNIST*, *Results*. The paper used "
        "SGD and 150,000 steps of 256. The width gives 400,000 parameters.",
    ),
    has_questions=True,
    keys=CHOICE_KEYS + HANDLE_KEYS,
    needs_torch=False,
)
