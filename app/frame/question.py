"""Predict first: questions whose answer the page's stage plays; it is computed, not written.

Each answer is worked out by the library when it is asked for, from the networks and recordings that
are published here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.stage.play import Play


@dataclass(frozen=True, kw_only=True)
class Question:
    """words: the question; answers: to choose from; reasons: of each answer, why it is wrong, or
    right. In words and reasons there may be HTML.

    stage: the key of the stage that plays the answer; play: what it plays, computed; find: the
    index of the right answer, read off what is played; fields: what the page's controls are set to
    for it, by their keys.
    """

    words: str
    answers: tuple[str, ...]
    reasons: tuple[str, ...]
    stage: str
    play: Callable[[], Play]
    find: Callable[[Play], int]
    fields: Mapping[str, object] = field(default_factory=dict)


def nearest(value: float, values: tuple[float, ...]) -> int:
    """The index of the value that is nearest."""
    return min(range(len(values)), key=lambda i: abs(value - values[i]))
