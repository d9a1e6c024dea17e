"""Questions on three dimensions."""

from __future__ import annotations

import torch

from app.data import networks, volumes
from app.frame.question import Question, nearest, published_errors


def _depth_counts() -> int:
    flat, turned = published_errors(
        "volumes", "volumes/extruded/cnn", "volumes/extruded/st-cnn-rigid"
    )
    return nearest(flat / turned, (1.0, 2.0, 6.0))


def _rigid_numbers() -> int:
    loaded = networks.pretrained("volumes/extruded/st-cnn-rigid")
    return (6, 9, 12).index(loaded.network.transformer.localisation.regression.out_features)


def _from_the_side() -> int:
    """A digit whose face is turned by 90 degrees about the vertical axis, projected."""
    placed = volumes.placed_probe(8)
    side = torch.tensor([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]]).numpy()
    seen = volumes.extruded(placed.image, side, 0 * placed.shift).sum(2)[0, 0]
    rows, columns = (torch.nonzero(seen.sum(n)).numel() for n in (1, 0))
    return 0 if columns < 0.7 * rows else 1


QUESTIONS = (
    Question(
        words="A volume is summed along its depth and classified, with a transformer before "
        "that or without. How many times the error is it without?",
        answers=("The same", "About 2 times", "About 6 times"),
        find=_depth_counts,
        why="The plain projection shows the digit as it lies, tilted and off the middle.",
    ),
    Question(
        words="How many numbers does the rigid transformer's localisation network give?",
        answers=("6", "9", "12"),
        find=_rigid_numbers,
        why="Three for a rotation, three for a shift: the 12 of Eq. 10 are made of them.",
    ),
    Question(
        words="The digit is seen from its side. What is its projection?",
        answers=("A narrow bar", "Its mirror image"),
        find=_from_the_side,
        why="A projection along the face's own plane has lost the digit: turning it pays.",
    ),
)
