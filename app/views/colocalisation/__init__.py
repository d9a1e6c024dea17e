"""Co-localisation: the common object of a set of images, found without labels (App. A.2)."""

from __future__ import annotations

from app.page import PLAYHEAD_KEYS, Page, Paper

PAGE = Page(
    group="Experiments",
    position=8,
    menu="Co-localisation",
    title="Co-localisation",
    lead=(
        "A hundred images share **one kind of object**. Without any label, a spatial transformer "
        "learns to draw a box around it."
    ),
    paper=Paper(
        where="App. A.2, Table 5, Fig. 4, Eq. 8",
        symbols=("U", "theta", "T", "e"),
        ours="The departures from the paper that are listed under *Results*. Without "
        "normalised activations the boxes move away from the digits.",
    ),
    view_field="boxes_view",
    defaults={"boxes_digit": 8},  # Fig. 4
    keys=PLAYHEAD_KEYS,
)
