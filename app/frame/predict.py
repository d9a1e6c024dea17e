"""Predict first, then see: three questions below a page."""

from __future__ import annotations

import importlib

import streamlit as st


@st.fragment
def ask(page: str) -> None:
    """The questions of a page, by its folder in views/: of a module that imports torch."""
    with st.container(key="predict"), st.expander("**Predict first**: three questions"):
        questions = importlib.import_module(f"app.views.{page}.questions").QUESTIONS
        for n, question in enumerate(questions):
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
    from app.data import once

    try:
        right = once.made_once(f"prediction/{name}", question.find)
    except (RuntimeError, ValueError, OSError, KeyError) as error:
        st.warning(f"This cannot be worked out here: {error}")
        return
    found = question.answers[right]
    words = ":green[✓ Right.]" if chosen == right else f"✗ It is: **{found}**."
    st.markdown(f"{words} {question.why}")
