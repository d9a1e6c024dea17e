"""Drawn house numbers: what their seeds fix, and that they look like SVHN's in number."""

from __future__ import annotations

import numpy as np
import pytest

from stn_core.house_numbers.crops import crop
from stn_core.house_numbers.numbers import SIDE
from stn_core.house_numbers.rendering import FONTS, LENGTHS, MEDIAN_HEIGHT, render


@pytest.fixture(scope="module")
def many():
    return [render(seed) for seed in range(120)]


def test_seed_makes_the_image():
    once, again, other = render(7), render(7), render(8)
    assert np.array_equal(once.image, again.image) and once.number.digits == again.number.digits
    assert once.image.shape != other.image.shape or not np.array_equal(once.image, other.image)


def test_digits_can_be_given():
    for digits in ((0,), (1, 0, 9), (5, 4, 3, 2, 1)):
        number = render(3, digits).number
        assert number.digits == digits and number.boxes.shape == (len(digits), 4)


def test_number_lies_in_the_image_and_differs_from_what_it_is_on(many):
    spreads = []
    for rendering in many:
        (rows, columns), (left, top, width, height) = (
            rendering.image.shape[:2],
            rendering.number.box,
        )
        assert left >= 0 and top >= 0 and left + width <= columns and top + height <= rows
        within = rendering.image[
            int(top) : int(top + height) + 1, int(left) : int(left + width) + 1
        ]
        spreads.append(within.std())
    assert np.median(spreads) > 15 and np.mean(np.array(spreads) < 3) < 0.1


def test_lengths_and_heights_are_distributed_as_in_svhn(many):
    lengths = np.bincount([len(r.number.digits) for r in many], minlength=6)[1:6] / len(many)
    assert np.abs(lengths - LENGTHS).max() < 0.12  # 120 of them: 2.6 standard deviations
    median = np.median([np.median(r.number.boxes[:, 3]) for r in many])
    assert 0.75 * MEDIAN_HEIGHT < median < 1.35 * MEDIAN_HEIGHT


def test_every_font_has_its_licence():
    text = (FONTS / "LICENCES.md").read_text()
    fonts = sorted(FONTS.glob("*.[ot]tf"))
    assert len(fonts) >= 8 and all(font.name in text for font in fonts)


def test_crop_of_a_rendering_is_a_network_input(many):
    picture = crop(many[0].image, many[0].number)
    assert picture.shape == (3, SIDE, SIDE) and picture.dtype == np.uint8
