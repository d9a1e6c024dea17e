"""Distorted MNIST: two networks on one digit; and trainings (Sect. 4.1, App. A.4, Table 1)."""

from __future__ import annotations

from app.page import CHOICE_KEYS, HANDLE_KEYS, PLAYHEAD_KEYS, Page, Paper

PAGE = Page(
    group="Experiments",
    position=6,
    menu="Distorted MNIST",
    title="Distorted MNIST",
    lead=(
        "Digits are rotated, scaled, shifted or bent. Trained on class labels only, a spatial "
        "transformer learns to undo that."
    ),
    paper=Paper(
        where="Sect. 4.1, App. A.4, Table 1",
        symbols=("U", "floc", "theta", "A", "T", "V"),
        ours="Recipes and budgets, which *Results* lists for every network; widths that give "
        "400,000 parameters; canvases of 28 × 28 for R, P and E, whose size the paper does not "
        "give. The sweep of the angle, the replay, the ideal θ and the studies of what goes wrong.",
    ),
    view_field="view",
    # A four, turned by 40°, that the CNN takes for a seven. The ST-CNN reads it, with a θ near the
    # ideal one; at the identity it would read a three. tests/.../test_distorted.py checks it.
    defaults={"distortion": "RTS", "digit": 474, "seed": 77},
    keys=PLAYHEAD_KEYS + CHOICE_KEYS + HANDLE_KEYS,
)
