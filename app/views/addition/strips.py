"""Further sums to click."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.data import sums
from app.data.networks import LoadedNetwork, run_network
from app.panels.transformers import pixels
from app.stage.large import Item
from app.stage.strip import strip
from app.views.addition.choices import Sum, choose_pair

FURTHER = ((1, 4), (4, 8), (7, 0), (0, 9), (3, 3), (6, 2), (9, 7), (5, 6))  # pairs to click


def further_sums(chosen: Sum, networks: Sequence[LoadedNetwork]) -> None:
    """Further pairs to click, distorted with the same seed."""
    writer = chosen.digits[-1 if chosen.swapped else 0] % 100
    items = []
    for one, other in FURTHER:
        pair = (100 * one + writer, 100 * other + (writer + 11) % 100)
        shown = sums.pair_of_digits(*pair, chosen.seed)
        label = int(shown.labels[0])
        said = [int(run_network(n, shown.images).logits.argmax()) for n in networks]
        marks = "".join(" ✓" if answer == label else " ✗" for answer in said)
        words = "+".join(str(int(d)) for d in shown.pose["digit"][0])
        items.append(
            Item(
                id=f"{pair[0]}.{pair[1]}",
                image=pixels(shown.images)[0],
                theta=None,
                label=f"{words}{marks}",
                alt=f"Choose these distorted digits, {words}",
            )
        )
    legend = " · ✓ right, ✗ wrong, by network in their order above" if networks else ""
    st.caption(f"**Further sums**, distorted with the same seed: click one{legend}")
    names = "/".join(n.key for n in networks)
    strip(
        items,
        key="sums",
        token=f"{writer}/{chosen.seed}/{names}",
        on_selected=choose_pair,
    )
