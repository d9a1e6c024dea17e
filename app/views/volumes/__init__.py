"""Three dimensions: a digit in a volume, turned to face the classifier (App. A.3, Fig. 5)."""

from __future__ import annotations

from app.page import CHOICE_KEYS, HANDLE_KEYS, PLAYHEAD_KEYS, Page, Paper

PAGE = Page(
    group="Experiments",
    position=11,
    menu="Three dimensions",
    title="Three dimensions",
    lead=(
        "A 3D spatial transformer finds a digit in a **volume** and turns it to the front, before "
        "it is summed into a flat image and classified."
    ),
    paper=Paper(
        where="App. A.3, Fig. 5, Eq. 9, 10",
        symbols=("U", "theta", "A", "T", "V"),
        ours="All figures: the paper gives none. The sizes, the localisation network, the rigid "
        "variant and the 3D-CNN that they are compared with.",
    ),
    view_field="volume_view",
    # Which the plain projection takes for a one.
    defaults={"volume_digit": 504, "volume_seed": 2},
    keys=PLAYHEAD_KEYS + CHOICE_KEYS + HANDLE_KEYS,
)
