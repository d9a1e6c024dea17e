"""Beat the network: ten digits brought upright by hand, in a minute."""

from __future__ import annotations

import streamlit as st

from app.data.browser_networks import front_figure
from app.data.faults import reason
from app.panels.choices import choose_seed, next_seed
from app.stage.beat import beat
from app.views.beat import PAGE
from app.views.beat.digits import ten

SEED = "seed"

figure = st.container(key="figure")
choosing, _ = st.columns([1, 2])
with choosing, st.container(key="choosing", horizontal=True, vertical_alignment="bottom"):
    seed = choose_seed(
        SEED, PAGE.defaults[SEED], "Draws the ten digits and their distortions", "Other digits"
    )
with figure:
    try:
        network = front_figure()[0]
    except (OSError, ValueError, KeyError) as error:
        st.error(f"The network cannot be read: {reason(error)}")
    else:
        beat(
            network,
            ten(seed),
            key="beat",
            token=f"beat/{seed}",
            on_again=lambda: next_seed(SEED),
        )
st.caption(
    "The seed is in the address: send the link, and a friend plays the same ten digits. They come "
    "from the gallery, distorted as in the network's training (RTS: rotated, translated, scaled). "
    "A point goes to the one who is nearer to upright; a digit that is misread gets none."
)
