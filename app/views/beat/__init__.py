"""Beat the network: ten digits brought upright by hand, in a minute."""

from __future__ import annotations

from app.page import HANDLE_KEYS, Page, Paper

PAGE = Page(
    group="Start",
    position=1,
    menu="Beat the network",
    title="Beat the network",
    lead="Ten tilted digits, one minute: bring each one upright. A trained network gets the same.",
    paper=Paper(
        where="Sect. 4.1, Table 1: ST-CNN Aff on RTS",
        symbols=("U", "theta", "V"),
        ours="The game and its points. The paper measures what is read, not how upright V is.",
    ),
    defaults={"seed": 1},
    keys=(("Enter", "start the game; next digit"), *HANDLE_KEYS),
)
