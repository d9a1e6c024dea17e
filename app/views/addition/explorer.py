"""How the results open and draw a sum of two digits."""

from __future__ import annotations

import numpy as np

from app.data import sums
from app.panels.explorer import Explorer, Fields
from app.panels.transformers import pixels
from app.views.addition import PAGE


def _fields(digit: int, seed: int) -> Fields:
    return {"first": digit, "second": sums.partner(digit, seed), "sum_seed": seed}


def _label(digit: int, seed: int) -> int:
    return digit // 100 + sums.partner(digit, seed) // 100  # a hundred of each class


def _picture(column: str, digit: int, seed: int) -> np.ndarray:
    return pixels(sums.pair_of_digits(digit, sums.partner(digit, seed), seed).images)[0]


EXPLORER = Explorer(defaults=PAGE.defaults, example_fields=_fields, label=_label, picture=_picture)
