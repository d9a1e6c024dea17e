"""Questions on the overview."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from app.data import browser_networks, networks
from app.data.front_probe import front_probe
from app.frame.question import Question
from stn_core.transforms import Affine

ASKED = 3  # an eight looks the same upside down


def _theta(image: torch.Tensor) -> torch.Tensor:
    return networks.run_network(networks.pretrained(browser_networks.NAME), image).warps[0].theta[0]


def _turned_by_180() -> int:
    trace = networks.run_network(
        networks.pretrained(browser_networks.NAME), front_probe(ASKED).flip((2, 3))
    )
    return int(int(trace.logits.argmax()) != ASKED)


def _at_the_identity() -> int:
    image = front_probe()
    identity = Affine().identity().tolist()
    warp = networks.run_network(networks.pretrained(browser_networks.NAME), image, identity).warps[
        0
    ]
    return 0 if torch.allclose(warp.output, image, atol=1e-5) else 1


def _moved_to_the_right() -> int:
    image = front_probe(ASKED)
    moved = F.pad(image, (3, 0))[..., : image.shape[-1]]
    change = (_theta(moved) - _theta(image)).abs()
    return {2: 0, 5: 1}.get(int(change.argmax()), 2)


QUESTIONS = (
    Question(
        words=f"The {ASKED} is turned by 180°. Does the network still read it as a 3?",
        answers=("Yes", "No"),
        find=_turned_by_180,
        why="The network never saw a digit turned by more than 45°. The transformer has learnt to "
        "undo what occurs in training, and nothing else.",
    ),
    Question(
        words="θ is set to the identity. What is V?",
        answers=("U itself", "The digit, upright and large"),
        find=_at_the_identity,
        why="Each pixel of V then reads the same place in U. Every transformer starts like this, "
        "as if it were not there.",
    ),
    Question(
        words=f"The {ASKED} moves to the right. Which component of θ changes most?",
        answers=("θ₁₃, the shift in x", "θ₂₃, the shift in y", "Another one"),
        find=_moved_to_the_right,
        why="The grid follows the digit. Nobody told it to; it lowers the loss.",
    ),
)
