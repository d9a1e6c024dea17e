"""What a visitor chooses on the page: a view, a file, a transformer, an image."""

from __future__ import annotations

import streamlit as st

from app.panels import kept_upload
from app.panels.choices import choose_page_view

NAMES = r"""
**U** is what a transformer reads: the network's image, or what the layers before it have made of
it. **V** is its output. The **sampling grid $T_\theta(G)$** says where in U each pixel of V is
read; **θ** are its parameters. The grid's yellow corner is the top left corner of V.

A grid that is not affine is a **learned basis**: x, y, 1 and the directions in which the grids
differ from affine ones.
"""


def choose_view() -> str:
    """The first row of the page."""
    return choose_page_view("network_view", ["Explore", "Replay"], NAMES)


def warps_file():
    """A file that ``stn_core.watched`` has written; None without one."""
    return kept_upload.upload(
        "warps.safetensors",
        ["safetensors"],
        key="own-warps",
        help="The file that `save_warps` wrote",
    )


def choose_transformer(names: list[str]) -> int:
    """Which of a network's transformers, by its place."""
    return st.selectbox(
        "Transformer",
        range(len(names)),
        format_func=lambda n: names[n] or "the network itself",
        key="own-transformer",
        help="Its name in the network, as in `named_modules()`",
    )


def choose_image(count: int) -> int:
    """Which of the images of a forward pass."""
    if st.session_state.get("own-image", 1) > count:
        st.session_state["own-image"] = 1
    chosen = st.number_input(
        f"Image, 1 to {count}",
        1,
        count,
        1,
        key="own-image",
        help="Which image of the forward pass is shown large",
    )
    return int(chosen) - 1


def take_image(image: str) -> None:
    """Take an image of the strip; called before the widgets are drawn again."""
    st.session_state["own-image"] = int(image) + 1
