"""The ten digits of a game, which a seed draws."""

from __future__ import annotations

import torch

from app.data.browser_networks import NAME
from app.data.gallery import gallery
from app.panels.transformers import pixels
from app.stage.beat import Tilted
from stn_core.experiments import find

CLASSES, OF_A_CLASS = 10, 100  # of the gallery, which has them class by class


def ten(seed: int) -> list[Tilted]:
    """One gallery digit of each class, in any order, distorted as in the network's training."""
    generator = torch.Generator().manual_seed(seed)
    classes = torch.randperm(CLASSES, generator=generator)
    places = OF_A_CLASS * classes + torch.randint(OF_A_CLASS, (CLASSES,), generator=generator)
    digits = gallery()
    chosen = digits[places]
    shown = find(NAME).data.examples(chosen, generator, digits)
    return [
        Tilted(image=image, ideal=tuple(theta.tolist()), label=int(label))
        for image, theta, label in zip(pixels(shown.images), shown.theta, shown.labels, strict=True)
    ]
