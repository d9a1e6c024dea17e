"""Photographs of house numbers: rendered ones, SVHN's, and the crops that networks are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from app.data.gallery import Supply

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from stn_core.digits import Digits

RENDERING, PHOTOGRAPH = "rendering", "photograph"  # the sets, as the address calls them
WHOLE_SIDE = 256  # pixels of a visitor's picture, at most


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
    """The 200 renderings that no network is trained on, for crops of so many pixels."""
    from stn_core.house_numbers.source import gallery as drawn

    return drawn(side)


@st.cache_resource(show_spinner="Reading SVHN's photographs …")
def photographs(side: int) -> Digits | None:
    """SVHN's that no network is trained on; None without them. Raises HouseNumbersError."""
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
    """How many of a photograph's pixels a crop's has in either direction, as picture.js has it."""
    a, b, _, c, d, _ = crop
    height, width = size
    along = max(np.hypot(a * width, c * height), np.hypot(b * width, d * height)) / side
    return max(1, int(np.ceil(along - 1e-6)))


def supply() -> Supply:
    """What a training here would use."""
    from stn_core.house_numbers.source import RENDERED, folder

    drawn = f"{RENDERED:,} renderings, which are drawn once, in a few minutes"
    if folder() is None:
        return Supply(
            problem="",
            notice=f"SVHN is not on this machine, so training here uses {drawn}.",
        )
    return Supply(problem="", notice=f"Training here uses SVHN's photographs and {drawn}.")


def pictures_notice() -> str:
    """Which pictures are on show, in a sentence or two."""
    from stn_core.house_numbers.source import folder

    where = (
        "With SVHN in `STN_DATA`, its 1,000 test photographs are offered as well."
        if folder() is None
        else "SVHN's test photographs are those that errors are measured on."
    )
    return (
        f"The 200 renderings are drawn by this project, and no network was trained on them. {where}"
    )
