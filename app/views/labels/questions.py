"""Questions on the gradient of θ."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from app.data import browser_networks, networks
from app.data.front_probe import front_probe
from app.frame.question import Question
from stn_core.experiments import find
from stn_core.sampling import sample
from stn_core.transforms import Affine


def _slope(theta: list[float], kernel: str = "bilinear") -> float:
    """The largest entry of ∂loss/∂θ, of the front page's digit and network, at this θ."""
    network = networks.pretrained(browser_networks.NAME).network
    held = torch.tensor([theta], requires_grad=True)
    grid = Affine().grid(held, front_probe().shape[2:])
    output = F.avg_pool2d(sample(front_probe(), grid, kernel), network.pool)
    loss = F.cross_entropy(network.classifier(output), torch.tensor([browser_networks.FIRST_DIGIT]))
    gradient = torch.autograd.grad(loss, held, allow_unused=True)[0]
    return 0.0 if gradient is None else gradient.abs().max().item()


OFF = [0.9, 0.1, 0.05, -0.1, 0.9, 0.02]


def _far_away() -> int:
    return 0 if _slope([0.3, 0, 2.2, 0, 0.3, 2.2]) == 0 else 1


def _with_the_integer_kernel() -> int:
    return 0 if _slope(OFF, "integer") == 0 < _slope(OFF) else 1


def _untrained_predicts() -> int:
    """θ of a fresh network, for ten digits."""
    network = find(browser_networks.NAME).build(seed=0)
    images = torch.from_numpy(browser_networks.probes()[0])[:, None].float() / 255
    with torch.no_grad():
        theta = network.trace(images).warps[0].theta
    return 0 if torch.allclose(theta, Affine().identity().expand_as(theta), atol=1e-6) else 1


QUESTIONS = (
    Question(
        words="The grid reads only black pixels. How large is the gradient ∂loss/∂θ?",
        answers=("Zero", "Small, but enough to return to the digit"),
        find=_far_away,
        why="V does not change when the grid moves a little, so no label helps.",
    ),
    Question(
        words="The sampler reads the nearest pixel (Eq. 4). How large is the gradient ∂loss/∂θ?",
        answers=("Zero", "As with the bilinear kernel, but rougher"),
        find=_with_the_integer_kernel,
        why="Between two jumps V is constant. The bilinear kernel has a slope there.",
    ),
    Question(
        words="Which θ does the localisation network predict before training?",
        answers=("The identity, for every image", "A different one for each image"),
        find=_untrained_predicts,
        why="Its last layer has zero weights, and its bias is the identity. So V shows all of U, "
        "and there is a gradient to learn from.",
    ),
)
