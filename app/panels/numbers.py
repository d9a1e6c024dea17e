"""Numbers of a training: typed ones are read and held to their bounds, times are said in words."""

from __future__ import annotations

import math
from typing import NamedTuple

LEARNING_RATES = [m * 10.0**e for e in (-5, -4, -3, -2) for m in (1, 2, 5)] + [0.1]
MINUTE, HOUR = 60, 3_600
LONG_SECONDS = 90  # from here on in minutes
LONG_MINUTES = 90  # from here on in hours


class NumberError(ValueError):
    """A typed number cannot be taken; the message says what was typed and what can be."""


class Bounds(NamedTuple):
    """Whole numbers from least to most."""

    least: int
    most: int

    def read(self, name: str, text: str) -> int:
        """A whole number as it was typed. Raises NumberError."""
        try:
            value = int(text.replace(",", "").replace(" ", ""))
        except ValueError:
            value = None
        if value is None or not self.least <= value <= self.most:
            raise NumberError(
                f"{name}: enter a whole number from {self.least:,} to {self.most:,}, not "
                f"{_shown(text)}"
            )
        return value


SEEDS = Bounds(0, 2**31 - 1)  # that torch and NumPy both take


class Range(NamedTuple):
    """Numbers from least to most."""

    least: float
    most: float

    def read(self, name: str, text: str) -> float:
        """A number as it was typed. Raises NumberError."""
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not self.least <= value <= self.most:
            raise NumberError(
                f"{name}: enter a number from {self.least:g} to {self.most:g}, not {_shown(text)}"
            )
        return value


def read_rate(name: str, text: str) -> float:
    """A positive number as it was typed. Raises NumberError."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise NumberError(
            f"{name}: enter a number above 0, such as 0.001 or 5e-4, not {_shown(text)}"
        )
    return value


def _shown(text: str) -> str:
    """What was typed, as code, so that nothing in it is Markdown."""
    text = text.strip().replace("`", "'")
    return f"`{text if len(text) <= 30 else f'{text[:30]}…'}`" if text else "an empty field"


def smaller_rate(rate: float) -> float:
    """The next round rate that is at most a third of this one."""
    bound = rate / 3 * (1 + 1e-9)
    exponent = math.floor(math.log10(bound))
    rounds = (m * 10.0**e for e in (exponent - 1, exponent) for m in (1, 2, 5))
    return max(value for value in rounds if value <= bound)


def duration(seconds: float) -> str:
    """About how long, in as many digits as such a guess is worth."""
    if seconds < LONG_SECONDS:
        return f"{max(5, 5 * round(seconds / 5))} s"
    minutes = round(seconds / MINUTE)
    if minutes < LONG_MINUTES:
        return f"{minutes} min"
    return f"{seconds / HOUR:.1f} h"


def pace_words(seconds_a_step: float) -> str:
    """Steps a second, or of slow ones the seconds a step."""
    if seconds_a_step >= 1:
        return f"{seconds_a_step:.2g} s per step"
    steps = 1 / seconds_a_step
    return f"{steps:.0f} steps per second" if steps >= 9.5 else f"{steps:.1f} steps per second"
