"""Why are labels enough? The gradient that turns the digit (Sect. 3.1, 3.3, Eq. 6, 7)."""

from __future__ import annotations

from app.page import HANDLE_KEYS, PLAYHEAD_KEYS, Page, Paper

PAGE = Page(
    group="Questions",
    position=12,
    menu="Why labels are enough",
    title="Why are labels enough?",
    lead=(
        "The only label is the **class**. The network reads this two as a seven; press "
        "**Descend**, and the loss of the label *two* turns it upright."
    ),
    paper=Paper(
        where="Sect. 3.1, 3.3, Eq. 6, 7",
        symbols=("U", "theta", "floc", "xs", "dV", "V"),
        ours="The landscape over two components of θ, and the descent on θ itself. In training, "
        "the localisation network's weights move, not θ.",
    ),
    # A two, turned by 35°, that is read as a seven at the identity; on its way down the loss of its
    # label, θ turns it upright, as tests/app/views/labels/test_labels.py checks. Not every digit is
    # turned so far.
    defaults={"labels_digit": 246, "labels_seed": 1},
    keys=PLAYHEAD_KEYS + HANDLE_KEYS,
)
