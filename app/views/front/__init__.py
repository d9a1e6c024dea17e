"""The front page: the story on Fig. 2, and the paper's figures and tables to open (Sect. 3)."""

from __future__ import annotations

from app.page import CHOICE_KEYS, HANDLE_KEYS, STORY_KEYS, Page, Paper

PAGE = Page(
    group="Start",
    position=0,
    menu="Overview",
    title="Spatial Transformer Networks",
    lead="A network that decides **where to look**, in seven steps. Scroll, or press **Next**.",
    paper=Paper(
        where="Sect. 3, Fig. 2; the network of Sect. 4.1",
        symbols=("U", "floc", "theta", "G", "T", "xs", "V"),
        ours="The network's recipe and budget: see *Distorted MNIST*, *Results*. The paper used "
        "SGD and 150,000 steps of 256. The width gives 400,000 parameters.",
    ),
    keys=STORY_KEYS + CHOICE_KEYS + HANDLE_KEYS,
    needs_torch=False,
)
