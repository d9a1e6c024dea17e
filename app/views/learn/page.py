"""Train in your browser: two networks learn in this tab, and can be broken."""

from __future__ import annotations

import numpy as np
import streamlit as st

from app.palette import network_colours
from app.panels.choices import choose_seed
from app.panels.theme import colours
from app.stage.learn import PackedDigits, digits, learn, pack
from app.views.learn import PAGE

SEED = "seed"
SIDE = 28
EXPERIMENTS = ("browser/r/fcn", "browser/r/st-fcn-aff")
MEASURED_OF_A_CLASS = 50  # of the gallery's 100


@st.cache_resource(show_spinner="Packing the digits …")
def _digits() -> PackedDigits:
    """The installed digits to train on, and then 500 of the gallery."""
    from stn_core.digits import GALLERY_PER_CLASS, installed

    source = installed()
    classes = len(source.gallery) // GALLERY_PER_CLASS
    first = np.arange(classes)[:, None] * GALLERY_PER_CLASS + np.arange(MEASURED_OF_A_CLASS)
    measured = first.ravel()
    pixels = [source.train.images.numpy(), source.gallery.images.numpy()[measured]]
    labels = [source.train.labels.numpy(), source.gallery.labels.numpy()[measured]]
    return pack(np.concatenate(pixels), np.concatenate(labels), len(source.train))


figure = st.container(key="figure")
choosing, _ = st.columns([1, 2])
with choosing, st.container(key="choosing", horizontal=True, vertical_alignment="bottom"):
    seed = choose_seed(
        SEED, PAGE.defaults[SEED], "Draws the first weights and all batches", "Another seed"
    )
with figure:
    learn(
        seed,
        side=SIDE,
        names=("FCN", "ST-FCN"),
        experiments=EXPERIMENTS,
        shades=network_colours(EXPERIMENTS, colours()),
        key="learn",
        token=f"learn/{seed}",
    )
sent = _digits()  # after the stage is there: the first visitor of a server waits for seconds
digits(
    sent,
    words=f"Your browser has {sent.train:,} digits of MNIST to train on. The errors are measured "
    f"on {sent.count - sent.train} others, from the gallery.",
    key="digits",
)
