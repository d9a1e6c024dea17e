"""Questions on MNIST addition: what two transformers do while the first pair of digits is moved."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from app.data import networks, sums
from app.frame.question import Question
from app.panels.transformers import thetas_of
from app.stage.play import Play
from app.views.addition.choices import FIRST_CHOICES, FIRST_PAIR, FIRST_SEED, PREFIX
from app.views.addition.stages import stage_key
from stn_core.transforms import Affine

NAME = f"{PREFIX}{FIRST_CHOICES[0]}"
FRAMES = 31
FAR = 0.3  # half widths of U: a grid that has gone farther has moved
FIELDS = {  # the page's controls: the pair of the beginning, and this network alone
    "first": FIRST_PAIR[0], "second": FIRST_PAIR[1], "sum_seed": FIRST_SEED,
    "draw-first": False, "draw-second": False, "swapped": False, "muted": [],
    "sum_a": FIRST_CHOICES[0], "sum_b": "none",
}  # fmt: skip
X, Y = 2, 5  # of an affine θ


def _digits() -> list:
    example = sums.pair_of_digits(*FIRST_PAIR, FIRST_SEED)
    return sums.movables(example, FIRST_PAIR, (None, None))


def _moved(places: Sequence[tuple[float, float]]) -> Play:
    """Both digits on their way to these places, and the grids as they are predicted there."""
    digits = _digits()
    start = np.stack([digit.pose for digit in digits])
    end = start.copy()
    end[:, [X, Y]] = places
    poses = start + np.linspace(0, 1, FRAMES)[:, None, None] * (end - start)
    images = torch.cat([sums.render_channels(digits, pose) for pose in poses.astype(np.float32)])
    warps = networks.run_network(networks.pretrained(NAME), images).warps
    thetas = np.stack([warp.theta.numpy() for warp in warps], 1)
    return Play(frames={"poses": poses, "thetas": thetas}, seconds=4.0)


def _swapped() -> Play:
    one, other = ((digit.pose[X], digit.pose[Y]) for digit in _digits())
    return _moved([other, one])


def _one_moved() -> Play:
    """The digit in channel 1 goes to the opposite corner."""
    one, other = ((digit.pose[X], digit.pose[Y]) for digit in _digits())
    return _moved([(-one[0], -one[1]), other])


def _distances(play: Play) -> np.ndarray:
    """How far each grid goes from the first frame to the last, (transformers,)."""
    thetas = play.frames["thetas"]
    return np.hypot(*(thetas[-1] - thetas[0])[:, [X, Y]].T)


def _grids_swap(play: Play) -> int:
    return int((_distances(play) < FAR).any())


def _how_many_grids_move(play: Play) -> int:
    return int((_distances(play) > FAR).sum())


def _put_back() -> Play:
    """From the predicted θ to those with that of transformer 2 at the identity."""
    images = sums.pair_of_digits(*FIRST_PAIR, FIRST_SEED).images
    predicted = thetas_of(networks.run_network(networks.pretrained(NAME), images))
    put_back = predicted.copy()
    put_back[1] = Affine().identity().numpy()
    return Play(frames={"thetas": np.stack([predicted, put_back])}, settings={"byHand": True})


def _is_it_still_read(play: Play) -> int:
    example = sums.pair_of_digits(*FIRST_PAIR, FIRST_SEED)
    held = play.frames["thetas"][-1].tolist()
    said = networks.run_network(networks.pretrained(NAME), example.images, *held).logits.argmax()
    return int(said != example.labels[0])


QUESTIONS = (
    Question(
        words="The two digits change places. What do the two grids do?",
        answers=("They change places as well", "They stay, each on its side"),
        reasons=(
            "Each transformer follows the digit in its channel, wherever that is.",
            "A transformer has no side of the image. Each has learnt to follow the digit in one "
            "channel, wherever that is.",
        ),
        find=_grids_swap,
        stage=stage_key(0),
        play=_swapped,
        fields=FIELDS,
    ),
    Question(
        words="Only the digit in channel 1 moves, to the opposite corner. How many grids move?",
        answers=("None", "One", "Both"),
        reasons=(
            "The grid that follows this digit goes with it: otherwise the digit would leave V, and "
            "the sum would be lost.",
            "The other transformer sees both channels as well, but it has learnt to follow the "
            "other digit, which stays.",
            "Both transformers see both channels, but each has learnt to follow one of them. The "
            "digit in channel 2 stays, and so does its grid.",
        ),
        find=_how_many_grids_move,
        stage=stage_key(0),
        play=_one_moved,
        fields=FIELDS,
    ),
    Question(
        words="The grid of transformer 2 goes back to the identity: its V is all of U. Does the "
        "network still read the right sum?",
        answers=("Yes, from U itself", "No"),
        reasons=(
            "The classifier was trained on what the grids read: one digit large and upright in "
            "each V. Small and tilted somewhere in U, it is another input.",
            "The classifier never saw this digit small and tilted: in training its transformer "
            "brought it to the middle of V.",
        ),
        find=_is_it_still_read,
        stage=stage_key(0),
        play=_put_back,
        fields=FIELDS,
    ),
)
