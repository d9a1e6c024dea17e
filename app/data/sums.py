"""Pairs of digits to add, and how much of their pose each transformer leaves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from app.data.examples import Movable, render
from app.data.gallery import Drawn, gallery, one_digit
from app.data.networks import LoadedNetwork, run_network

if TYPE_CHECKING:
    import torch

    from stn_core.experiment import Examples


SUMS = "addition/rts/2st-fcn-aff"  # whose data all of addition's experiments share


def movables(
    shown: Examples, digits: Sequence[int], drawn: Sequence[Drawn | None]
) -> list[Movable]:
    """The digits of an example of addition, one for each channel."""
    return [
        Movable(
            image=one_digit(digit, own).images[0].numpy(),
            pose=pose.numpy(),
            size=tuple(shown.images.shape[2:]),
            whole=False,
        )
        for digit, own, pose in zip(digits, drawn, shown.theta[0], strict=True)
    ]


def render_channels(moved: Sequence[Movable], poses: Sequence[Sequence[float]]) -> torch.Tensor:
    """U, (1, C, H, W), with each digit drawn into its own channel at its pose (6,)."""
    import torch

    return torch.cat([render(m, pose) for m, pose in zip(moved, poses, strict=True)], 1)


@st.cache_data(max_entries=1024, show_spinner=False)
def pair_of_digits(
    first: int, second: int, seed: int, drawn: tuple[Drawn | None, Drawn | None] = (None, None)
) -> Examples:
    """Two gallery digits, each in its channel: Examples with a batch of one.

    With the partner that ``evaluation.example`` draws for this seed, it is that example. drawn:
    what stands in a gallery digit's stead.
    """
    from stn_core import evaluation
    from stn_core.experiments import find

    data, generator = find(SUMS).data, evaluation.example_generator(first, seed)
    data.partners(one_digit(first), generator, gallery())  # drawn there, chosen here
    digits = (one_digit(d, own) for d, own in zip((first, second), drawn, strict=True))
    return data.pairs(*digits, generator)


@st.cache_data(max_entries=1024, show_spinner=False)
def partner(first: int, seed: int) -> int:
    """The gallery digit that an example of addition has in its second channel."""
    from stn_core import evaluation
    from stn_core.experiments import find

    generator = evaluation.example_generator(first, seed)
    return int(find(SUMS).data.partners(one_digit(first), generator, gallery()))


@st.cache_data(max_entries=32, show_spinner="Measuring which transformer follows which digit …")
def pose_left(_loaded: LoadedNetwork, key: str) -> tuple[np.ndarray, np.ndarray]:
    """What is left of the digits' pose: in each transformer's V (N, C), and in U itself (C,)."""
    from stn_core import evaluation
    from stn_core.training.probes import posed_probes

    posed = posed_probes(_loaded.experiment, gallery())
    warps = run_network(_loaded, posed.flatten(0, 1)).warps
    outputs = (warp.output.unflatten(0, posed.shape[:2]) for warp in warps)
    left = np.stack([evaluation.pose_left(output) for output in outputs])
    return left, evaluation.pose_left(posed)
