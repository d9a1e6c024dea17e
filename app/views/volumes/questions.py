"""Questions on three dimensions: what the box does while the first digit is turned or moved."""

from __future__ import annotations

import numpy as np
import torch

from app.data import networks, volumes
from app.frame.question import Question, nearest
from app.stage.play import Play
from app.views.volumes.choices import FIRST_CHOICES, FIRST_DIGIT, FIRST_SEED, OWN_DIGIT, PREFIX
from stn_core.transforms import euler_rotation, facing_degrees

NAME = f"{PREFIX}{FIRST_CHOICES[0]}"
STAGE = "volume"
FRAMES = 13
ASIDE_DEGREES = 40.0
FIELDS = {  # the page's controls, as at first
    "volume_digit": FIRST_DIGIT, "volume_seed": FIRST_SEED, OWN_DIGIT: False,
    "volume_a": FIRST_CHOICES[0], "volume_b": FIRST_CHOICES[1],
}  # fmt: skip
MIDDLE = np.zeros(3)
START, END = np.array([-0.4, 0.3, 0.0]), np.array([0.4, -0.3, 0.0])  # of the digit that moves


def _way(
    degrees: float, start: np.ndarray = MIDDLE, end: np.ndarray = MIDDLE, *, front: bool = False
) -> Play:
    """The digit turns from facing the front by so many degrees about the vertical axis, between two
    places; the box follows, as the network predicts it."""
    image = volumes.placed(FIRST_DIGIT, FIRST_SEED).image
    share = np.linspace(0, 1, FRAMES)
    angles = torch.zeros(FRAMES, 3)
    angles[:, 1] = torch.from_numpy(degrees * share).deg2rad()
    turns = euler_rotation(angles).numpy()
    shifts = start + share[:, None] * (end - start)
    network = networks.pretrained(NAME)
    thetas = [
        networks.run_network(network, volumes.extruded(image, turn, shift)).warps[0].theta[0]
        for turn, shift in zip(turns, shifts, strict=True)
    ]
    poses = np.concatenate([turns.reshape(FRAMES, 9), shifts], 1)
    frames = {"theta": torch.stack(thetas).numpy(), "pose": poses}
    return Play(frames=frames, settings={"front": front}, seconds=4.0)


def _end(play: Play, name: str) -> np.ndarray:
    return play.frames[name][-1]


def _how_far_the_box_turns(play: Play) -> int:
    pose = _end(play, "pose")
    ideal = np.concatenate([pose[:9].reshape(3, 3), pose[9:, None]], 1).flatten()
    box, digit = (torch.from_numpy(v).float()[None] for v in (_end(play, "theta"), ideal))
    off = facing_degrees(box, digit).item()
    return nearest(1 - off / ASIDE_DEGREES, (0.0, 0.5, 1.0))


def _from_the_side(play: Play) -> int:
    pose = _end(play, "pose")
    image = volumes.placed(FIRST_DIGIT, FIRST_SEED).image
    seen = volumes.extruded(image, pose[:9].reshape(3, 3), pose[9:]).sum(2)[0, 0]
    rows, columns = (torch.nonzero(seen.sum(n)).numel() for n in (1, 0))
    return int(columns >= 0.7 * rows)


def _does_the_box_follow(play: Play) -> int:
    ends = play.frames["theta"][[0, -1]][:, [3, 7, 11]]
    moved = np.linalg.norm(ends[1] - ends[0]) / np.linalg.norm(END - START)
    return nearest(float(moved), (0.0, 1.0))


QUESTIONS = (
    Question(
        words="The digit turns by 40° about the vertical axis. How far does the box turn?",
        answers=("Not at all", "About half as far", "As far as the digit"),
        reasons=(
            "Seen from aside, the digit is foreshortened. A box that turns with it shows more of "
            "its shape, and that lowers the loss.",
            "The classifier copes with some foreshortening, so the rest of the turn does not lower "
            "the loss.",
            "It would be best seen then. But the classifier also reads a digit that is a little "
            "foreshortened, so half of the way is enough.",
        ),
        find=_how_far_the_box_turns,
        stage=STAGE,
        play=lambda: _way(ASIDE_DEGREES),
        fields=FIELDS,
    ),
    Question(
        words="You look at U from the front, along the depth that is summed. The digit turns by "
        "90° about the vertical axis. What is left of it in this projection?",
        answers=("A narrow bar", "Its mirror image"),
        reasons=(
            "The projection sums the volume along its depth, so the digit's shape is lost. Turning "
            "the digit back lowers the loss.",
            "It would be the mirror image after a turn by 180°, seen from behind. At 90° all of "
            "the digit's width lies along the depth, which is summed.",
        ),
        find=_from_the_side,
        stage=STAGE,
        play=lambda: _way(90.0, front=True),
        fields=FIELDS,
    ),
    Question(
        words="The digit moves through the volume, from one corner to another. What does the box "
        "do?",
        answers=("It stays: it reads nearly all of U", "It moves along with the digit"),
        reasons=(
            "The classifier reads a digit more easily when it is large and always in the same "
            "place, so the box follows it.",
            "The localisation network sees where the digit is, and the box brings it to the middle "
            "of V.",
        ),
        find=_does_the_box_follow,
        stage=STAGE,
        play=lambda: _way(0.0, START, END),
        fields=FIELDS,
    ),
)
