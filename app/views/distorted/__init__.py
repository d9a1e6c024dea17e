"""Distorted MNIST: two networks on one digit; and trainings (Sect. 4.1, App. A.4, Table 1)."""

from __future__ import annotations

from app.page import CHOICE_KEYS, HANDLE_KEYS, PLAYHEAD_KEYS, Page, Paper

PAGE = Page(
    position=2,
    menu="Distorted MNIST",
    title="Distorted MNIST",
    lead=(
        "A spatial transformer predicts $\\theta$ from the image $U$, reads $U$ at the grid "
        "$T_\\theta(G)$, and hands the result $V$ to a classifier. From the class alone, it "
        "learns a pose that is easy to read."
    ),
    paper=Paper(
        where="Sect. 4.1, App. A.4, Table 1",
        symbols=("U", "floc", "theta", "A", "T", "V"),
        ours="Recipes and budgets, as *Results* tells them of every network; widths solved for "
        "400,000 parameters; 28 × 28 canvases for R, P and E, of which the paper gives no size. "
        "The sweep of the angle, the replay, the wanted θ and the studies of what goes wrong.",
    ),
    has_questions=True,
    view_field="view",
    # A five that the CNN takes for a six, and the ST-CNN for a one once its θ is the identity.
    defaults={"distortion": "RTS", "digit": 504, "seed": 2},
    keys=PLAYHEAD_KEYS + CHOICE_KEYS + HANDLE_KEYS,
)
