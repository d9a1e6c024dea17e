"""The Transformer page: one image, no network, and what θ does (Sect. 3.2, 3.3)."""

from __future__ import annotations

from app.page import CHOICE_KEYS, HANDLE_KEYS, PLAYHEAD_KEYS, Page, Paper

PAGE = Page(
    group="Start",
    position=3,
    menu="Transformer",
    title="The spatial transformer",
    lead=(
        "The sampling grid $T_\\theta(G)$ says, for each pixel of the output $V$, where in the "
        "image $U$ to read. **Drag the grid**: a corner, an edge, or all of it."
    ),
    paper=Paper(
        where="Sect. 3.2, 3.3, Fig. 3, Eq. 1–7",
        symbols=("U", "theta", "A", "M", "G", "T", "xs", "xt", "k", "dV", "V"),
        ours="The image's outer edges are ±1, and outside of it pixels are 0; the paper says "
        "neither. Bicubic and tent kernels, piecewise affine and the fixed quadratic B are "
        "examples of what it allows. The descent on θ and the challenge are ours.",
    ),
    view_field="lab_view",
    keys=PLAYHEAD_KEYS + CHOICE_KEYS + HANDLE_KEYS,
)
