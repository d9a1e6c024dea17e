"""Questions on the grid, answered on the test card."""

from __future__ import annotations

import torch

from app.data import pictures
from app.frame.question import Question
from stn_core.sampling import sample
from stn_core.transforms import Affine


def _card(theta: list[float]) -> tuple[torch.Tensor, torch.Tensor]:
    """The test card, and what the affine θ reads of it: (H, W) each."""
    card = torch.from_numpy(pictures.test_card())[None, None].float()
    grid = Affine().grid(torch.tensor([theta]).float(), card.shape[2:])
    return card[0, 0], sample(card, grid)[0, 0]


def _letter(image: torch.Tensor) -> torch.Tensor:
    """Where the white F is."""
    return image > 200


def _shift_grows() -> int:
    before, after = _card([1, 0, 0.3, 0, 1, 0])
    columns = torch.arange(before.shape[1]).float()
    middles = [(_letter(i).sum(0) * columns).sum() / _letter(i).sum() for i in (before, after)]
    return 0 if middles[1] < middles[0] else 1


def _scale_shrinks() -> int:
    before, after = _card([0.7, 0, 0, 0, 0.7, 0])
    return 0 if _letter(after).sum() > _letter(before).sum() else 1


def _determinant_is_negative() -> int:
    before, after = _card([-1, 0, 0, 0, 1, 0])
    return 0 if torch.allclose(after, before.flip(1), atol=1e-3) else 1


QUESTIONS = (
    Question(
        words="The shift in x, θ₁₃, grows. Which way does the picture in V move?",
        answers=("To the left", "To the right"),
        find=_shift_grows,
        why="The grid moves to the right over U, so what it reads appears farther left in V.",
    ),
    Question(
        words="The grid shrinks to 0.7 of its size. Does the F in V become larger or smaller?",
        answers=("Larger", "Smaller"),
        find=_scale_shrinks,
        why="The grid $T_\\theta(G)$ maps V to U. A small grid is a crop, so V shows that part "
        "enlarged.",
    ),
    Question(
        words="The first entry of the matrix, θ₁₁, becomes −1. What does V show?",
        answers=("The F, mirrored", "The F, upside down"),
        find=_determinant_is_negative,
        why="Only x changes its sign, so the determinant is negative and the grid is flipped.",
    ),
)
