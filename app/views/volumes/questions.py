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
        words="A volume is summed along its depth and classified, with or without a transformer "
        "before. How large is the error without, compared with the error with one?",
        answers=("The same", "About 2 times", "About 6 times"),
        find=_depth_counts,
        why="Without a transformer, the projection shows the digit tilted and off-centre.",
    ),
    Question(
        words="How many parameters does the rigid transformer's localisation network predict?",
        answers=("6", "9", "12"),
        find=_rigid_numbers,
        why="Three for a rotation and three for a shift. The 12 numbers of Eq. 10 are computed "
        "from them.",
    ),
    Question(
        words="The digit is seen from its side. What is its projection?",
        answers=("A narrow bar", "Its mirror image"),
        find=_from_the_side,
        why="A projection from the side loses the digit's shape. Turning the digit lowers the "
        "loss.",
    ),
)
