"""The species that networks name in many photographs, each asked for once."""

from __future__ import annotations

import streamlit as st

from app.data import birds
from app.data.networks import LoadedNetwork


@st.cache_data(max_entries=256, show_spinner=False)
def named_species(
    _loaded: LoadedNetwork, key: str, kind: str, indices: tuple[int, ...]
) -> list[int]:
    """What a network, known by its key, takes some photographs of a set for."""
    import torch

    side = _loaded.experiment.data.side
    images = torch.cat([birds.inputs(birds.bird(kind, i).image, side, None, ()) for i in indices])
    with torch.inference_mode():
        return _loaded.network.trace(images).logits.argmax(-1).tolist()
