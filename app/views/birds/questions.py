"""Questions on transformers in parallel: what becomes of their windows, and of what they say."""

from __future__ import annotations

import math

import numpy as np

from app.data import birds, networks
from app.data.birds import FREE, PREFIX
from app.frame.question import Question
from app.stage.play import Play
from app.tables import network_field
from app.views.birds.choices import FIRST_CHOICES, FIRST_FREE, OWN, SET
from app.views.birds.explore import STAGE
from app.views.birds.shown import middles, silenced
from stn_core.trace import Trace

NAME = f"{PREFIX}{FIRST_CHOICES[0]}"
LARK = 0  # of the free photographs
FIELDS = {
    FREE: FIRST_FREE, SET: FREE, OWN: False,
    network_field("a", PREFIX): FIRST_CHOICES[0], network_field("b", PREFIX): FIRST_CHOICES[1],
}  # fmt: skip
BEGUN, HEAD = (-1.0, -1.0, 0.375), (0.4, -0.3, 0.375)  # a cover in the corner, on the lark's head
CORNER, OTHER_CORNER = (-0.5, -0.5), (0.5, 0.5)  # of the photograph, for a window
LEAST_PIXELS = 1.0  # by which a window moves, or it stays


def _trace(cover: tuple[float, ...] | None = None, bird: int = FIRST_FREE, hand=()) -> Trace:
    """Of the first photograph, or another one, as the network looks at it, or the hand lets it."""
    loaded = networks.pretrained(NAME)
    image = birds.bird(FREE, bird).image
    side = loaded.experiment.data.side
    images = birds.inputs(image, side, cover, birds.mean_colour(image))
    return networks.run_network(loaded, images, *hand)


def _cover_the_head() -> Play:
    own, then = (np.array(middles(_trace(cover, LARK))) for cover in (None, HEAD))
    return Play(
        frames={"cover": np.array([BEGUN, HEAD, HEAD]), "thetas": np.stack([own, own, then])}
    )


def _which_window_moves_farther(play: Play) -> int:
    _, before, after = play.frames["thetas"]
    moves = np.hypot(*(after - before).T) * birds.SIDE / 2
    return int(moves.argmax()) if moves.max() >= LEAST_PIXELS else 2


def _swap() -> Play:
    own = np.array(middles(_trace()))
    return Play(frames={"thetas": np.stack([own, own[::-1]])}, settings={"byHand": True})


def _is_the_species_the_same(play: Play) -> int:
    swapped = _trace(hand=play.frames["thetas"][-1].tolist())
    return int(swapped.logits.argmax() != _trace().logits.argmax())


def _mute_both() -> Play:
    own = np.array(middles(_trace()))
    elsewhere = np.array([CORNER, OTHER_CORNER])
    return Play(
        frames={"thetas": np.stack([own, elsewhere])}, settings={"muted": True, "byHand": True}
    )


def _what_is_said_without_a_window(play: Play) -> int:
    loaded = networks.pretrained(NAME)
    one, other = (
        silenced(loaded, _trace(bird=bird), (0, 1)) for bird in (FIRST_FREE, FIRST_FREE + 1)
    )
    if math.isclose(float(one.max()), float(one.min())):
        return 1
    return 0 if bool((one == other).all()) else 2


QUESTIONS = (
    Question(
        words="The Horned Lark's head is covered. The network places its windows anew. Which of "
        "them moves farther?",
        answers=("Window 1", "Window 2", "Neither: both stay"),
        reasons=(
            "Window 1 was on the head: the paper, too, found a window for heads. Without a head to "
            "be seen, it goes elsewhere.",
            "Window 2 is on the body, which is still to be seen. It moves as well, but less: one "
            "localisation network places both from the whole image.",
            "The windows are placed from what is to be seen. Without the head, that is another "
            "image.",
        ),
        find=_which_window_moves_farther,
        stage=STAGE,
        play=_cover_the_head,
        fields={**FIELDS, FREE: LARK},
    ),
    Question(
        words="The two windows are swapped: each path reads what the other one has read. Does the "
        "network still name the same species?",
        answers=("Yes, the same", "No, another one"),
        reasons=(
            "Both paths begin with the same frozen layers of the backbone. But their last layers, "
            "and their part of the classification, are their own.",
            "Each path's last layers have learnt what its own window usually shows, and so has its "
            "part of the classification.",
        ),
        find=_is_the_species_the_same,
        stage=STAGE,
        play=_swap,
        fields=FIELDS,
    ),
    Question(
        words="Both windows are muted: their descriptors are all zeros. Then they move into the "
        "corners. What does the network name?",
        answers=(
            "One species, the same for every photograph",
            "None: all 200 are equally likely",
            "It depends on the photograph",
        ),
        reasons=(
            "Only the bias of the classification layer is left, one number for each species. The "
            "likeliest by it is named, whatever the photograph shows.",
            "They would be if the classification layer had no bias: one number for each species, "
            "which is left when the descriptors are zeros.",
            "The photograph reaches the classification layer through the windows alone. Only its "
            "bias is left.",
        ),
        find=_what_is_said_without_a_window,
        stage=STAGE,
        play=_mute_both,
        fields=FIELDS,
    ),
)
