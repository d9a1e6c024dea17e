"""Questions on distorted MNIST: what the ST-CNN does while its first digit is turned or shrunk."""

from __future__ import annotations

import numpy as np
import torch

from app.data import examples, networks
from app.frame.question import Question, nearest
from app.stage.play import Play
from app.views.distorted.choices import FIRST_CHOICES, FIRST_DIGIT, FIRST_SEED, OWN_DIGIT
from app.views.distorted.stages import stage_key
from stn_core.transforms import decompose_affine, similarity_theta

NAME = f"distorted/rts/{FIRST_CHOICES[0]}"
FRAMES = 31
FIELDS = {  # the page's controls, as at first
    "distortion": "RTS", "digit": FIRST_DIGIT, "seed": FIRST_SEED, OWN_DIGIT: False,
    "sweep": False, "a_rts": FIRST_CHOICES[0], "b_rts": FIRST_CHOICES[1],
}  # fmt: skip


def _way(degrees: tuple[float, float], scales: tuple[float, float] = (0.75, 0.75)) -> Play:
    """The digit, in the middle, goes from one angle and scale to another; the grid follows, as the
    network predicts it."""
    moved = examples.movable(NAME, FIRST_DIGIT, FIRST_SEED)
    angles = torch.linspace(*degrees, FRAMES).deg2rad()
    middle = torch.zeros(FRAMES)
    poses = similarity_theta(angles, torch.linspace(*scales, FRAMES), middle, middle)
    images = torch.cat([examples.render(moved, pose) for pose in poses.tolist()])
    thetas = networks.run_network(networks.pretrained(NAME), images).warps[0].theta
    frames = {"poses": poses[:, None].numpy(), "thetas": thetas[:, None].numpy()}
    return Play(frames=frames, seconds=4.0)


def _at_its_ends(play: Play, name: str, what: str) -> np.ndarray:
    """An angle in degrees or a scale of the first pose or grid, and of the last: (2,)."""
    return decompose_affine(torch.from_numpy(play.frames[name][[0, -1], 0]))[what].numpy()


def _how_far_it_turns(play: Play) -> int:
    digit, grid = (
        float(np.diff(_at_its_ends(play, name, "angle_degrees"))[0]) for name in ("poses", "thetas")
    )
    return nearest(grid / digit, (0.0, 0.5, 1.0))


def _does_v_show_it_upright(play: Play) -> int:
    turned = _at_its_ends(play, "thetas", "angle_degrees")[-1]
    return int(abs(turned) < 90)  # where the digit is turned by 180


def _how_large_in_v(play: Play) -> int:
    """The digit's size in V at the end, as a share of that at the beginning."""
    digit, grid = (_at_its_ends(play, name, "scale_x") for name in ("poses", "thetas"))
    before, after = digit / grid
    return nearest(after / before, (1.0, 0.5, 2.0))


QUESTIONS = (
    Question(
        words="The 4 turns by 90°, from −45° to 45°: the range of training. How far does the grid "
        "of the ST-CNN turn?",
        answers=("Not at all", "About half as far", "As far as the digit"),
        reasons=(
            "The grid follows the digit: turning it back makes it easier to read, so it lowers the "
            "loss.",
            "The grid follows the digit as far as that helps to read it. The classifier copes with "
            "the rest.",
            "Nothing asks for an upright digit. The only label is the class, so the grid turns as "
            "far as that helps to read it.",
        ),
        find=_how_far_it_turns,
        stage=stage_key(0),
        play=lambda: _way((-45.0, 45.0)),
        fields=FIELDS,
    ),
    Question(
        words="The 4 turns upside down, far beyond the 45° of training. Does V show it upright?",
        answers=("Yes: the grid turns with it", "No: the grid stops following"),
        reasons=(
            "The transformer has learnt to undo what occurs in training, and nothing else. It met "
            "no digit that was turned so far.",
            "In training no digit was turned by more than 45°, so nothing taught the grid to turn "
            "that far.",
        ),
        find=_does_v_show_it_upright,
        stage=stage_key(0),
        play=lambda: _way((0.0, 180.0)),
        fields=FIELDS,
    ),
    Question(
        words="The 4 shrinks to half its size. How large is it in V, compared with before?",
        answers=("About as large", "Half as large", "Twice as large"),
        reasons=(
            "The grid shrinks with the digit, so V shows it enlarged.",
            "It would be without a transformer. The grid shrinks with the digit, and V shows what "
            "the grid reads.",
            "The grid does shrink, which enlarges the digit in V, but only as far as the digit "
            "itself has shrunk.",
        ),
        find=_how_large_in_v,
        stage=stage_key(0),
        play=lambda: _way((0.0, 0.0), (0.8, 0.4)),
        fields=FIELDS,
    ),
)
