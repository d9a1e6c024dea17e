"""House numbers: the widgets that choose a photograph and two networks."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.data import decoded, house_numbers, pictures
from app.data.faults import reason
from app.data.house_numbers import PHOTOGRAPH, RENDERING
from app.data.plain import plain
from app.data.run_keys import RunKey
from app.panels import own_digit
from app.panels.choices import choose_networks, choose_page_view
from app.views.house_numbers import PAGE

TABLE = "house-numbers"
TIGHT, LOOSE = 64, 128  # pixels of a crop
SIDES = {TIGHT: "64 px", LOOSE: "128 px"}
PREFIX = f"{TABLE}/{TIGHT}/"  # of the crops at first
FIRST_CHOICES = ("st-cnn-multi", "cnn")
FIRST_RENDERING = PAGE.defaults["rendering"]
SOURCES = {RENDERING: "Renderings", PHOTOGRAPH: "SVHN"}
OWN = "own-photograph"  # the switch's key
MIDDLE = (0.6, 0.0, 0.0, 0.0, 0.6, 0.0)  # the crop of a visitor's picture, at first
LENGTH = 5  # digits of a number, at most
NAMES = r"""
A **crop** of the photograph is the network's input: 64 × 64 pixels, or 128 × 128, which are twice
as wide and hold more of the wall. **ST-CNN Multi** has a
transformer before each of its first four convolutions: the first reads the crop, the others the
**feature maps** of the layers before them. Each predicts its own **θ** from what it reads (**U**),
and its **sampling grid $T_\theta(G)$** is drawn on it as a frame. **V** is its output.

**Multiplied out**: convolutions keep a place where it is, so the matrices of all transformers up to
one, multiplied, say where on the crop that one reads. These are the frames on the photograph.

**ST-CNN Single** has only the first transformer, **CNN** none. Five **heads**, one per place in
the number, give 0 to 9 or "none". A number is right if all five are: **sequence error** counts the
others.

Sect. 4.2, App. A.5 and Table 2 of [*Spatial Transformer Networks*](https://arxiv.org/abs/1506.02025)
(Jaderberg, Simonyan, Zisserman, Kavukcuoglu, 2015).
"""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What was chosen. networks: at most two; kind, index: of which set the photograph is, and
    which of it; also where the visitor's own is shown in its stead; side: of the crop, in
    pixels."""

    networks: tuple[RunKey, ...]
    side: int
    photograph: house_numbers.Photograph
    kind: str
    index: int


def choose_view() -> tuple[str, DeltaGenerator]:
    """The first row of the page: which view; and the row."""
    return choose_page_view("number_view", ["Explore", "Train", "Replay", "Results"], NAMES)


def choose_side(row: DeltaGenerator) -> int:
    """How large the crops are, in pixels: in the first row of the page."""
    with row:
        return st.segmented_control(
            "Crops", list(SIDES), format_func=SIDES.get, default=TIGHT, required=True,
            key="number_crop", bind="query-params", persist_state="session",
            label_visibility="collapsed",
            help="Crops of 128 pixels are twice as wide, so a network has to find the number",
        )  # fmt: skip


def prefix_of(side: int) -> str:
    """Of the names of the networks that read such crops.

    >>> prefix_of(LOOSE)
    'house-numbers/128/'
    """
    return f"{TABLE}/{side}/"


def choose(side: int) -> Choice:
    """A photograph and two networks: beside the stage."""
    kind = _choose_set(side)
    last = len(house_numbers.picture_set(kind, side)) - 1
    chosen = st.number_input(
        f"Picture, 0 to {last}", 0, last, FIRST_RENDERING if kind == RENDERING else 0,
        key=kind, bind="query-params", disabled=st.session_state.get(OWN, False),
        help="No network was trained on these",
    )  # fmt: skip
    index = int(chosen)
    picture = house_numbers.photograph(kind, index, side)
    with st.popover("Your own picture", width="stretch", help="Upload, paste or take a photograph"):
        own = _own_picture()
    keys = choose_networks(prefix_of(side), FIRST_CHOICES)
    return Choice(networks=keys, side=side, photograph=own or picture, kind=kind, index=index)


def _choose_set(side: int) -> str:
    """Renderings, or SVHN's photographs where they are."""
    try:
        there = house_numbers.photographs(side)
    except (RuntimeError, ValueError, OSError) as error:
        st.error(f"SVHN's photographs cannot be read: {reason(error)}")
        there = None
    if there is None:
        return RENDERING
    return st.segmented_control(
        "Pictures", list(SOURCES), format_func=SOURCES.get, default=RENDERING, required=True,
        key="number_set", bind="query-params", label_visibility="collapsed",
        help="Drawn by this project, or the photographs that errors are measured on",
    )  # fmt: skip


def _own_picture() -> house_numbers.Photograph | None:
    """A photograph of the visitor's; None without one."""
    if not st.toggle("Use your own picture", key=OWN, help="Replaces the picture of the set"):
        return None
    way = st.segmented_control(
        "Source", own_digit.FILES, default="Upload", required=True, key=f"{OWN}-way",
        label_visibility="collapsed",
    )  # fmt: skip
    content = own_digit.picture_file(way, OWN)
    number = st.text_input(
        "True number", key=f"{OWN}-number", max_chars=LENGTH, placeholder="1 to 5 digits, if known",
        help="What is written there, to compare with what the networks read",
    ).strip()  # fmt: skip
    if content is None:
        st.caption(
            "Give a picture of a house number. Then drag the crop around the number. Pictures are "
            f"reduced to {house_numbers.WHOLE_SIDE} pixels, so let the number fill a quarter of "
            "the width or more."
        )
        return None
    try:
        image = decoded.made(pictures.read_whole, content, house_numbers.WHOLE_SIDE)
    except pictures.PictureError as error:
        st.error(f"The picture could not be used: {plain(error)}")
        return None
    if number and not is_number(number):
        st.warning(f"A number has digits only, not {plain(number)!r}.")
        number = ""
    return house_numbers.Photograph(
        image=image,
        crop=MIDDLE,
        number=number or None,
        name=f"own/{zlib.crc32(content)}",
        is_own=True,
    )


def is_number(text: str) -> bool:
    """Whether it has only the ten digits that heads know, not those of another script.

    >>> is_number("42"), is_number("٤٢"), is_number("4a")
    (True, False, False)
    """
    return text.isascii() and text.isdecimal()


def choose_picture(index: str) -> None:
    """Take a picture of the strip, as ``rendering.12``; before the widgets are drawn again."""
    kind, _, number = index.partition(".")
    st.session_state[kind] = int(number)
    st.session_state[OWN] = False
