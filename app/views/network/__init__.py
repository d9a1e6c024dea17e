"""A network of one's own: transformers put into it, and what they do, drawn (Sect. 3.4)."""

from __future__ import annotations

from app.page import CHOICE_KEYS, HANDLE_KEYS, PLAYHEAD_KEYS, Page, Paper

PAGE = Page(
    group="Your own",
    position=14,
    menu="Your network",
    title="Your network",
    lead=(
        "A spatial transformer fits into any network, at any depth. Look inside yours: **drag its "
        "grid** and see what the rest of the network makes of it."
    ),
    paper=Paper(
        where="Sect. 3.4",
        symbols=("U", "theta", "T", "k", "V"),
        ours="The Python code, the command and the file format.",
    ),
    keys=PLAYHEAD_KEYS + CHOICE_KEYS + HANDLE_KEYS,
    view_field="network_view",
)
