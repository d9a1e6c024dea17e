"""How the results open and draw an example of distorted MNIST."""

from __future__ import annotations

import numpy as np

from app.data import examples
from app.panels.explorer import Explorer, Fields
from app.panels.transformers import pixels
from app.views.distorted import PAGE


def _fields(digit: int, seed: int) -> Fields:
    return {"digit": digit, "seed": seed}


def _label(digit: int, seed: int) -> int:
    return digit // 100  # a hundred of each class


def _picture(column: str, digit: int, seed: int) -> np.ndarray:
    return pixels(examples.example(f"distorted/{column}/cnn", digit, seed).images)[0]


EXPLORER = Explorer(
    defaults=PAGE.defaults,
    column_field="distortion",
    example_fields=_fields,
    label=_label,
    picture=_picture,
)
