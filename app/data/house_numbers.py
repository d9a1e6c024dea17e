"""Photographs of house numbers: rendered ones, SVHN's, and the crops that networks are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from app.data.faults import reason
from app.data.gallery import Supply

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from stn_core.digits import Digits

RENDERING, PHOTOGRAPH = "rendering", "photograph"  # the sets, as the address calls them
WHOLE_SIDE = 256  # pixels of a visitor's picture, at most: it is sent anew ten times a second
MAX_ENTRY = 4.0  # of a crop's θ: one beyond it is refused, as in picture.js
MAX_OVERSAMPLING = 16  # as in picture.js


@dataclass(frozen=True, kw_only=True)
class Photograph:
    """image: uint8 (3, H, W); crop: the affine θ (6,) that reads the square around the number;
    number: what is written there, None if nobody has said; name: tells it from every other;
    is_own: of a visitor's."""

    image: np.ndarray
    crop: tuple[float, ...]
    number: str | None
    name: str
    is_own: bool = False


@st.cache_resource(show_spinner="Drawing house numbers …")
def gallery(side: int) -> Digits:
    """The 200 renderings that no network is trained on, for crops of so many pixels.

    Raises HouseNumbersError for want of a package.
    """
    from stn_core.house_numbers.numbers import needed_packages

    with needed_packages():
        from stn_core.house_numbers.source import gallery as drawn
    return drawn(side)


@st.cache_resource(show_spinner="Reading SVHN's photographs …")
def photographs(side: int) -> Digits | None:
    """SVHN's that no network is trained on; None without them. Raises HouseNumbersError."""
    from stn_core.house_numbers.numbers import needed_packages

    with needed_packages():
        from stn_core.house_numbers.source import photographs_to_test_on
    return photographs_to_test_on(side)


def picture_set(kind: str, side: int) -> Digits:
    """The renderings or, where they are, SVHN's photographs."""
    there = photographs(side) if kind == PHOTOGRAPH else None
    return gallery(side) if there is None else there


def photograph(kind: str, index: int, side: int) -> Photograph:
    """One of a set: the middle of it is the crop that networks are measured on."""
    from stn_core.house_numbers.numbers import MARGIN

    digits, middle = picture_set(kind, side), 1 / MARGIN
    return Photograph(
        image=digits.images[index].numpy(),
        crop=(middle, 0.0, 0.0, 0.0, middle, 0.0),
        number=read_as_text(digits.labels[index].tolist()),
        name=f"{kind}/{side}/{index}",
    )


def read_as_text(classes: Sequence[int]) -> str:
    """The digits of five heads, without the places that have none.

    >>> read_as_text([4, 2, 10, 10, 10])
    '42'
    """
    from stn_core.house_numbers.numbers import NULL

    return "".join(str(c) for c in classes if c != NULL)


def is_crop(theta: Sequence[float]) -> bool:
    """Whether a crop is one that is cut: none of its entries is a NaN or beyond MAX_ENTRY.

    >>> is_crop([0.6, 0, 0, 0, 0.6, 0]), is_crop([50, 0, 0, 0, 0.6, 0])
    (True, False)
    """
    return all(abs(entry) <= MAX_ENTRY for entry in theta)


def cropped(image: np.ndarray, crop: Sequence[float], side: int) -> torch.Tensor:
    """What networks are given of a photograph: (1, 3, side, side) in [0, 1].

    Where it has more pixels than the crop, the mean of several; beyond its edge the edge goes on.
    """
    import torch
    import torch.nn.functional as F

    from stn_core.sampling import sample
    from stn_core.transforms import Affine

    times = _oversampling(crop, image.shape[1:], side)
    theta = torch.tensor([list(crop)], dtype=torch.float32)
    grid = Affine().grid(theta, (times * side, times * side))
    whole = torch.from_numpy(image)[None].float() / 255
    return F.avg_pool2d(sample(whole, grid, padding="border"), times)


def _oversampling(crop: Sequence[float], size: Sequence[int], side: int) -> int:
    """How many of a photograph's pixels a crop's has in either direction, as picture.js has it:
    MAX_OVERSAMPLING at most."""
    a, b, _, c, d, _ = crop
    height, width = size
    along = max(np.hypot(a * width, c * height), np.hypot(b * width, d * height)) / side
    return min(MAX_OVERSAMPLING, max(1, int(np.ceil(along - 1e-6))))


def problem() -> str:
    """What keeps house numbers from being shown or trained on, in a sentence; empty if nothing."""
    from stn_core.house_numbers.numbers import HouseNumbersError, needed_packages

    try:
        with needed_packages():
            import stn_core.house_numbers.source  # noqa: F401  # it needs packages of its own
    except HouseNumbersError as error:
        return f"{reason(error)}."
    return ""


def supply(side: int) -> Supply:
    """What a training on crops of so many pixels would use."""
    from stn_core.house_numbers.numbers import TRAINED

    if missing := problem():
        return Supply(problem=missing, notice="")
    from stn_core.house_numbers import source

    if missing := source.problem():
        return Supply(problem=f"{reason(missing)}.", notice="")
    drawn = f"{source.RENDERED:,} renderings, which are drawn once, in a few minutes"
    if used := [part for part in TRAINED[side] if part in source.parts()]:
        real = f"SVHN's photographs ({' and '.join(used)})"
        return Supply(problem="", notice=f"Training here uses {real} and {drawn}.")
    absent = f"SVHN's {TRAINED[side][0]} is" if source.parts() else "SVHN is"
    return Supply(
        problem="", notice=f"{absent} not on this machine, so training here uses {drawn}."
    )


def pictures_notice() -> str:
    """Which pictures are on show, in a sentence or two."""
    from stn_core.house_numbers.numbers import MEASURED
    from stn_core.house_numbers.source import folder

    where = (
        f"With SVHN in `STN_DATA`, the first {MEASURED:,} photographs of its test part are offered "
        "as well."
        if folder() is None
        else f"SVHN's photographs are the first {MEASURED:,} of its test part, on which errors are "
        "measured."
    )
    return (
        f"The 200 renderings are drawn by this project, and no network was trained on them. {where}"
    )
