"""Questions on a transformer in any network."""

from __future__ import annotations

import torch

from app.frame.question import Question
from stn_core.spatial_transformer import SpatialTransformer
from stn_core.transforms import Affine


def _transformer(size: tuple[int, int] | None) -> SpatialTransformer:
    localisation = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 8 * 8, 6))
    torch.nn.init.zeros_(localisation[1].weight)
    localisation[1].bias.data.copy_(Affine().identity())
    return SpatialTransformer(localisation, Affine(), size)


@torch.no_grad()
def _fresh() -> int:
    image = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    return 0 if torch.allclose(_transformer(None)(image), image, atol=1e-5) else 1


@torch.no_grad()
def _other_size() -> int:
    return 0 if _transformer((4, 6))(torch.zeros(1, 3, 8, 8)).shape == (1, 3, 4, 6) else 1


def _pixel_gradient() -> int:
    image = torch.zeros(1, 3, 8, 8)
    image[:, :, 3, 3] = 1
    image.requires_grad_()
    _transformer(None)(image).sum().backward()
    return 0 if image.grad.abs().sum() > 0 else 1


QUESTIONS = (
    Question(
        words="You add a transformer to a network; its last layer starts at the identity. What "
        "changes before any training?",
        answers=("Nothing: V equals U", "It adds a little noise"),
        find=_fresh,
        why="So you can also add it to a trained network.",
    ),
    Question(
        words="Can the output V have another size than the image U?",
        answers=("Yes, any", "No"),
        find=_other_size,
        why="The grid has as many points as V has pixels (`size=`), so a transformer can also make "
        "later layers smaller.",
    ),
    Question(
        words="Do the layers before the transformer still get a gradient?",
        answers=("Yes", "No"),
        find=_pixel_gradient,
        why="Eq. 6 is the gradient with respect to U's pixels, as Eq. 7 is with respect to the "
        "grid's points.",
    ),
)
