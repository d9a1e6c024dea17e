"""Further digits to click."""

from __future__ import annotations

import streamlit as st

from app.panels.further import legend, marks
from app.panels.transformers import pixels
from app.stage.large import Item
from app.stage.strip import strip
from app.views.distorted.choices import choose_digit
from app.views.distorted.shown import Shown


def digit_strip(shown: Shown) -> None:
    """Ten further digits to click, one of each class, distorted with the same seed."""
    items = []
    for further in shown.further():
        label = int(further.example.labels[0])
        items.append(
            Item(
                id=str(further.digit),
                image=pixels(further.example.images)[0],
                theta=None,
                label=f"{label}{marks(answer == label for answer in further.answers)}",
                alt=f"Choose this distorted {label}",
            )
        )
    st.caption(f"**More digits**, distorted with the same seed. Click one{legend(shown.networks)}")
    strip(
        items,
        key="digits",
        token=f"{shown.source[:3]}/{'/'.join(n.key for n in shown.networks)}",
        selected=None if shown.chosen is None else str(shown.chosen),
        on_selected=choose_digit,
    )
