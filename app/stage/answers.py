"""What networks make of an input: their classes and all probabilities, by Python or the browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.stage.component import mount
from app.stage.large import rounded

BY_HAND = "θ set by hand"
BLACK = "V is black: the grid reads no ink, so this answer means nothing"
DARKEST = 0.05  # of the brightest values that are ink


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One network's. title: of it; record: how well it does; colour: of its bars; probabilities:
    of the classes; brightest: value that its classifier was given; by_hand: whether a hand has set
    θ; note: what else has been done to it; network: the id of one that the browser has, which
    answers there as long as a hand moves, None for one that Python alone runs; staged: whether a
    stage shows its transformers."""

    title: str
    record: str
    colour: str
    probabilities: Sequence[float]
    brightest: float
    by_hand: bool
    note: str = ""
    network: str | None = None
    staged: bool = False

    def payload(self) -> dict:
        """For the browser."""
        return {
            "title": self.title,
            "record": self.record,
            "colour": self.colour,
            "odds": rounded(self.probabilities),
            "brightest": round(float(self.brightest), 4),
            "byHand": self.by_hand,
            "note": self.note,
            "network": self.network,
            "staged": self.staged,
        }


def answers_data(
    rows: Sequence[Answer],
    truth: int,
    *,
    group: str,
    article: bool = True,
    each: str = "each class",
    headline: str = "",
) -> dict:
    """Of the browser. group: names the input, as the stages that show it have it; article: before
    a class, as in "it is a 7"; each: what the bars are of; headline: the truth in large type."""
    return {
        "layout": "verdicts",
        "token": group,
        "group": group,
        "rows": tuple(row.payload() for row in rows),
        "truth": truth,
        "right": f"{'an' if truth == 8 else 'a'} {truth}" if article else f"{truth}",
        "each": each,
        "headline": headline,
        "byHand": BY_HAND,
        "black": BLACK,
        "darkest": DARKEST,
    }


def answers(data: dict, *, key: str) -> None:
    """Draw them. data: ``answers_data``."""
    mount(key=key, data=data)
