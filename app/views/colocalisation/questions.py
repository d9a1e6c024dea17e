"""Questions on co-localisation."""

from __future__ import annotations

from app.data import boxes
from app.frame.question import Question, nearest
from stn_core import results


def _share(column: str, digit: int) -> float:
    shares = results.colocalised()[f"colocalisation/{column}/{digit}"].shares
    return sum(shares) / len(shares)


CLASSES = (0, 1, 5, 8)


def _hardest_class() -> int:
    shares = [_share("tc", digit) for digit in CLASSES]
    return shares.index(min(shares))


def _boxes_begin() -> int:
    theta = boxes.recorded_boxes("colocalisation/tc/8").snapshots[0].theta[:, 0]
    same = abs(theta - theta[0]).max() < 1e-3
    return 0 if same and abs(theta[0, 1:]).max() < 1e-3 else 1


def _eights_found() -> int:
    return nearest(_share("tc", 8), (50.0, 75.0, 95.0))


QUESTIONS = (
    Question(
        words="Which of these classes is the hardest to find among clutter?",
        answers=tuple(str(digit) for digit in CLASSES),
        find=_hardest_class,
        why="A stroke is everywhere in the clutter: what all images share must differ from "
        "what any patch has.",
    ),
    Question(
        words="Where are the boxes at step 0?",
        answers=("All in the middle", "Each somewhere else"),
        find=_boxes_begin,
        why="The localisation network starts with one answer for all images.",
    ),
    Question(
        words="How many of a hundred eights among clutter are found?",
        answers=("About 50", "About 75", "About 95"),
        find=_eights_found,
        why="The mean of the sets under *Results*.",
    ),
)
