"""The front page: the story on Fig. 2, and the paper's figures and tables to open (Sect. 3)."""

from __future__ import annotations

import streamlit as st

from app.data import once
from app.data.browser_networks import front_figure, gain
from app.data.faults import reason
from app.stage.page_file import PageFile
from app.stage.story import story
from app.views.front import PAGE
from app.views.front.steps import steps


def show_cards() -> None:
    """The paper, figure by figure: with torch, which the figure above does not wait for."""
    from app.views.front.cards import as_html, cards

    st.header("Go deeper: the paper, figure by figure", anchor="deeper")
    shown, problems = once.made_once("cards", cards)
    for problem in problems:
        st.warning(f"This card has no picture or numbers: {problem}")
    st.html(as_html(shown))


try:
    network, digits, training, first = front_figure()
except (OSError, ValueError, KeyError) as error:
    st.error(f"The figure cannot be shown: {reason(error)}")
else:
    record = f", {network.record}" if network.record else ""
    real = f"A real network, not a drawing: {network.title}{record}."
    file = PageFile(
        name="spatial-transformer-figure-2", title=PAGE.title, note=real, source="Fig. 2"
    )
    story(network, digits, training, steps(gain()), first=first, key="story", file=file)
    st.caption(real)
once.wait_for_figure()
once.warm_up()
show_cards()
