"""Questions on invariance."""

from __future__ import annotations

from app.data import invariance
from app.frame.question import Question, nearest

RTS = "distorted/rts"
FOUR = ("fcn", "cnn", "st-fcn-aff", "st-cnn-aff")


def _recorded(name: str, axis: str, value: float) -> float:
    recording, _ = invariance.recorded_invariance(RTS)
    index = recording.axis(axis).values.index(value)
    return recording.networks[name].curves[axis].errors(recording.digits)[index]


def _at_90_degrees() -> int:
    errors = [_recorded(name, "rotation", 90) for name in FOUR]
    return errors.index(min(errors))


def _tiny_digits() -> int:
    return nearest(_recorded("st-cnn-aff", "scale", 0.4), (3.0, 15.0, 60.0))


def _tiny_for_the_fcn() -> int:
    return nearest(_recorded("fcn", "scale", 0.4), (3.0, 15.0, 75.0))


QUESTIONS = (
    Question(
        words="Digits are turned by 90°, twice the training range. Which network has the smallest "
        "error?",
        answers=("FCN", "CNN", "ST-FCN Aff", "ST-CNN Aff"),
        find=_at_90_degrees,
        why="All of them err often: a network learns the invariance that its training data show.",
    ),
    Question(
        words="Digits are shrunk to 0.4 of their size, far below the training range. How large is "
        "the ST-CNN's error?",
        answers=("About 3 %", "About 15 %", "About 60 %"),
        find=_tiny_digits,
        why="The transformer enlarges the digit it finds. Invariance to scale reaches much farther "
        "than to rotation.",
    ),
    Question(
        words="How large is the FCN's error at this scale?",
        answers=("About 3 %", "About 15 %", "About 75 %"),
        find=_tiny_for_the_fcn,
        why="It has no transformer that could enlarge the digit.",
    ),
)
