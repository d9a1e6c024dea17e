"""Predict first: questions about what a page will show, whose answers are computed, not written.

Each answer is worked out by the library when it is asked for, from the networks, recordings and
tables that are published here."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from stn_core import results


@dataclass(frozen=True, kw_only=True)
class Question:
    """words: the question; answers: to choose from; find: the index of the right one, computed;
    why: what is to be learnt from it, as Markdown."""

    words: str
    answers: tuple[str, ...]
    find: Callable[[], int]
    why: str


def nearest(value: float, values: tuple[float, ...]) -> int:
    """The index of the value that is nearest, as a ratio."""
    return min(range(len(values)), key=lambda i: abs(math.log(value / values[i])))


def published_errors(table: str, *names: str) -> list[float]:
    cells = results.cells(table)
    return [cells[name].error for name in names]
