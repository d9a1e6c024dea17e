"""Birds: transformers in parallel, each with a part of the bird to look at (Sect. 4.3, Table 3)."""

from __future__ import annotations

from app.page import CHOICE_KEYS, PLAYHEAD_KEYS, Page, Paper

PAGE = Page(
    group="Experiments",
    position=10,
    menu="Birds",
    title="Birds",
    lead=(
        "Transformers **in parallel**: each places a **window** on the bird and reads it at full "
        "resolution. The species was the only label."
    ),
    paper=Paper(
        where="Sect. 4.3, App. A.6, Table 3",
        symbols=("U", "floc", "theta", "V"),
        ours="Smaller images (128 and 64 pixels), EfficientNet-Lite0 in place of Inception, and "
        "short trainings. Dragging, muting and swapping windows, and the cover.",
    ),
    view_field="bird_view",
    defaults={"free_bird": 1},
    keys=PLAYHEAD_KEYS
    + CHOICE_KEYS
    + (("Tab", "go to the windows, and to the cover; arrow keys move them"),),
)
