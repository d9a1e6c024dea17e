"""The strips of further examples to click: what each network made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import streamlit as st

from app.data.networks import LoadedNetwork
from app.stage.large import Item
from app.stage.strip import strip

PICTURES = 10  # of a set, in a strip


def marks(right: Iterable[bool]) -> str:
    """Below an example: whether each network reads it."""
    return "".join(" ✓" if one else " ✗" for one in right)


def legend(networks: Sequence[LoadedNetwork]) -> str:
    """What the marks are, after the strip's words; empty without a network."""
    return " · ✓ right, ✗ wrong, one mark per network, in the order above" if networks else ""


def around(index: int, count: int) -> tuple[int, ...]:
    """Which pictures of a set of so many stand in the strip that has this one.

    >>> around(11, 12)
    (10, 11)
    """
    first = index // PICTURES * PICTURES
    return tuple(range(first, min(first + PICTURES, count)))


def more_pictures(
    items: Sequence[Item],
    networks: Sequence[LoadedNetwork],
    *,
    key: str,
    selected: str,
    on_selected: Callable[[str], None],
) -> None:
    """A strip of photographs. Their names tell one strip from another, as the networks do."""
    st.caption(f"**More pictures**{legend(networks)}")
    token = "/".join((items[0].id, *(n.key for n in networks)))
    strip(items, key=key, token=token, selected=selected, on_selected=on_selected)
