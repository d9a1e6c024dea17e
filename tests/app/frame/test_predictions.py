"""Predict first: every page has three questions, and their answers are computed."""

from __future__ import annotations

import importlib

import pytest
from streamlit.testing.v1 import AppTest

from app import views
from app.frame.question import nearest
from tests.app.visiting import MAIN, go_to

# As the published networks have it now: one that is published anew may change an answer, and then
# the words beside it are to be read again.
FOUND = {
    "front": ["No", "U itself", "θ₁₃, the shift in x"],
    "transformer": ["To the left", "Larger", "The F, mirrored"],
    "distorted": ["Both", "About 2 times", "About 8 times"],
    "addition": [
        "3 times and more",
        "The one that follows its channel, wherever the digit is",
        "Thin plate spline",
    ],
    "colocalisation": ["1", "All in the middle", "About 95"],
    "volumes": ["About 2 times", "6", "A narrow bar"],
    "invariance": ["ST-CNN Aff", "About 3 %", "About 75 %"],
    "labels": ["Zero", "Zero", "The identity, for every image"],
    "network": ["Nothing: V equals U", "Yes, any", "Yes"],
}

QUESTIONS = {
    name: importlib.import_module(f"app.views.{name}.questions").QUESTIONS
    for name, page in views.pages().items()
    if page.has_questions
}


def test_every_page_has_three_questions():
    assert set(QUESTIONS) == set(FOUND)
    assert {len(questions) for questions in QUESTIONS.values()} == {3}


@pytest.mark.parametrize("page", QUESTIONS)
def test_answers_are_found(page):
    assert [q.answers[q.find()] for q in QUESTIONS[page]] == FOUND[page]


def test_prediction_is_revealed_once_it_is_made():
    app = go_to(AppTest.from_file(MAIN, default_timeout=120), "transformer").run()
    words = lambda: " ".join(m.value for m in app.markdown)  # noqa: E731
    why = QUESTIONS["transformer"][0].why
    assert why not in words()
    app.radio(key="predict-transformer-0").set_value(1).run()
    assert f"✗ Not quite: the answer is **To the left**. {why}" in words()
    app.radio(key="predict-transformer-0").set_value(0).run()
    assert f":green[✓ Right.] {why}" in words()


def test_nearest_is_so_as_a_ratio():
    assert nearest(3.0, (1.0, 2.0, 8.0)) == 1
    assert nearest(6.0, (1.0, 2.0, 8.0)) == 2
