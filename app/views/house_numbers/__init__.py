"""House numbers: transformers in depth, on photographs (Sect. 4.2, App. A.5, Table 2)."""

from __future__ import annotations

from app.page import CHOICE_KEYS, HANDLE_KEYS, PLAYHEAD_KEYS, Page, Paper

PAGE = Page(
    group="Experiments",
    position=9,
    menu="House numbers",
    title="House numbers",
    lead=(
        "Four transformers **in depth**: each reads the feature maps of the layers before it. "
        "**Multiplied out**, their frames close in on the number."
    ),
    paper=Paper(
        where="Sect. 4.2, App. A.5, Table 2",
        symbols=("U", "theta", "A", "T", "V"),
        ours="The photographs: 2.6 % of the paper's, and renderings. Slimmer networks and a short "
        "recipe. Muting a transformer, and maps that follow the hand.",
    ),
    view_field="number_view",
    # A tilted number, which the CNN misreads and ST-CNN Multi reads.
    defaults={"rendering": 133},
    keys=PLAYHEAD_KEYS + CHOICE_KEYS + HANDLE_KEYS,
)
