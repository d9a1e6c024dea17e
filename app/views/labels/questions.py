"""Questions on the gradient of θ, with the network and the digit that are shown at first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F

from app.data import examples, networks
from app.frame.question import Question, nearest
from app.stage.play import Play
from app.views.labels.descent import FIRST_DIGIT, FIRST_SEED, STUDY
from stn_core.sampling import sample
from stn_core.transforms import Affine

STAGE = "labels"
IDENTITY = (1, 0, 0, 0, 1, 0)
AWAY = (0.3, 0, 2.2, 0, 0.3, 2.2)
OFF = (0.9, 0.1, 0.05, -0.1, 0.9, 0.02)
FIELDS = {  # the page's controls, as at first
    "labels_network": STUDY, "labels_weights": "trained", "labels_start": "identity",
    "labels_digit": FIRST_DIGIT, "labels_seed": FIRST_SEED,
}  # fmt: skip
STEPS, RATE, MATCHED = 200, 0.02, 0.003  # of the descent: as the page's own, by Adam


def _loss(theta: torch.Tensor, kernel: str = "bilinear") -> torch.Tensor:
    """Of the page's first digit, read at θ (1, 6) and judged by the page's first network."""
    network = networks.pretrained(STUDY).network
    shown = examples.example(STUDY, FIRST_DIGIT, FIRST_SEED)
    output = sample(shown.images, Affine().grid(theta, shown.images.shape[2:]), kernel)
    logits = network.classifier(F.avg_pool2d(output, network.pool))
    return F.cross_entropy(logits, shown.labels)


def _slope(play: Play, kernel: str = "bilinear") -> float:
    """The largest entry of ∂loss/∂θ at the end."""
    held = torch.from_numpy(play.frames["theta"][-1:]).float().requires_grad_()
    gradient = torch.autograd.grad(_loss(held, kernel), held, allow_unused=True)[0]
    return 0.0 if gradient is None else gradient.abs().max().item()


def _far_away(play: Play) -> int:
    return int(_slope(play) != 0)


def _with_the_integer_kernel(play: Play) -> int:
    return 0 if _slope(play, "integer") == 0 < _slope(play) else 1


def _descent() -> Play:
    """The steps down from the identity."""
    theta = torch.tensor([IDENTITY]).float().requires_grad_()
    adam = torch.optim.Adam([theta], lr=RATE, betas=(0.9, 0.99))
    frames = []
    for _ in range(STEPS):
        frames.append(theta[0].detach().numpy().copy())
        loss = _loss(theta)
        if loss.item() < MATCHED:
            break
        (theta.grad,) = torch.autograd.grad(loss, theta)
        adam.step()
    return Play(frames={"theta": np.stack(frames)}, seconds=5.0)


def _does_it_turn(play: Play) -> int:
    def angle(theta: Sequence[float]) -> float:
        return float(np.degrees(np.arctan2(theta[3], theta[0])))

    ideal = examples.example(STUDY, FIRST_DIGIT, FIRST_SEED).theta[0].tolist()
    return (1, 0, 2)[nearest(angle(play.frames["theta"][-1]) / angle(ideal), (0.0, 1.0, -1.0))]


def _to(theta: Sequence[float], *, integer: bool) -> Play:
    return Play(frames={"theta": np.array([IDENTITY, theta])}, settings={"integer": integer})


QUESTIONS = (
    Question(
        words="θ takes steps down the loss of the label <i>two</i>, which says nothing about the "
        "angle. What happens to the digit in V?",
        answers=("It turns upright", "It stays tilted", "It turns the wrong way"),
        reasons=(
            "An upright two is read as a two, so turning it lowers the loss. No label of the pose "
            "is needed.",
            "The label says nothing about the angle, but the classifier does: it reads an upright "
            "two more easily, so turning it lowers the loss.",
            "Turning it further would raise the loss: the classifier reads it less and less as a "
            "two.",
        ),
        stage=STAGE,
        play=_descent,
        find=_does_it_turn,
        fields=FIELDS,
    ),
    Question(
        words="The grid goes where it reads only black pixels. How large is the gradient "
        "∂loss/∂θ there?",
        answers=("Zero", "Small, but enough to return to the digit"),
        reasons=(
            "V does not change when the grid moves a little, so no label helps.",
            "V stays black when the grid moves a little. A V that does not change gives no "
            "gradient at all, however wrong the class is.",
        ),
        stage=STAGE,
        play=lambda: _to(AWAY, integer=False),
        find=_far_away,
        fields=FIELDS,
    ),
    Question(
        words="Now the sampler reads the nearest pixel (Eq. 4, the integer kernel). How large is "
        "the gradient ∂loss/∂θ?",
        answers=("Zero", "As with the bilinear kernel, but rougher"),
        reasons=(
            "Between two jumps V is constant. The bilinear kernel has a slope there.",
            "V does change when the grid moves far enough, but in jumps. Between them it is "
            "constant, and the slope is zero.",
        ),
        stage=STAGE,
        play=lambda: _to(OFF, integer=True),
        find=_with_the_integer_kernel,
        fields=FIELDS,
    ),
)
