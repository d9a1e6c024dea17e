"""Birds: the widgets that choose a photograph and two networks."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.data import birds, decoded, pictures
from app.data.birds import CUB, FREE, PREFIX, Bird
from app.data.faults import reason
from app.data.plain import plain
from app.data.run_keys import RunKey
from app.panels import own_digit
from app.panels.choices import choose_networks, choose_page_view
from app.views.birds import PAGE

FIRST_CHOICES = ("128/2st-cnn", "64/cnn")
FIRST_FREE = PAGE.defaults[FREE]
SET = "bird_set"
SOURCES = {FREE: "Free", CUB: "CUB"}
OWN = "own-bird"  # the switch's key
NAMES = r"""
The photograph, squeezed to a square, is the network's image **U**. A localisation network places
two or four **windows** on it: transformers **in parallel**, each half as wide and high as the image
and read at 64 × 64 pixels. So θ is only a shift, $t_x$ and $t_y$.

Each window has a **path** of its own: the backbone's layers describe what it reads by 1,280
numbers, its **descriptor**. The descriptors side by side are classified into 200 species.

**2×ST-CNN** and **4×ST-CNN** have two and four windows, **CNN** reads the whole image instead.
**128 px**: windows of an image of 128 pixels, read at full resolution. **64 px**: the whole image
has 64 pixels, so a window of it has only 32.

The **backbone** is EfficientNet-Lite0, trained on ImageNet.

Sect. 4.3, App. A.6 and Table 3 of
[*Spatial Transformer Networks*](https://arxiv.org/abs/1506.02025) (Jaderberg, Simonyan, Zisserman,
Kavukcuoglu, 2015).
"""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What was chosen. networks: at most two; kind, index: of which set the photograph is, and
    which of it; also where the visitor's own is shown in its stead."""

    networks: tuple[RunKey, ...]
    bird: Bird
    kind: str
    index: int


def choose_view() -> tuple[str, DeltaGenerator]:
    """The first row of the page: which view; and the row."""
    return choose_page_view(PAGE.view_field or "", ["Explore", "Train", "Replay", "Results"], NAMES)


def choose() -> Choice:
    """A photograph and two networks: beside the stage."""
    kind, count = _choose_set()
    chosen = st.number_input(
        f"Picture, 0 to {count - 1:,}", 0, count - 1, FIRST_FREE if kind == FREE else 0,
        key=kind, bind="query-params", disabled=st.session_state.get(OWN, False),
        help="No network was trained on these",
    )  # fmt: skip
    index = int(chosen)
    shown = birds.bird(kind, index)
    with st.popover("Your own picture", width="stretch", help="Upload, paste or take a photograph"):
        own = _own_picture()
    keys = choose_networks(PREFIX, FIRST_CHOICES)
    return Choice(networks=keys, bird=own or shown, kind=kind, index=index)


def _choose_set() -> tuple[str, int]:
    """The free photographs or, where they are, CUB's test images; and how many there are."""
    there = False
    if not birds.cub_problem():
        try:
            birds.count(CUB)
            there = True
        except (RuntimeError, ValueError, OSError) as error:
            st.error(f"CUB's photographs cannot be read: {reason(error)}")
    if not there:
        return FREE, birds.count(FREE)
    kind = st.segmented_control(
        "Pictures", list(SOURCES), format_func=SOURCES.get, default=FREE, required=True,
        key=SET, bind="query-params", label_visibility="collapsed",
        help="Free photographs, or the test images that errors are measured on",
    )  # fmt: skip
    return kind, birds.count(kind)


def _own_picture() -> Bird | None:
    """A photograph of the visitor's; None without one."""
    if not st.toggle("Use your own picture", key=OWN, help="Replaces the picture of the set"):
        return None
    way = st.segmented_control(
        "Source", own_digit.FILES, default="Upload", required=True, key=f"{OWN}-way",
        label_visibility="collapsed",
    )  # fmt: skip
    content = own_digit.picture_file(way, OWN)
    species = _own_species()
    if content is None:
        st.caption("Give a picture of a bird that fills most of it. It is squeezed to a square.")
        return None
    try:
        image = decoded.made(pictures.read_squeezed, content, birds.SIDE)
    except pictures.PictureError as error:
        st.error(f"The picture could not be used: {plain(error)}")
        return None
    return Bird(
        image=image,
        species=species[1] if species else None,
        label=species[0] if species else None,
        name=f"own/{zlib.crc32(content)}",
        is_own=True,
    )


def _own_species() -> tuple[int, str] | None:
    """Which of the networks' species it is, if the visitor knows."""
    from stn_core.birds.species import SPECIES

    label = st.selectbox(
        "True species", range(len(SPECIES)), index=None, format_func=lambda n: SPECIES[n],
        key=f"{OWN}-species", placeholder="if known",
        help="The networks know 200 species, mostly North American, and name one of them always",
    )  # fmt: skip
    return None if label is None else (label, SPECIES[label])


def choose_picture(index: str) -> None:
    """Take a picture of the strip, as ``free_bird.3``; before the widgets are drawn again."""
    kind, _, number = index.partition(".")
    st.session_state[kind] = int(number)
    st.session_state[OWN] = False
