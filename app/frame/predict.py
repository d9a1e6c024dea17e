"""Predict first, then see: a line above the stage with three questions, whose answers it plays."""

from __future__ import annotations

import re
from collections.abc import Sequence

import streamlit as st

from app.data import once
from app.data.faults import reason
from app.frame.question import Question
from app.stage.play import play_next
from app.stage.questions import Verdict, questions


def ask(page: str, asked: Sequence[Question]) -> None:
    """The questions of a page, folded away until the visitor wants them. page: its name."""
    key = f"predict-{page}"
    with st.container(key="predict"):
        questions(
            [(question.words, question.answers) for question in asked],
            key=key,
            verdict=st.session_state.get(f"{key}:verdict"),
            on_answer=lambda text: _answer(page, asked, text),
        )


def _answer(page: str, asked: Sequence[Question], text: str) -> None:
    """The visitor has answered: set the page's controls, before they are drawn again, and have the
    stage play what is so. text: the question, the answer, and the number of this asking."""
    match = re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.([\d.-]{1,40})", text)
    if not match or int(match[1]) >= len(asked):
        return
    place, chosen, number = int(match[1]), int(match[2]), match[3]
    question = asked[place]
    if chosen >= len(question.answers):
        return
    try:
        play = once.made_once(f"play/{page}/{place}", question.play)
        right = question.find(play)
    except (RuntimeError, ValueError, OSError) as error:
        verdict = Verdict(
            number=number,
            right=None,
            words=f"The answer could not be computed: {reason(error)}",
        )
    else:
        verdict = Verdict(number=number, right=right, words=_words(question, chosen, right))
        st.session_state.update(question.fields)
        play_next(question.stage, play, number)
    st.session_state[f"predict-{page}:verdict"] = verdict


def _words(question: Question, chosen: int, right: int) -> str:
    if chosen == right:
        return f"✓ Right. {question.reasons[right]}"
    answer = question.answers[right]
    return f"✗ Not quite: the answer is <b>{answer}</b>. {question.reasons[chosen]}"
