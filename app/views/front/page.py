"""The front page: Fig. 2 alive, and the paper's figures and tables to open (Sect. 3)."""

from __future__ import annotations

import streamlit as st

st.title("Spatial Transformer Networks", anchor=False)

from app.data import loading  # noqa: E402  after the title, which does not wait for anything
from app.frame.tour import anchor  # noqa: E402
from app.stage.figure2 import figure2  # noqa: E402

network, digits, first = loading.front()
st.markdown(
    "A network that looks at an image, decides **where to read it**, and then reads a digit. "
    f"This is a real one: {network.title}, {network.record}, run by your browser. "
    f"**Drag the digit**, or take the {anchor('guided tour', 'tour')}.",
    unsafe_allow_html=True,
)
figure2(network, digits, first=first, key="figure2")

loading.wait_for_figure()
loading.warm_up()

from app.views.front.cards import as_html, cards  # noqa: E402  they need torch, which the figure does not wait for

st.subheader("The paper, figure by figure", anchor=False)
st.html(as_html(loading.made_once("cards", cards)))
