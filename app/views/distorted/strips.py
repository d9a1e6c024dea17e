"""Further digits to click."""

from __future__ import annotations

import streamlit as st

from app.data import examples
from app.data.networks import predicted_classes
from app.panels.transformers import pixels
from app.stage.large import Item
from app.stage.strip import strip
from app.views.distorted.choices import Choice, choose_digit


def digit_strip(choice: Choice, networks: list) -> None:
    """Ten further digits to click, one of each class, distorted with the same seed."""
    experiment_name = choice.experiment_name
    writer = choice.digit % 100
    digits = tuple(range(writer, 1000, 100))
    answers = [predicted_classes(n, n.key, experiment_name, digits, choice.seed) for n in networks]
    items = []
    for place, digit in enumerate(digits):
        example = examples.example(experiment_name, digit, choice.seed)
        label = int(example.labels[0])
        marks = "".join(" ✓" if answer[place] == label else " ✗" for answer in answers)
        items.append(
            Item(
                id=str(digit),
                image=pixels(example.images)[0],
                theta=None,
                label=f"{label}{marks}",
                alt=f"Choose this distorted {label}",
            )
        )
    legend = " · ✓ right, ✗ wrong, by network in their order above" if networks else ""
    st.caption(f"**Further digits**, distorted with the same seed: click one{legend}")
    names = "/".join(n.key for n in networks)
    strip(
        items,
        key="digits",
        token=f"{experiment_name}/{writer}/{choice.seed}/{choice.digit}/{names}",
        selected=str(choice.digit),
        on_selected=choose_digit,
    )
