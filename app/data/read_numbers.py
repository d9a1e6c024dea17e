"""The numbers that networks read in many pictures, each asked for once."""

from __future__ import annotations

import streamlit as st

from app.data import house_numbers
from app.data.networks import LoadedNetwork


@st.cache_data(max_entries=256, show_spinner=False)
def read_numbers(
    _loaded: LoadedNetwork, key: str, kind: str, indices: tuple[int, ...]
) -> list[str]:
    """What a network, known by its key, reads in some pictures of a set."""
    import torch

    data = _loaded.experiment.data
    digits = house_numbers.picture_set(kind, data.side)
    chosen = digits[list(indices)]
    images = data.examples(chosen, torch.Generator()).images
    with torch.inference_mode():
        classes = _loaded.network.trace(images).logits.argmax(-1)
    return [house_numbers.read_as_text(one) for one in classes.tolist()]
