"""What is written in a photograph, and the sizes of what is made of it. Needs no image library."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from stn_core.departures import SILENT, Departure
from stn_core.digits import DigitsError

SIDE = 64  # Sect. 4.2
ENLARGED = 1.3  # Goodfellow et al.: "30 % in both the x and the y direction"
MARGIN = 1.25  # of what is kept for training, so that it can be cut anew at each step
LENGTH = 5  # Sect. 4.2: "between 1 and 5 digits"
NULL = 10  # the class of a place without a digit
TRAINED = {64: ("train", "extra"), 128: ("train",)}  # by the crops' side: our extra has no more
# Of SVHN's test, files 1.png to 1000.png. All published errors are measured on them, and our extra
# is made of others of test: measured on those, a network would be measured on what it has learnt.
MEASURED = 1_000


class HouseNumbersError(DigitsError):
    """Photographs of house numbers cannot be read; the message says which file and why.

    >>> issubclass(HouseNumbersError, DigitsError)
    True
    """


@contextmanager
def needed_packages() -> Iterator[None]:
    """Within it, a package that is not installed is a HouseNumbersError that says what to do.

    >>> try:
    ...     with needed_packages():
    ...         import no_such_package
    ... except HouseNumbersError as error:
    ...     print(str(error).split(". ")[1])
    Run pip install h5py opencv-python-headless pillow
    """
    try:
        yield
    except ImportError as error:
        raise HouseNumbersError(
            f"house numbers need a package that is not installed: {error}. Run "
            "pip install h5py opencv-python-headless pillow"
        ) from error


class Number(NamedTuple):
    """What is written in one photograph: the digits, left to right, and their boxes in pixels.

    boxes: (N, 4), each left, top, width and height; pixel 0 begins at 0.

    >>> Number("1.png", (1, 9), np.array([[10, 5, 8, 20], [19, 5, 9, 20]])).box.tolist()
    [10, 5, 18, 20]
    """

    file: str
    digits: tuple[int, ...]
    boxes: np.ndarray

    @property
    def box(self) -> np.ndarray:
        """The one around all of them: left, top, width, height."""
        corner = self.boxes[:, :2].min(0)
        return np.concatenate([corner, (self.boxes[:, :2] + self.boxes[:, 2:]).max(0) - corner])


def labels(digits: tuple[int, ...]) -> list[int]:
    """The digits and, up to five, the null class.

    >>> labels((4, 2))
    [4, 2, 10, 10, 10]
    """
    return [*digits, *[NULL] * (LENGTH - len(digits))]


DEPARTURES = (
    Departure(
        kind=SILENT,
        where="Sect. 4.2, crops",
        paper="The crops of 128 × 128 include more background; how much is not given.",
        ours=f"Twice the window of the {SIDE} × {SIDE} ones, whose box is {ENLARGED:g} times the "
        "number's.",
        why="A digit has as many pixels in both.",
    ),
)
