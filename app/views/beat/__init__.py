"""Beat the network: ten digits brought upright by hand, in a minute."""

from __future__ import annotations

from app.page import HANDLE_KEYS, Page

PAGE = Page(
    group="Start",
    position=1,
    menu="Beat the network",
    title="Beat the network",
    lead="Ten tilted digits, one minute: bring each one upright. A trained network gets the same.",
    defaults={"seed": 1},
    keys=(("Enter", "start the game; next digit"), *HANDLE_KEYS),
)
