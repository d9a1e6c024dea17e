"""Questions on co-localisation, answered by the recorded optimisation that is shown at first."""

from __future__ import annotations

import numpy as np

from app.data import boxes
from app.frame.question import Question, nearest
from app.stage.play import Play
from app.views.colocalisation.boxes import FIRST_DIGIT, PREFIX
from stn_core.box_search.boxes import overlap

NAME = f"{PREFIX}tc/{FIRST_DIGIT}"
STAGE = "wall"
FIELDS = {"boxes_digit": FIRST_DIGIT, "boxes_clutter": "TC"}
LOCALISED = 0.5  # an overlap above this


def _snapshots() -> list:
    return boxes.recorded_boxes(NAME).snapshots


def _localised() -> np.ndarray:
    """In how many images the box is on the digit, at every snapshot."""
    import torch

    description = boxes.recorded_boxes(NAME).description
    truth = torch.from_numpy(boxes.true_boxes(NAME, description["set_seed"], 16))
    return np.array(
        [
            int((overlap(torch.from_numpy(s.theta[:, 0]), truth) > LOCALISED).sum())
            for s in _snapshots()
        ]
    )


def _from_to(start: int, end: int) -> Play:
    """The playhead goes from one snapshot to another; the true boxes are shown."""
    return Play(
        frames={"position": np.array([[start], [end]])}, settings={"revealed": True}, seconds=6.0
    )


def _half_found() -> int:
    """The first snapshot at which half of those are localised that are so at the end."""
    localised = _localised()
    return int(np.argmax(2 * localised >= localised[-1]))


def _ends_at(play: Play) -> int:
    return int(play.frames["position"][-1, 0])


def _where_they_begin(play: Play) -> int:
    theta = _snapshots()[_ends_at(play)].theta[:, 0]
    same = np.abs(theta - theta[0]).max() < 1e-3
    return 0 if same and np.abs(theta[0, 1:]).max() < 1e-3 else 1


def _how_many_are_found(play: Play) -> int:
    return nearest(float(_localised()[_ends_at(play)]), (50.0, 75.0, 95.0))


def _when_they_are_found(play: Play) -> int:
    snapshots = _snapshots()
    share = snapshots[_ends_at(play)].step / snapshots[-1].step
    return nearest(share, (0.1, 0.5, 0.95))


QUESTIONS = (
    Question(
        words="Back to step 0: where do the boxes start?",
        answers=("All in the middle", "Each somewhere else", "Each on its digit"),
        reasons=(
            "The localisation network starts with one answer for all images.",
            "Nothing tells the images apart yet: the last layer of the localisation network has "
            "zero weights, so all images get the same box.",
            "Nobody tells the network where the digits are. It finds them by comparing crops.",
        ),
        stage=STAGE,
        play=lambda: _from_to(len(_snapshots()) - 1, 0),
        find=_where_they_begin,
        fields=FIELDS,
    ),
    Question(
        words=f"A hundred images, each with one {FIRST_DIGIT} among clutter. In how many does the "
        "box end on the digit?",
        answers=("About 50", "About 75", "About 95"),
        reasons=(
            "It is far better than that: what all images share stands out from the clutter, which "
            "differs from image to image.",
            f"For some classes it is; <i>Results</i> has all of them. An {FIRST_DIGIT} is easy to "
            "tell from clutter: few patches look like it.",
            "The dashed frames are the true boxes, which the method never sees. <i>Results</i> has "
            "all classes.",
        ),
        stage=STAGE,
        play=lambda: _from_to(0, len(_snapshots()) - 1),
        find=_how_many_are_found,
        fields=FIELDS,
    ),
    Question(
        words="When have half of these boxes found their digit?",
        answers=("After a tenth of the steps", "After about half", "Only at the end"),
        reasons=(
            "At first the boxes are large, and learn only about where the digit is. The largest "
            "box allowed shrinks step by step.",
            "First the boxes find the place, then the size: an overlap above 0.5 needs both.",
            "By then nearly all of them have. Most are found at about half of the steps, within a "
            "short time.",
        ),
        stage=STAGE,
        play=lambda: _from_to(0, _half_found()),
        find=_when_they_are_found,
        fields=FIELDS,
    ),
)
