"""A recording of invariance as text, for the command line."""

from __future__ import annotations

import math

from stn_core.intervals import wilson
from stn_core.invariance.recordings import Recording

COLUMNS_SHOWN = 9  # of a printed table


def lines(recording: Recording) -> list[str]:
    """A recording as text: errors at some values of every axis.

    >>> from stn_core.invariance.recordings import load
    >>> lines(load("distorted/r"))[0].split(" on ")[0]
    'distorted/r: error in percent'
    """
    lines = [
        f"{recording.column}: error in percent on {recording.which},",
        f"one property varied at a time; 95 % confidence within ±{_reach(recording.digits):.1f} "
        "points.",
    ]
    name = 2 + max(map(len, recording.networks))
    for axis in recording.axes:
        count = len(axis.values)
        step = max(1, math.ceil((count - 1) / (COLUMNS_SHOWN - 1)))
        shown = range((count - 1) % step // 2, count, step)
        low, high = axis.trained
        trained = f"{low:g} to {high:g}" if low < high else f"only {low:g}"
        lines += ["", f"{axis.name} ({axis.part}), trained with {trained}"]
        lines.append(" " * name + "".join(f"{axis.values[i]:>7g}" for i in shown))
        for short, measured in recording.networks.items():
            errors = measured.curves[axis.name].errors(recording.digits)
            lines.append(f"{short:{name}}" + "".join(f"{errors[i]:>7.1f}" for i in shown))
    return lines


def _reach(digits: int) -> float:
    """The longest half of an interval that so many digits leave, in percent."""
    low, high = wilson(digits // 2, digits)
    return (high - low) / 2
