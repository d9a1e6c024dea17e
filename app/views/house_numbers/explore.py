"""A photograph with the frames of transformers in depth, and what the networks read."""

from __future__ import annotations

import streamlit as st

from app.data import house_numbers
from app.data.read_numbers import read_numbers
from app.panels import theme
from app.panels.further import around, marks, more_pictures
from app.stage.depth import Photograph, depth, depth_report
from app.stage.large import Item
from app.views.house_numbers.choices import choose_picture
from app.views.house_numbers.heads import heads
from app.views.house_numbers.shown import Shown, cascade, readings

STAGE = "number-stage"


@st.fragment
def explore(shown: Shown) -> None:
    """The stage on the left, what the networks read on the right."""
    staged, photograph = shown.staged, shown.choice.photograph
    count = len(staged.network.transformer) if staged else 0
    rows = readings(shown, depth_report(STAGE, shown.token, count))
    left, right = st.columns([3, 1], gap="medium")
    with left:
        depth(
            Photograph(
                image=photograph.image,
                crop=photograph.crop,
                side=shown.choice.side,
                uncropped=photograph.is_own,
            ),
            cascade(next((r for r in rows if r.loaded is staged), None) if staged else None),
            key=STAGE,
            token=shown.token,
        )
    with right:
        if rows:
            heads(rows, photograph.number, theme.colours_of(shown.networks))
        else:
            st.info(
                "No network has been trained here yet. Switch from *Explore* to *Train* and start "
                "one."
            )


def further(shown: Shown) -> None:
    """More pictures of the set, to click."""
    kind, side, chosen = shown.choice.kind, shown.choice.side, shown.choice.index
    indices = around(chosen, len(house_numbers.picture_set(kind, side)))
    read = [read_numbers(n, n.key, kind, indices) for n in shown.networks]
    items = []
    for place, index in enumerate(indices):
        picture = house_numbers.photograph(kind, index, side)
        border = (picture.image.shape[-1] - side) // 2  # which networks do not see
        items.append(
            Item(
                id=f"{kind}.{index}",
                image=picture.image[:, border:-border, border:-border],
                theta=None,
                label=f"{picture.number}{marks(n[place] == picture.number for n in read)}",
                alt=f"Choose this picture of {picture.number}",
            )
        )
    more_pictures(
        items,
        shown.networks,
        key=f"numbers-{side}",
        selected=f"{kind}.{chosen}",
        on_selected=choose_picture,
    )
