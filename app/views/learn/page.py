"""Train in your browser: two networks learn in this tab, and can be broken."""

from __future__ import annotations

import streamlit as st

from app.data.browser_digits import browser_digits
from app.data.browser_settings import RANGES
from app.palette import network_colours
from app.panels.choices import choose_seed
from app.panels.theme import colours
from app.stage.learn import digits, digits_data, learn
from app.stage.page_file import PageFile
from app.views.learn import PAGE, address

SEED = "seed"
SIDE = 28
EXPERIMENTS = ("browser/r/fcn", "browser/r/st-fcn-aff")


def digits_shown() -> dict:
    """The digits that the browser trains on, as data."""
    sent = browser_digits()
    return digits_data(
        sent,
        f"Your browser has {sent.train:,} digits of MNIST to train on. The errors are measured on "
        f"{sent.count - sent.train} others, from the gallery.",
    )


figure = st.container(key="figure")
choosing, _ = st.columns([1, 2])
with choosing, st.container(key="choosing", horizontal=True, vertical_alignment="bottom"):
    seed = choose_seed(
        SEED, PAGE.defaults[SEED], "Draws the first weights and all batches", "Another seed"
    )
with figure:
    told = learn(
        seed,
        settings=address.settings(),
        ranges=RANGES,
        side=SIDE,
        names=("FCN", "ST-FCN"),
        experiments=EXPERIMENTS,
        shades=network_colours(EXPERIMENTS, colours()),
        key="learn",
        token=f"learn/{seed}",
        file=PageFile(
            name="train-in-your-browser",
            title=PAGE.title,
            note="Two networks learn to read rotated digits in this page: one with a spatial "
            "transformer (ST-FCN), one without (FCN). Press Train, then break it.",
            source=PAGE.paper.where,
            beside=lambda: [digits_shown()],
        ),
    )
address.remember(told)
# after the stage is there: the first visitor of a server waits for seconds
digits(digits_shown(), key="digits")
