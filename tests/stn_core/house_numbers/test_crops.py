"""Crops around a house number (Sect. 4.2)."""

from __future__ import annotations

import numpy as np
import pytest

from stn_core.house_numbers.crops import crop, window
from stn_core.house_numbers.numbers import Number, labels


def ramp(height: int, width: int) -> np.ndarray:
    """Red is x, green is y."""
    y, x = np.indices((height, width))
    return np.stack([x, y, np.zeros_like(x)], -1).astype(np.uint8)


@pytest.mark.parametrize(("side", "enlarged"), [(64, 1.3), (128, 2.6)])
@pytest.mark.parametrize("margin", [1.0, 1.25])
def test_crop_is_the_box_enlarged_about_its_middle(side, enlarged, margin):
    number = Number("", (1, 2), np.array([[80, 90, 20, 40], [100, 90, 20, 40]]))
    got = crop(ramp(220, 220), number, side, margin)
    assert got.shape == (3, round(side * margin), round(side * margin))
    half = 20 * enlarged * margin  # of the width and the height, about (100, 110)
    for axis, middle in ((0, 100), (1, 110)):
        row = got[axis].astype(float).mean(axis)
        assert row.mean() == pytest.approx(middle - 0.5, abs=0.6)
        assert row[-1] - row[0] == pytest.approx(2 * half, abs=2.5)


def test_border_goes_on_beyond_the_photograph():
    number = Number("", (1,), np.array([[0, 0, 20, 20]]))
    got = crop(ramp(30, 30), number, 128)
    assert (got[0, :, :30] == 0).all() and (got[1, :30] == 0).all()


def test_window_of_one_pixel_is_a_picture():
    assert crop(ramp(9, 9), Number("", (1,), np.array([[3, 3, 0.1, 0.1]]))).shape == (3, 64, 64)
    assert window(ramp(9, 9), np.array([2, 3]), np.array([3, 4])).tolist() == [[[2, 3, 0]]]


def test_places_without_a_digit_have_the_null_class():
    assert labels((1, 2, 3, 4, 5)) == [1, 2, 3, 4, 5] and labels((0,)) == [0, 10, 10, 10, 10]
