"""The palette of the visitor's theme, and the colours of networks in it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.data.networks import LoadedNetwork
from app.palette import Palette, network_colours, palette


def colours() -> Palette:
    """The palette of the visitor's theme."""
    return palette(st.context.theme.type)


def colours_of(networks: Sequence[LoadedNetwork]) -> list[str]:
    """A colour for each of these networks, the same on every page."""
    return network_colours([n.experiment.name for n in networks], colours())
