"""The digits that a browser trains with, packed once."""

from __future__ import annotations

import numpy as np
import streamlit as st

from app.stage.learn import PackedDigits, pack

MEASURED_OF_A_CLASS = 50  # of the gallery's 100


@st.cache_resource(show_spinner="Packing the digits …")
def browser_digits() -> PackedDigits:
    """The installed digits to train on, and then 500 of the gallery."""
    from stn_core.digits import GALLERY_PER_CLASS, installed

    source = installed()
    classes = len(source.gallery) // GALLERY_PER_CLASS
    first = np.arange(classes)[:, None] * GALLERY_PER_CLASS + np.arange(MEASURED_OF_A_CLASS)
    measured = first.ravel()
    pixels = [source.train.images.numpy(), source.gallery.images.numpy()[measured]]
    labels = [source.train.labels.numpy(), source.gallery.labels.numpy()[measured]]
    return pack(np.concatenate(pixels), np.concatenate(labels), len(source.train))
