"""A photograph with the windows of transformers in parallel, and the species that networks name."""

from __future__ import annotations

import streamlit as st

from app.data import birds
from app.data.plain import plain
from app.data.read_birds import named_species
from app.panels import theme
from app.panels.further import around, marks, more_pictures
from app.stage.large import Item
from app.stage.windows import windows, windows_report
from app.views.birds.choices import choose_picture
from app.views.birds.shown import Shown, readings, windows_of
from app.views.birds.verdict import verdict

STAGE = "bird-stage"


@st.fragment
def explore(shown: Shown) -> None:
    """The stage on the left, the species on the right."""
    bird = shown.choice.bird
    report = windows_report(STAGE, shown.token, shown.count)
    left, right = st.columns([2.2, 1], gap="medium")
    with left:
        windows(
            birds.at_side(bird.image, shown.side),
            windows_of(shown, report),
            colour=birds.mean_colour(bird.image),
            words=f"A photograph of {bird.species or 'a bird'} with the windows on it",
            key=STAGE,
            token=shown.token,
        )
    with right:
        if rows := readings(shown, report):
            verdict(rows, bird, theme.colours_of(shown.networks))
        elif problem := birds.backbone_problem():
            st.info(problem)
        else:
            st.info(
                "No network for birds is published or trained here yet. Switch from *Explore* to "
                "*Train* to start one. Until then you can drag the windows and see what they read."
            )
        if bird.credit:
            st.caption(f"Photograph: {plain(bird.credit)}")


def further(shown: Shown) -> None:
    """More pictures of the set, to click."""
    kind, chosen = shown.choice.kind, shown.choice.index
    indices = around(chosen, birds.count(kind))
    named = [named_species(n, n.key, kind, indices) for n in shown.networks]
    items = []
    for place, index in enumerate(indices):
        bird = birds.bird(kind, index)
        right = () if bird.label is None else (n[place] == bird.label for n in named)
        items.append(
            Item(
                id=f"{kind}.{index}",
                image=bird.image,
                theta=None,
                label=f"{bird.species}{marks(right)}",
                alt=f"Choose this picture of {bird.species}",
            )
        )
    more_pictures(
        items,
        shown.networks,
        key="birds",
        selected=f"{kind}.{chosen}",
        on_selected=choose_picture,
    )
