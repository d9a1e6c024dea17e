"""What belongs to a photograph of CUB-200-2011, and how large ours are. Needs no image library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from torch import Tensor

from stn_core.departures import OTHERWISE, Departure
from stn_core.digits import Digits, DigitsError

SIDE = 128  # of what is kept, in pixels
CLASSES = 200
PARTS = (  # in parts/parts.txt's order
    "back", "beak", "belly", "breast", "crown", "forehead", "left eye", "left leg", "left wing",
    "nape", "right eye", "right leg", "right wing", "tail", "throat",
)  # fmt: skip


class BirdsError(DigitsError):
    """CUB-200-2011 cannot be read; the message says which file and line, and why.

    >>> issubclass(BirdsError, DigitsError)
    True
    """


class Annotated(NamedTuple):
    """A photograph before it is read.

    number: CUB's; file: for messages; label: 0 to 199; points: (15, 2), x and y in its pixels, NaN
    where a part is not visible; read: gives its JPEG.

    >>> Annotated(1, "1.jpg", 0, True, np.full((15, 2), np.nan), lambda: b"").is_training
    True
    """

    number: int
    file: str
    label: int
    is_training: bool
    points: np.ndarray
    read: Callable[[], bytes]


@dataclass(frozen=True)
class Photographs(Digits):
    """Photographs of birds: uint8 (N, 3, 128, 128), classes (N,), and where the parts are.

    points: (N, 15, 2) float32, normalised x and y, 0 where not visible; visible: (N, 15) bool.

    >>> import torch
    >>> images, labels = torch.zeros(2, 3, 128, 128, dtype=torch.uint8), torch.tensor([3, 8])
    >>> birds = Photographs(images, labels, torch.zeros(2, 15, 2), torch.ones(2, 15).bool())
    >>> len(birds), birds.points.shape
    (2, torch.Size([2, 15, 2]))
    """

    points: Tensor
    visible: Tensor


DEPARTURES = (
    Departure(
        kind=OTHERWISE,
        where="Sect. 4.3, data",
        paper="Images of 448 or 224 pixels, crops of 224.",
        ours=f"Images of {SIDE} or {SIDE // 2} pixels, squeezed to a square; crops of {SIDE // 2}.",
        why="A step takes seconds on one core. The ratios are the paper's; the resolution, and so "
        "the accuracy, is not.",
    ),
)
