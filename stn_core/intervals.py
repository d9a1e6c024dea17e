"""95 % confidence intervals: of a share, and of the difference of two on the same examples."""

from __future__ import annotations

import math

CONFIDENCE = 1.96  # standard deviations: 95 %


def wilson(count: float, of: int) -> tuple[float, float]:
    """Of a share, in percent (Wilson 1927), which is valid at 0 and at 100 too.

    Of none, all of 0 to 100.

    >>> [round(percent, 1) for percent in wilson(10, 1000)]
    [0.5, 1.8]
    """
    if not of:
        return 0.0, 100.0
    share, square = count / of, CONFIDENCE**2 / of
    middle = (share + square / 2) / (1 + square)
    reach = math.sqrt(square * (share * (1 - share) + square / 4)) / (1 + square)
    return 100 * max(0.0, middle - reach), 100 * min(1.0, middle + reach)


def paired(gains: list[float], examples: int) -> tuple[float, float]:
    """Of the mean of so many examples' gains, in percent.

    gains: those that are not 0, each of one example: of its draws, the share that only the second
    network misreads, less the share that only the first does. An example's draws are alike, so it
    is the examples' gains that vary freely, not the draws'. With one draw this is Bonett and
    Price's interval (2012): one example more for either, of two more in all, without which four
    examples against none would decide.

    >>> [round(end, 2) for end in paired([1.0] * 30 + [-1.0] * 10, examples=1000)]
    [0.73, 3.26]
    """
    gains = [*gains, 1.0, -1.0]
    examples += 2
    mean = math.fsum(gains) / examples
    square = math.fsum(gain * gain for gain in gains) / examples
    reach = CONFIDENCE * math.sqrt((square - mean * mean) / examples)
    return 100 * (mean - reach), 100 * (mean + reach)
