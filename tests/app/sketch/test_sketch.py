"""What a browser sends of the sketch is taken for pixels only if it is such."""

from __future__ import annotations

import base64

import numpy as np
import pytest

from app.sketch import SIDE, decoded


def encoded(values: np.ndarray) -> str:
    return base64.b64encode(values.astype(np.uint8).tobytes()).decode()


def test_drawing_is_decoded_row_by_row():
    values = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE))
    values[0, 0], values[0, 1], values[1, 0] = 7, 8, 9
    drawn = decoded(encoded(values))
    assert drawn.dtype == np.uint8
    np.testing.assert_array_equal(drawn, values)


def test_one_faint_pixel_is_a_drawing():
    values = np.zeros((SIDE, SIDE))
    values[-1, -1] = 1
    assert decoded(encoded(values))[-1, -1] == 1


def test_empty_sheet_is_no_drawing():
    assert decoded(encoded(np.zeros((SIDE, SIDE)))) is None


@pytest.mark.parametrize(
    "told",
    [
        None,
        "",
        "no base64: ü",
        "AAA",
        encoded(np.ones(SIDE * SIDE - 1)),
        encoded(np.ones(SIDE * SIDE + 1)),
        encoded(np.ones(SIDE * SIDE)) + "\n!",
        5,
        [255] * SIDE * SIDE,
        {"0": 1},
    ],
    ids=[
        "nothing", "empty", "not-base64", "cut-off", "too-short", "too-long", "with-more-behind",
        "a-number", "a-list", "a-mapping",
    ],
)  # fmt: skip
def test_anything_else_is_no_drawing(told):
    assert decoded(told) is None
