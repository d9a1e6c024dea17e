"""Questions on the grid, answered on the test card."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from app.data import pictures
from app.frame.question import Question
from app.stage.play import Play
from stn_core.sampling import sample
from stn_core.transforms import Affine

IDENTITY = (1, 0, 0, 0, 1, 0)
SHIFTED = (1, 0, 0.5, 0, 1, 0)
SMALL = (0.5, 0, 0, 0, 0.5, 0)
MIRRORED = (-1, 0, 0, 0, 1, 0)
STAGE = "lab"
CARD = {  # the page's controls: the test card under an affine grid, read as at first
    "preset": None, "family": "Affine", "image": "Test card", "kernel": "bilinear",
    "padding": "zeros", "size": "1", "pool": "none", "gradient": False, "lab:start": None,
}  # fmt: skip


def _card(play: Play) -> tuple[torch.Tensor, torch.Tensor]:
    """The test card, and what is read of it at the end: (H, W) each."""
    card = torch.from_numpy(pictures.test_card())[None, None].float()
    theta = torch.from_numpy(play.frames["thetas"][-1]).float()
    grid = Affine().grid(theta, card.shape[2:])
    return card[0, 0], sample(card, grid)[0, 0]


def _letter(image: torch.Tensor) -> torch.Tensor:
    """Where the white F is."""
    return image > 200


def _shift_grows(play: Play) -> int:
    before, after = _card(play)
    columns = torch.arange(before.shape[1]).float()
    middles = [(_letter(i).sum(0) * columns).sum() / _letter(i).sum() for i in (before, after)]
    return int(middles[1] > middles[0])


def _grid_shrinks(play: Play) -> int:
    before, after = _card(play)
    return int(_letter(after).sum() < _letter(before).sum())


def _determinant_is_negative(play: Play) -> int:
    before, after = _card(play)
    flipped = [before.flip(1), before.flip(0), before.flip(0, 1)]
    return [torch.allclose(after, one, atol=1e-3) for one in flipped].index(True)


def _to(theta: Sequence[float]) -> Play:
    """θ goes from the identity to this one, as if by hand."""
    return Play(frames={"thetas": np.array([[IDENTITY], [theta]])}, settings={"byHand": True})


QUESTIONS = (
    Question(
        words="The shift in x, θ₁₃, grows from 0 to 0.5. Which way does the picture in V move?",
        answers=("To the left", "To the right"),
        reasons=(
            "The grid moves to the right over U, so what it reads appears farther left in V.",
            "It is the grid that moves to the right. What it reads was right of the middle in U, "
            "and appears in the middle of V: farther left.",
        ),
        find=_shift_grows,
        stage=STAGE,
        play=lambda: _to(SHIFTED),
        fields=CARD,
    ),
    Question(
        words="The grid shrinks to half its size. What happens to the F in V?",
        answers=("It becomes larger", "It becomes smaller"),
        reasons=(
            "The grid T_θ(G) maps V to U. A small grid is a crop, which V shows enlarged.",
            "The grid does not shrink the picture: it says where V's pixels read. They now share a "
            "quarter of U, which fills all of V.",
        ),
        find=_grid_shrinks,
        stage=STAGE,
        play=lambda: _to(SMALL),
        fields=CARD,
    ),
    Question(
        words="The first entry of the matrix, θ₁₁, goes from 1 to −1. What does V show at the end?",
        answers=("The F, mirrored left to right", "The F, upside down", "The F, turned by 180°"),
        reasons=(
            "Only x changes its sign, so the determinant is negative and the grid is flipped.",
            "θ₁₁ multiplies x alone. Rows stay where they are: only left and right change places.",
            "A half turn changes the sign of both x and y. Here y keeps its sign.",
        ),
        find=_determinant_is_negative,
        stage=STAGE,
        play=lambda: _to(MIRRORED),
        fields=CARD,
    ),
)
