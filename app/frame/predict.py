"""Predict first, then see: three questions below every page."""

from __future__ import annotations

import streamlit as st

PAGES = (  # those with questions: ``predictions`` has them, and imports torch
    "front", "transformer", "distorted", "addition", "colocalisation", "volumes", "invariance",
    "labels", "network",
)  # fmt: skip


@st.fragment
def ask(page: str) -> None:
    """The questions of a page, by its file in views/."""
    if page not in PAGES:
        return
    with st.container(key="predict"), st.expander("**Predict first**: three questions"):
        from app.frame.predictions import QUESTIONS

        for n, question in enumerate(QUESTIONS[page]):
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


def _reveal(question, chosen: int, name: str) -> None:
    from app.data import loading

    try:
        right = loading.made_once(f"prediction/{name}", question.find)
    except (RuntimeError, ValueError, OSError, KeyError) as error:
        st.warning(f"This cannot be worked out here: {error}")
        return
    found = question.answers[right]
    words = ":green[✓ Right.]" if chosen == right else f"✗ It is: **{found}**."
    st.markdown(f"{words} {question.why}")
