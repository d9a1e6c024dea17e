"""Further sums to click."""

from __future__ import annotations

import streamlit as st

from app.data import sums
from app.data.networks import run_network
from app.panels.further import legend, marks
from app.panels.transformers import pixels
from app.stage.large import Item
from app.stage.strip import strip
from app.views.addition.choices import choose_pair
from app.views.addition.shown import Shown

FURTHER = ((1, 4), (4, 8), (7, 0), (0, 9), (3, 3), (6, 2), (9, 7), (5, 6))  # pairs to click


def further_sums(shown: Shown) -> None:
    """Further pairs to click, distorted with the same seed."""
    writer = shown.first % 100
    items = []
    for one, other in FURTHER:
        pair = (100 * one + writer, 100 * other + (writer + 11) % 100)
        example = sums.pair_of_digits(*pair, shown.seed)
        label = int(example.labels[0])
        answers = [int(run_network(n, example.images).logits.argmax()) for n in shown.networks]
        digits = "+".join(str(int(d)) for d in example.pose["digit"][0])
        items.append(
            Item(
                id=f"{pair[0]}.{pair[1]}",
                image=pixels(example.images)[0],
                theta=None,
                label=f"{digits}{marks(answer == label for answer in answers)}",
                alt=f"Choose this sum of distorted digits, {digits}",
            )
        )
    st.caption(f"**More sums**, distorted with the same seed. Click one{legend(shown.networks)}")
    strip(
        items,
        key="sums",
        token=f"{writer}/{shown.seed}/{'/'.join(n.key for n in shown.networks)}",
        on_selected=choose_pair,
    )
