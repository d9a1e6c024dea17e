"""How the results open and draw a digit in a volume."""

from __future__ import annotations

import numpy as np

from app.data import volumes
from app.panels.explorer import Explorer, Fields
from app.panels.transformers import pixels
from app.views.volumes import PAGE


def _fields(digit: int, seed: int) -> Fields:
    return {"volume_digit": digit, "volume_seed": seed}


def _label(digit: int, seed: int) -> int:
    return digit // 100  # a hundred of each class


def _picture(column: str, digit: int, seed: int) -> np.ndarray:
    placed = volumes.placed(digit, seed)
    return pixels(volumes.extruded(placed.image, placed.turn, placed.shift))[0]


EXPLORER = Explorer(defaults=PAGE.defaults, example_fields=_fields, label=_label, picture=_picture)
