"""Why are labels enough? The gradient that turns the digit (Sect. 3.1, 3.3, Eq. 6, 7)."""

from __future__ import annotations

from app.page import HANDLE_KEYS, PLAYHEAD_KEYS, Page, Paper

PAGE = Page(
    position=6,
    menu="Why labels are enough",
    title="Why are labels enough?",
    lead=(
        "Nobody tells the transformer that a digit is to be turned, nor by how much: it is told "
        "the **class**, and no more. This two lies askew, and is read as a seven. Press "
        "**Descend**: θ goes down the loss of its one label, and on its way it turns the two "
        "upright."
    ),
    paper=Paper(
        where="Sect. 3.1, 3.3, Eq. 6, 7",
        symbols=("U", "theta", "floc", "xs", "dV", "V"),
        ours="The landscape over two components of θ, and the descent on θ alone: in a training "
        "the localisation network's weights move, not θ.",
    ),
    has_questions=True,
    # A two, turned by 35°, that is read as a seven at the identity; on its way down the loss of its
    # label, θ turns it upright, as tests/app/views/labels/test_labels.py checks. Not every digit is
    # turned so far.
    defaults={"labels_digit": 246, "labels_seed": 1},
    keys=PLAYHEAD_KEYS + HANDLE_KEYS,
)
