"""Questions on transformers in depth: what their frames do together on the photograph."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.data import house_numbers, networks
from app.data.house_numbers import RENDERING
from app.frame.question import Question, nearest
from app.stage.play import Play
from app.tables import network_field
from app.views.house_numbers.choices import FIRST_CHOICES, FIRST_RENDERING, OWN, PREFIX, TIGHT
from app.views.house_numbers.explore import STAGE
from stn_core.house_numbers.composition import multiplied_out
from stn_core.trace import Trace

NAME = f"{PREFIX}{FIRST_CHOICES[0]}"
FIELDS = {
    RENDERING: FIRST_RENDERING, "number_set": RENDERING, "number_crop": TIGHT, OWN: False,
    network_field("a", PREFIX): FIRST_CHOICES[0], network_field("b", PREFIX): FIRST_CHOICES[1],
}  # fmt: skip
IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
HALF = (0.5, 0.0, 0.0, 0.0, 0.5, 0.0)
SHIFT = 0.3  # half widths, to the right


def _trace(thetas: Sequence[Sequence[float]] = ()) -> Trace:
    """Of the first picture, as the network reads it by itself, or with these θ."""
    shown = house_numbers.photograph(RENDERING, FIRST_RENDERING, TIGHT)
    loaded = networks.pretrained(NAME)
    side = loaded.experiment.data.side
    images = house_numbers.cropped(shown.image, shown.crop, side)
    return networks.run_network(loaded, images, *thetas)


def _predicted() -> np.ndarray:
    """(N, 6)"""
    return np.stack([warp.theta[0].numpy() for warp in _trace().warps])


def _by_hand(end: np.ndarray) -> Play:
    return Play(frames={"thetas": np.stack([_predicted(), end])}, settings={"byHand": True})


def _products(thetas: np.ndarray) -> np.ndarray:
    """Multiplied out: (N, 6)."""
    import torch

    return np.stack([product.numpy() for product in multiplied_out(torch.from_numpy(thetas))])


def _first_moves() -> Play:
    end = _predicted()
    end[0, 2] += SHIFT
    return _by_hand(end)


def _how_far_do_the_others_move(play: Play) -> int:
    before, after = (_products(thetas) for thetas in play.frames["thetas"])
    return nearest(float((after - before)[1:, 2].mean() / SHIFT), (0.0, 1.0, -1.0))


def _how_wide_is_the_last(play: Play) -> int:
    width = _products(play.frames["thetas"][-1])[-1, 0]
    return nearest(float(np.log2(width)), (-1.0, -2.0, -4.0))


def _is_it_still_read(play: Play) -> int:
    own = _trace().logits.argmax(-1)
    return int(not (_trace(play.frames["thetas"][-1].tolist()).logits.argmax(-1) == own).all())


QUESTIONS = (
    Question(
        words="Frame 1 moves to the right on the photograph. The other transformers keep their θ. "
        "What do the other frames do?",
        answers=("They stay", "They move along, equally far", "They move to the left"),
        reasons=(
            "Each reads what the transformer before it has read. If that moves, all after it read "
            "another place of the photograph.",
            "Their matrices are multiplied: what the first one reads is the world of all others.",
            "In V the number moves to the left. But the frames say where on the photograph is "
            "read, and that moves along with frame 1.",
        ),
        find=_how_far_do_the_others_move,
        stage=STAGE,
        play=_first_moves,
        fields=FIELDS,
    ),
    Question(
        words="All four transformers zoom in, each to half the width of what it reads. How wide is "
        "frame 4 on the photograph, relative to the crop?",
        answers=("A half", "A quarter", "A sixteenth"),
        reasons=(
            "A half is the width of frame 1. Each transformer after it reads half of what is left.",
            "That is the width of frame 2: two of the four have zoomed in then.",
            "½ · ½ · ½ · ½. So each of them has to zoom in only a little.",
        ),
        find=_how_wide_is_the_last,
        stage=STAGE,
        play=lambda: _by_hand(np.array([HALF] * len(_predicted()))),
        fields=FIELDS,
    ),
    Question(
        words="All four transformers are muted: θ is the identity. Does the network still read the "
        "same number?",
        answers=("Yes, the same", "No, another one"),
        reasons=(
            "The crop already holds the whole number, so the layers can do without the frames.",
            "The layers get other maps than in training. But the crop still holds the whole "
            "number, so they read it.",
        ),
        find=_is_it_still_read,
        stage=STAGE,
        play=lambda: _by_hand(np.array([IDENTITY] * len(_predicted()))),
        fields=FIELDS,
    ),
)
