"""The front page: Fig. 2 alive, and the paper's figures and tables to open (Sect. 3)."""

from __future__ import annotations

from app.page import CHOICE_KEYS, HANDLE_KEYS, Page, Paper


def _lead() -> str:
    from app.data.browser_networks import front_figure
    from app.frame.tour import anchor

    tour = f"take the {anchor('guided tour', 'tour')}."
    first = (
        "A network that looks at an image, decides **where to read it**, and then reads a digit. "
    )
    try:
        network, _, _ = front_figure()
    except (OSError, ValueError, KeyError):  # the page says what cannot be read
        return f"{first}To begin, {tour}"
    record = f", {network.record}" if network.record else ""
    return (
        f"{first}This is a real one: {network.title}{record}, run by your browser. "
        f"**Drag the digit**, or {tour}"
    )


PAGE = Page(
    position=0,
    menu="Overview",
    title="Spatial Transformer Networks",
    lead=_lead,
    paper=Paper(
        where="Sect. 3, Fig. 2; the network of Sect. 4.1",
        symbols=("U", "floc", "theta", "G", "T", "xs", "V"),
        ours="The network's recipe and budget, as *Distorted MNIST* tells them under *Results*; "
        "the paper's had SGD and 150,000 steps of 256. Its width is solved for 400,000 parameters.",
    ),
    has_questions=True,
    keys=CHOICE_KEYS + HANDLE_KEYS,
    needs_torch=False,
)
