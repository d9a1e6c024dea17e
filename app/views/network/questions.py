"""Questions on a transformer in any network, answered on an image of the example."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from app.data import inspected
from app.frame.question import Question
from app.stage.play import Play
from stn_core.inspecting import Seen
from stn_core.sampling import sample
from stn_core.transforms import Affine

STAGE = "own-live-0"  # of the example's one transformer
IMAGE = 0  # of the example: a zero, slanted and small
FIELDS = {"own-image": IMAGE + 1}
IDENTITY = (1, 0, 0, 0, 1, 0)
OUTSIDE = (1, 0, 1.4, 0, 1, 0)  # most of the grid is right of U
AREA = 0.9  # of the grid, relative to U: below it V is a crop


def _image() -> torch.Tensor:
    return inspected.example().images[IMAGE : IMAGE + 1]


def _seen() -> Seen:
    network = inspected.example()
    return network.run(_image()).seen[network.names[0]]


def _output(play: Play) -> torch.Tensor:
    """V of the image at the end, (1, 1, H, W)."""
    seen, theta = _seen(), torch.from_numpy(play.frames["thetas"][-1]).float()
    return sample(_image(), Affine().grid(theta, seen.size), seen.kernel, seen.padding)


def _by_hand(*thetas: Sequence[float]) -> Play:
    return Play(frames={"thetas": np.array(thetas)[:, None]}, settings={"byHand": True})


def _predicted() -> np.ndarray:
    return _seen().fitted().theta[0].numpy()


def _fresh(play: Play) -> int:
    return int(not torch.allclose(_output(play), _image(), atol=0.01))


def _crops(play: Play) -> int:
    a, b, _, c, d, _ = play.frames["thetas"][-1, 0]
    area = abs(a * d - b * c)
    return 0 if area < AREA else 1 if area < 1 / AREA else 2


def _outside(play: Play) -> int:
    right = _output(play)[..., -1]
    return int(bool(right.abs().max() > 0))


QUESTIONS = (
    Question(
        words="A fresh transformer predicts the identity. You put it into a trained network. What "
        "does the layer after it see?",
        answers=("What it saw before: V equals U", "A little noise", "Zeros"),
        reasons=(
            "The last layer has zero weights, and its bias is the identity. So you can add it to a "
            "trained network, and train on.",
            "The layers before the last one start at random, but the last one has zero weights: "
            "its output is its bias, the identity.",
            "Zero weights of the last layer leave its bias. That is the identity, which reads each "
            "pixel where it is.",
        ),
        stage=STAGE,
        play=lambda: _by_hand(_predicted(), IDENTITY),
        find=_fresh,
        fields=FIELDS,
    ),
    Question(
        words="After training, θ goes from the identity to what is predicted for this digit. How "
        "large is the digit in V?",
        answers=("Larger than in U", "As large as in U", "Smaller than in U"),
        reasons=(
            "The grid covers a part of U, and V shows that part: a crop, which the paper calls "
            "attention.",
            "Where the grid stays as large as U, nothing is gained. A crop shows the classifier "
            "the digit large and in the middle.",
            "The grid shrinks, not the digit: V shows the part of U that the grid covers, and "
            "shows it enlarged.",
        ),
        stage=STAGE,
        play=lambda: Play(frames={"thetas": np.array([[IDENTITY], [_predicted()]])}),
        find=_crops,
        fields=FIELDS,
    ),
    Question(
        words="θ moves the grid beyond the right edge of U. What does V hold for the points "
        "outside?",
        answers=("Zeros: black", "U's border, repeated", "U's left side: it wraps around"),
        reasons=(
            "Outside the image the value is 0, in the paper's experiments as here.",
            '<code>padding="border"</code> would do that. With the default, the value outside of '
            "the image is 0.",
            "The grid knows no other side: a point outside of the image reads 0.",
        ),
        stage=STAGE,
        play=lambda: _by_hand(IDENTITY, OUTSIDE),
        find=_outside,
        fields=FIELDS,
    ),
)
