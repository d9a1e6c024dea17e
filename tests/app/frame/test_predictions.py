"""Predict first: three questions above every stage, whose answers are computed and played."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
import streamlit

from app import views
from app.data import birds, networks
from app.frame import predict
from app.frame.question import nearest
from app.stage.component import play_key
from tests.app.visiting import opened, payloads

# As the published networks have it now: one that is published anew may change an answer, and then
# the reasons are to be read again.
FOUND = {
    "transformer": ["To the left", "It becomes larger", "The F, mirrored left to right"],
    "distorted": ["About half as far", "No: the grid stops following", "About as large"],
    "addition": ["They change places as well", "One", "No"],
    "colocalisation": ["All in the middle", "About 95", "After about half"],
    "house_numbers": ["They move along, equally far", "A sixteenth", "Yes, the same"],
    "birds": ["Window 1", "No, another one", "One species, the same for every photograph"],
    "volumes": ["About half as far", "A narrow bar", "It moves along with the digit"],
    "labels": ["It turns upright", "Zero", "Zero"],
    "network": ["What it saw before: V equals U", "Larger than in U", "Zeros: black"],
}
QUESTIONS = {
    name: importlib.import_module(f"app.views.{name}.questions").QUESTIONS
    for name in views.pages()
    if importlib.util.find_spec(f"app.views.{name}.questions")
}


def test_every_page_with_a_stage_has_questions():
    assert set(QUESTIONS) == set(FOUND)
    assert nearest(0.4, (0.0, 0.5, 1.0)) == 1


@pytest.fixture
def answered(monkeypatch):
    """The page after an answer: page, place of the question, of the answer -> AppTest."""

    def answer(app, page: str, place: int, chosen: int):
        state = {}
        with monkeypatch.context() as patched:
            patched.setattr(streamlit, "session_state", state)
            predict._take(page, QUESTIONS[page], f"{place}.{chosen}.{chosen}.{place}")
        for name, value in state.items():
            app.session_state[name] = value
        app.run()
        assert not app.exception and not app.error and not app.toast
        return app.session_state[f"predict-{page}:verdict"]

    return answer


@pytest.mark.parametrize("page", QUESTIONS)
def test_three_questions_are_answered_and_played_and_wrong_answers_say_why(page, answered):
    questions = QUESTIONS[page]
    assert len(questions) == 3
    if page == "birds" and (birds.backbone_problem() or not networks.published(birds.PREFIX)):
        pytest.skip("no network for birds can be run here")
    app = opened(page)
    for place, question in enumerate(questions):
        assert len(question.reasons) == len(question.answers) == len(set(question.reasons)) > 1
        right = question.answers.index(FOUND[page][place])
        for chosen in (right, (right + 1) % len(question.answers)):
            verdict = answered(app, page, place, chosen)
            assert verdict.right == right
            words = (
                "✓ Right."
                if chosen == right
                else f"✗ Not quite: the answer is <b>{FOUND[page][place]}</b>."
            )
            assert verdict.words == f"{words} {question.reasons[chosen]}"
            if chosen != right:
                continue
            for name, value in question.fields.items():
                if ":" not in name and name in app.session_state:
                    assert app.session_state[name] == value
        [stage] = [data for data in payloads(app) if "play" in data]
        play = stage["play"]
        assert play["id"] == f"{chosen}.{place}" and play["seconds"] > 0
        fits(stage, {name: np.array(frames) for name, frames in play["frames"].items()})


def fits(stage: dict, frames: dict[str, np.ndarray]) -> None:
    """What is played changes something, and is of what is on the stage."""
    assert any(np.ptp(values, axis=0).max() > 0.05 for values in frames.values())
    sizes = {name: values.shape[1:] for name, values in frames.items()}
    match stage["layout"]:
        case "large":
            inputs, thetas = len(stage["inputs"]), np.array(stage["items"][0]["thetas"])
            wanted = {"thetas": thetas.shape, "poses": (inputs, 6)}
        case "volume":
            wanted = {"theta": (12,), "pose": (12,)}
        case "depth":
            wanted = {"thetas": (len(stage["sizes"]), 6), "crop": (6,)}
        case "windows":
            wanted = {"thetas": (len(stage["own"]), 2), "cover": (3,)}
        case "wall":
            wanted = {"position": (1,)}
            assert frames["position"].min() >= 0 and frames["position"].max() < len(stage["steps"])
        case "labels":
            wanted = {"theta": (6,)}
    assert sizes.items() <= wanted.items()


def test_an_answer_that_is_none_changes_nothing(monkeypatch):
    state = {}
    monkeypatch.setattr(streamlit, "session_state", state)
    for text in ("", "0", "9.0.1.1", "0.9.1.1", "0.0.<b>", "0.0.1.1\n0"):
        predict._take("transformer", QUESTIONS["transformer"], text)
    assert not state


def test_answer_that_cannot_be_computed_is_said_and_plays_nothing(monkeypatch):
    def fail():
        raise OSError("no <such> network")

    state = {}
    monkeypatch.setattr(streamlit, "session_state", state)
    question = QUESTIONS["labels"][0]
    broken = type(question)(**{**vars(question), "play": fail})
    predict._take("broken", [broken], "0.0.1.1")
    verdict = predict._verdict("broken", [broken])
    assert verdict.right is None and "no &#60;such&#62; network" in verdict.words
    assert play_key("labels") not in state


def test_line_is_hidden_by_an_old_link():
    app = opened("transformer", hide="predict")
    styles = " ".join(element.proto.body for element in app.get("html"))
    assert ":has(> .st-key-predict) { display: none; }" in styles
