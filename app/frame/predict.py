"""Predict first, then see: three questions on a page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from app.data.faults import reason

if TYPE_CHECKING:
    from app.frame.question import Question


@st.fragment
def ask(page: str, load: Callable[[str], Sequence[Question]]) -> None:
    """The questions of a page. load: gives them for the page's name, and may import torch."""
    with st.container(key="predict"), st.expander("**Predict first**: three questions"):
        for n, question in enumerate(load(page)):
            chosen = st.radio(
                question.words,
                range(len(question.answers)),
                index=None,
                format_func=lambda a, q=question: q.answers[a],
                key=f"predict-{page}-{n}",
                horizontal=True,
            )
            if chosen is not None:
                with st.spinner("Working it out …"):
                    _reveal(question, chosen, f"{page}/{n}")


def _reveal(question: Question, chosen: int, name: str) -> None:
    from app.data import once

    try:
        right = once.made_once(f"prediction/{name}", question.find)
    except (RuntimeError, ValueError, OSError) as error:
        st.warning(f"The answer could not be computed: {reason(error)}")
        return
    answer = question.answers[right]
    words = ":green[✓ Right.]" if chosen == right else f"✗ Not quite: the answer is **{answer}**."
    st.markdown(f"<div role='alert'>\n\n{words} {question.why}\n\n</div>", unsafe_allow_html=True)
