"""Train in your browser: two networks learn in this tab, and can be broken."""

from __future__ import annotations

from app.page import Page, Paper

PAGE = Page(
    group="Start",
    position=2,
    menu="Train in your browser",
    title="Train in your browser",
    lead=(
        "Two networks learn to read rotated digits, **in this tab**: a plain one (FCN), and one of "
        "the same size with a spatial transformer (ST-FCN). Press **Train**, then break it."
    ),
    paper=Paper(
        where="Sect. 4.1, Table 1: FCN and ST-FCN Aff on R; App. A.4",
        symbols=("U", "theta", "floc", "V"),
        ours="Both networks have 54,000 parameters instead of the paper's 400,000. Adam, batches "
        "of 32, 4,000 digits. After 18,900 steps (seeds 1 to 3, the gallery's 1,000 digits at four "
        "angles each) the ST-FCN's error is 7.4 %, the FCN's 9.8 %: a ratio of 0.75; in the paper "
        "it is 0.57 (1.2 % and 2.1 %). Trained and tested on upright digits, the ST-FCN's "
        "classifier alone reaches 10.3 %: 4,000 digits are few.",
    ),
    defaults={"seed": 1},
    keys=(
        ("Space", "train or pause"),
        ("→", "one step; ten with Shift"),
        ("R", "reset to step 0"),
    ),
)
