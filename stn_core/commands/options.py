"""Options that several commands have: their types and their help."""

from __future__ import annotations

import argparse

RECIPES_HELP = "quick (the default), elastic, long or paper"


def natural(text: str, least: int = 0) -> int:
    """A whole number that torch takes as a seed, or a number of things. For argparse.

    least: the smallest one. Raises argparse.ArgumentTypeError.

    >>> natural("2015")
    2015
    """
    try:
        value = int(text)
    except ValueError:
        value = -1
    if not least <= value < 2**63:
        raise argparse.ArgumentTypeError(f"a whole number from {least} on, got {text[:40]!r}")
    return value


def count(text: str) -> int:
    """A whole number of at least 1. For argparse.

    >>> try:
    ...     count("0")
    ... except argparse.ArgumentTypeError as error:
    ...     print(error)
    a whole number from 1 on, got '0'
    """
    return natural(text, 1)
