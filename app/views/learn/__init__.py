"""Train in your browser: two networks learn in this tab, and can be broken."""

from __future__ import annotations

from app.page import Page, Paper

PAGE = Page(
    group="Start",
    position=2,
    menu="Train in your browser",
    title="Train in your browser",
    lead=(
        "Two networks learn to read rotated digits, **in this tab**: a plain one (FCN), and the "
        "same one with a spatial transformer (ST-FCN). Press **Train**, then break it."
    ),
    paper=Paper(
        where="Sect. 4.1, Table 1: FCN and ST-FCN Aff on R; App. A.4",
        symbols=("U", "theta", "floc", "V"),
        ours="The networks are smaller than the paper's 400,000 parameters, and both classifiers "
        "are the same size. Adam, batches of 32, 4,000 digits.",
    ),
    defaults={"seed": 1},
    keys=(
        ("Space", "train or pause"),
        ("→", "one step; ten with Shift"),
        ("R", "reset to step 0"),
    ),
)
