"""The Transformer page: one image, no network, and what θ does (Sect. 3.2, 3.3)."""

from __future__ import annotations

from app.page import CHOICE_KEYS, HANDLE_KEYS, PLAYHEAD_KEYS, Page, Paper

PAGE = Page(
    position=1,
    menu="Transformer",
    title="The spatial transformer",
    lead=(
        "$T_\\theta(G)$ says, for each pixel of the output $V$, where in the input $U$ it is read. "
        "**Drag the grid**: its corners and edges, or all of it."
    ),
    paper=Paper(
        where="Sect. 3.2, 3.3, Fig. 3, Eq. 1–7",
        symbols=("U", "theta", "A", "M", "G", "T", "xs", "xt", "k", "dV", "V"),
        ours="Pixels' outer edges are ±1, and outside of U it is 0; the paper says neither. "
        "Bicubic and tent kernels, piecewise affine and the fixed quadratic B are instances of "
        "what it allows. The descent on θ and the challenge are ours.",
    ),
    has_questions=True,
    view_field="lab_view",
    keys=PLAYHEAD_KEYS + CHOICE_KEYS + HANDLE_KEYS,
)
