"""Predict first, then see: a line above the stage with three questions, whose answers it plays."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from app.data import once
from app.data.faults import reason
from app.frame.question import Question
from app.stage.play import play_next
from app.stage.questions import Verdict, questions


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the visitor has answered. place: of the question; chosen: of the answer; number: of
    this asking, by the browser."""

    place: int
    chosen: int
    number: str


def ask(page: str, asked: Sequence[Question]) -> None:
    """The questions of a page, folded away until the visitor wants them. page: its name. It comes
    before the stage in the script, which plays what is asked for here."""
    with st.container(key="predict"):
        questions(
            [(question.words, question.answers) for question in asked],
            key=f"predict-{page}",
            verdict=_verdict(page, asked),
            on_answer=lambda text: _take(page, asked, text),
        )


def _take(page: str, asked: Sequence[Question], text: str) -> None:
    """The visitor has answered: set the page's controls, before they are drawn again. text: the
    question, the answer, and the number of this asking."""
    match = re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.([\d.]{1,40})", text)
    if not match:
        return
    answer = Answer(place=int(match[1]), chosen=int(match[2]), number=match[3])
    if answer.place >= len(asked) or answer.chosen >= len(asked[answer.place].answers):
        return
    st.session_state.update(asked[answer.place].fields)
    st.session_state[_answer_key(page)] = answer


def _verdict(page: str, asked: Sequence[Question]) -> Verdict | None:
    """On the newest answer; as long as that is new, the stage is to play what is so."""
    answer = st.session_state.get(_answer_key(page))
    if answer is None:
        return None
    verdict = st.session_state.get(f"predict-{page}:verdict")
    if verdict is None or verdict.number != answer.number:
        verdict = _judge(page, asked[answer.place], answer)
        st.session_state[f"predict-{page}:verdict"] = verdict
    return verdict


def _judge(page: str, question: Question, answer: Answer) -> Verdict:
    try:
        play = once.made_once(f"play/{page}/{answer.place}", question.play)
        right = question.find(play)
    except (RuntimeError, ValueError, OSError) as error:
        words = f"The answer could not be computed: {reason(error)}"
        return Verdict(number=answer.number, right=None, words=words)
    play_next(question.stage, play, answer.number)
    return Verdict(number=answer.number, right=right, words=_words(question, answer.chosen, right))


def _words(question: Question, chosen: int, right: int) -> str:
    if chosen == right:
        return f"✓ Right. {question.reasons[right]}"
    answer = question.answers[right]
    return f"✗ Not quite: the answer is <b>{answer}</b>. {question.reasons[chosen]}"


def _answer_key(page: str) -> str:
    return f"predict-{page}:answer"
