"""What *Your network* shows until a file is opened: the transformer of a published network."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app.data import examples, networks

if TYPE_CHECKING:
    from stn_core.watched import Watched

NETWORK = "st-cnn-aff"
NAME = f"distorted/rts/{NETWORK}"
DIGITS = tuple(range(4, 1_000, 100))  # of the gallery, one of each class
SEED = 2


@st.cache_resource(show_spinner="Loading the example …")
def example_warps() -> list[Watched]:
    """As from a file that ``save_warps`` has written. Raises CheckpointError."""
    import torch

    from stn_core import save_warps, watch
    from stn_core.watched import load_warps

    network = networks.pretrained(NAME).network
    images = torch.cat([examples.example(NAME, digit, SEED).images for digit in DIGITS])
    with watch(network) as warps, torch.no_grad():
        network(images)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "warps.safetensors"
        save_warps(file, network, warps)
        return load_warps(file)
