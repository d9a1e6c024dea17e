"""Options that several commands have: their types and their help."""

from __future__ import annotations

import argparse

RECIPES_HELP = "quick, thorough, elastic, long or paper (default: the experiment's first)"


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
        raise argparse.ArgumentTypeError(
            f"expected a whole number of at least {least}, got {text[:40]!r}"
        )
    return value


def count(text: str) -> int:
    """A whole number of at least 1. For argparse.

    >>> try:
    ...     count("0")
    ... except argparse.ArgumentTypeError as error:
    ...     print(error)
    expected a whole number of at least 1, got '0'
    """
    return natural(text, 1)


def add_threads(parser: argparse.ArgumentParser) -> None:
    """On how many CPU threads the command computes.

    >>> parser = argparse.ArgumentParser()
    >>> add_threads(parser)
    >>> parser.parse_args([]).threads
    1
    """
    parser.add_argument("--threads", type=count, default=1, help="CPU threads (default: 1)")


def add_json(parser: argparse.ArgumentParser) -> None:
    """Whether the command prints for programs.

    >>> parser = argparse.ArgumentParser()
    >>> add_json(parser)
    >>> parser.parse_args(["--json"]).json
    True
    """
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")


def add_force(parser: argparse.ArgumentParser) -> None:
    """Whether what is published may be replaced by something worse.

    >>> parser = argparse.ArgumentParser()
    >>> add_force(parser)
    >>> parser.parse_args([]).force
    False
    """
    parser.add_argument(
        "--force",
        action="store_true",
        help="publish it even if a better one is published or the recipe is another",
    )
