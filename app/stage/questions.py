"""Questions above a stage: drawn by the browser, answered by Python, played by the stage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from app.stage.component import mount


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What is said of an answer. number: of the asking; right: the index of the right answer, None
    where it could not be had: then nothing is played; words: HTML."""

    number: str
    right: int | None
    words: str


def questions(
    asked: Sequence[tuple[str, Sequence[str]]],
    *,
    key: str,
    verdict: Verdict | None,
    on_answer: Callable[[str], None],
) -> None:
    """One line, which opens. asked: words and answers of each; verdict: on the newest answer;
    on_answer: is called, before the page is drawn again, with ``question.answer.number``."""

    def report() -> None:
        if answer := st.session_state[key].selected:
            on_answer(str(answer))

    mount(
        key=key,
        data={
            "layout": "predict",
            "token": key,
            "questions": [{"words": words, "answers": list(answers)} for words, answers in asked],
            "verdict": verdict and vars(verdict),
        },
        on_selected_change=report,
    )
