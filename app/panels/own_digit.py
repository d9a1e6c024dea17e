"""A digit of the visitor's own: drawn, pasted, uploaded, photographed, or out of a link."""

from __future__ import annotations

import base64
import zlib

import numpy as np
import streamlit as st

from app.data import decoded, gallery, pictures
from app.data.plain import plain
from app.frame import links
from app.panels import kept_upload
from app.sketch import pasted, sketch

FILES = ("Paste", "Upload", "Camera")  # the ways to give a picture
LINK = "Link"  # where a digit comes from that the address has brought
PREVIEW = 5  # times as large as it is
MAX_PACKED_CHARS = 2000  # of a digit in the address
DIGIT_BYTES = 1 + pictures.DIGIT_SIDE**2


def choose_digit(key: str, name: str = "your own digit") -> gallery.Drawn | None:
    """A switch, and a digit that is drawn, pasted, uploaded or photographed; None without one.

    key: of the switch, and of the address's field that brings the digit back; name: of what is
    replaced.
    """
    linked = _linked(key)
    on = st.toggle(f"Use {name}", key=key, help="Replaces the gallery's digit")
    drawn = _own_digit(key, linked) if on else None
    st.session_state[f"{key}:kept"] = drawn
    text = drawn and packed(drawn)
    if text and st.query_params.get(key) != text:
        st.query_params[key] = text
    elif not text and key in st.query_params:
        del st.query_params[key]
    return drawn


def _linked(key: str) -> gallery.Drawn | None:
    """The digit in the address when the page was opened, or the one with which it was left: it
    turns the switch on."""
    linked = f"{key}:linked"
    if links.is_restored():  # to what the address has, and no more
        for name in (key, f"{key}-way", f"{key}:kept"):
            st.session_state.pop(name, None)
    if key in st.session_state:
        return st.session_state.get(linked)
    try:
        brought = unpacked(st.query_params[key]) if key in st.query_params else None
    except ValueError as error:
        brought = None
        st.toast(
            f"The digit in the link could not be read: {plain(error)}. The page shows a "
            "gallery digit.",
            duration="long",
        )
    digit = brought or st.session_state.get(f"{key}:kept")
    st.session_state[linked] = digit
    if digit:
        st.session_state[key] = True
    return digit


def packed(drawn: gallery.Drawn) -> str:
    """A digit for the address."""
    content = zlib.compress(bytes([drawn.label]) + drawn.pixels, 9)
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def unpacked(text: str) -> gallery.Drawn:
    """A digit from the address. Raises ValueError for anything else."""
    if not 0 < len(text) <= MAX_PACKED_CHARS:
        raise ValueError(f"it should have 1 to {MAX_PACKED_CHARS} characters, not {len(text)}")
    try:
        content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        digit = zlib.decompressobj().decompress(content, DIGIT_BYTES + 1)
    except zlib.error as error:
        raise ValueError(f"it is not an encoded digit ({error})") from error
    if len(digit) != DIGIT_BYTES or digit[0] > 9:
        raise ValueError("it should hold a class and 28 × 28 pixels")
    return gallery.Drawn(pixels=digit[1:], label=digit[0])


def _own_digit(key: str, linked: gallery.Drawn | None) -> gallery.Drawn | None:
    way = st.segmented_control(
        "Source",
        ["Draw", *FILES, *([LINK] if linked else [])],
        default=LINK if linked else "Draw",
        required=True,
        key=f"{key}-way",
        label_visibility="collapsed",
    )
    if linked and way == LINK:
        shown = np.frombuffer(linked.pixels, np.uint8).reshape(2 * (pictures.DIGIT_SIDE,))
        st.image(
            np.kron(shown, np.ones((PREVIEW, PREVIEW), np.uint8)),
            caption=f"the digit from the link, a {linked.label}",
            alt="The digit from the link",
        )
        return linked
    pixels = sketch(key=f"{key}-sketch") if way == "Draw" else _prepared(way, key)
    label = st.number_input(
        "True class",
        0,
        9,
        None,
        key=f"{key}-label",
        placeholder="A digit from 0 to 9",
        help="What the digit is, to compare with what the networks read",
    )
    if pixels is None or label is None:
        st.caption(
            "Draw or upload a digit and enter its true class. Then it replaces the gallery's digit."
        )
        return None
    return gallery.Drawn(pixels=pixels.tobytes(), label=int(label))


def _prepared(way: str, key: str) -> np.ndarray | None:
    """A picture made like MNIST's digits; shows it before and after."""
    content = picture_file(way, key)
    if content is None:
        return None
    prepare = st.toggle(
        "Make it like MNIST", True, key=f"{key}-prepare",
        help="Converts it to grey, bright on black, 20 pixels large and centred in 28 × 28. The "
        "networks were trained on such digits only.",
    )  # fmt: skip
    try:
        digit = decoded.made(pictures.as_digit if prepare else pictures.as_grey, content)
        given = decoded.made(pictures.read_picture, content, PREVIEW * pictures.DIGIT_SIDE)
    except pictures.PictureError as error:
        st.error(f"The picture could not be used: {plain(error)}")
        return None
    both = st.container(horizontal=True)
    both.image(given.transpose(1, 2, 0), caption="your picture", alt="Your picture, unchanged")
    large = np.kron(digit, np.ones((PREVIEW, PREVIEW), np.uint8))
    both.image(large, caption="the digit, 28 × 28", alt="The digit as the networks get it")
    return digit


def picture_file(way: str, key: str) -> bytes | None:
    """A picture's file, given in one of the ways in FILES."""
    if way == "Paste":
        return pasted(key=f"{key}-paste")
    if way == "Camera":
        file = st.camera_input("A picture", key=f"{key}-camera", label_visibility="collapsed")
    else:
        file = kept_upload.upload("A picture", pictures.UPLOADS, key=f"{key}-upload", bare=True)
    return file and file.getvalue()
