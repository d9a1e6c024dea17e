"""Crops around a house number (Sect. 4.2): 64 pixels, and looser ones of 128.

The smallest box around all digits is made 30 % wider and higher, cut out and squeezed to a square,
as Goodfellow et al. (2013) do, whom the paper follows. "Inflated crops of 128 × 128, which include
more background": ours are twice as wide and high, so that a digit has as many pixels in both.
"""

from __future__ import annotations

import cv2
import numpy as np

from stn_core.house_numbers.numbers import ENLARGED, SIDE, Number


def crop(image: np.ndarray, number: Number, side: int = SIDE, margin: float = 1.0) -> np.ndarray:
    """The square around a number: uint8 (3, S, S) with S = side · margin.

    image: RGB, uint8 (H, W, 3); side: in pixels, 64 or, of twice the window, 128. Beyond the
    photograph its border goes on.

    >>> number = Number("", (7,), np.array([[50, 40, 10, 20]]))
    >>> crop(np.zeros((100, 120, 3), np.uint8), number, margin=1.25).shape
    (3, 80, 80)
    """
    left, top, width, height = number.box
    size = np.array([width, height]) * ENLARGED * margin * (side / SIDE)
    centre = np.array([left + width / 2, top + height / 2])
    low = np.floor(centre - size / 2).astype(int)
    high = np.maximum(np.ceil(centre + size / 2).astype(int), low + 1)
    return square(window(image, low, high), round(side * margin))


def window(image: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The pixels from one corner (x, y) to the other, its border going on beyond the image.

    >>> image = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    >>> window(image, np.array([-1, 0]), np.array([1, 2]))[:, :, 0].tolist()
    [[0, 0], [6, 6]]
    """
    rows, columns = (
        np.arange(first, last).clip(0, length - 1)
        for first, last, length in zip(low[::-1], high[::-1], image.shape[:2], strict=True)
    )
    return image[rows[:, None], columns]


def square(image: np.ndarray, side: int) -> np.ndarray:
    """Squeezed or stretched to a square: (H, W, 3) -> (3, side, side).

    >>> square(np.zeros((10, 20, 3), np.uint8), 64).shape
    (3, 64, 64)
    """
    shrinking = max(image.shape[:2]) > side
    kind = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    return np.ascontiguousarray(
        cv2.resize(image, (side, side), interpolation=kind).transpose(2, 0, 1)
    )
