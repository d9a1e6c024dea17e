"""The strips of further examples to click: what each network made of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.data.networks import LoadedNetwork


def marks(right: Iterable[bool]) -> str:
    """Below an example: whether each network reads it."""
    return "".join(" ✓" if one else " ✗" for one in right)


def legend(networks: Sequence[LoadedNetwork]) -> str:
    """What the marks are, after the strip's words; empty without a network."""
    return " · ✓ right, ✗ wrong, one mark per network, in the order above" if networks else ""
