"""What the page on co-localisation shows: recorded searches, the true boxes, the encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from app.data.gallery import gallery

if TYPE_CHECKING:
    from stn_core.box_search.encoder import Encoder
    from stn_core.runs.records import RecordedRun


@st.cache_resource(max_entries=20, show_spinner="Loading the recording …")
def recorded_boxes(name: str) -> RecordedRun:
    """The shipped co-localisation of ``colocalisation/t/8``. Raises RunError."""
    from stn_core import checkpoints
    from stn_core.experiments import find_colocalisation
    from stn_core.runs.packed import PACKED, unpack

    return unpack(checkpoints.published_folder(find_colocalisation(name)) / PACKED)


@st.cache_resource(max_entries=40, show_spinner=False)
def true_boxes(name: str, set_seed: int, clutter: int) -> np.ndarray:
    """The digits' own frames in a set of gallery digits: θ of Attention, float32 (N, 3)."""
    from stn_core.experiments import find_colocalisation
    from stn_core.experiments.colocalisation import image_set, with_clutter

    cell = with_clutter(find_colocalisation(name), clutter)
    return image_set(cell, gallery(), set_seed, gallery()).boxes.numpy()


@st.cache_resource(show_spinner="Loading the encoder …")
def encoder(normalised: bool, fine: bool) -> Encoder:
    """e() of Eq. 8, as it is shipped: of the search, or of its end."""
    from stn_core.box_search.encoder import Encoder, load_encoder_networks

    networks = load_encoder_networks()
    return Encoder(networks.fine if fine else networks.coarse, normalised=normalised)
