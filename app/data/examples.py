"""Distorted gallery digits, and what a hand moves of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from app.data.gallery import Drawn, gallery, one_digit
from app.stage.large import MAX_NUMBER

if TYPE_CHECKING:
    import torch

    from stn_core.experiment import Examples


@st.cache_data(max_entries=1024, show_spinner=False)
def example(experiment_name: str, digit: int, seed: int, drawn: Drawn | None = None) -> Examples:
    """One gallery digit under an experiment's distortion: Examples with a batch of one.

    drawn: what stands in its stead, distorted in the same way.
    """
    from stn_core import evaluation
    from stn_core.experiments import find

    generator = evaluation.example_generator(digit, seed)
    return find(experiment_name).data.examples(one_digit(digit, drawn), generator, gallery())


@dataclass(frozen=True, kw_only=True)
class Movable:
    """What a hand moves of an example. image: uint8 (H, W); pose: the affine θ (6,) that lays it
    into U; whole: whether that is U as a whole, and not the digit alone."""

    image: np.ndarray
    pose: np.ndarray
    size: tuple[int, int]
    whole: bool


@st.cache_data(max_entries=512, show_spinner=False)
def movable(experiment_name: str, digit: int, seed: int, drawn: Drawn | None = None) -> Movable:
    """The digit itself where one affine map has drawn it (R, RTS); else its whole picture."""
    import torch

    from stn_core.transforms import Affine

    shown = example(experiment_name, digit, seed, drawn)
    size = tuple(shown.images.shape[2:])
    if shown.theta is not None and shown.theta.shape[1] == Affine().num_params:
        alone = Movable(
            image=one_digit(digit, drawn).images[0].numpy(),
            pose=shown.theta[0].numpy(),
            size=size,
            whole=False,
        )
        if torch.allclose(render(alone, alone.pose), shown.images, atol=1e-4):
            return alone
    whole = (shown.images[0, 0].numpy() * 255).round().astype(np.uint8)
    return Movable(image=whole, pose=Affine().identity().numpy(), size=size, whole=True)


def render(moved: Movable, pose: Sequence[float]) -> torch.Tensor:
    """U, (1, 1, H, W), with what is moved drawn into it at this pose (6,); black for one in which
    it has no extent."""
    import torch

    from stn_core.sampling import sample
    from stn_core.transforms import Affine, invert_affine

    theta = invert_affine(torch.as_tensor(pose, dtype=torch.float32)[None])
    if not (theta.abs() <= MAX_NUMBER).all():  # infinite, NaN, or of a digit too small to be seen
        return torch.zeros(1, 1, *moved.size)
    picture = torch.from_numpy(moved.image)[None, None].float() / 255
    return sample(picture, Affine().grid(theta, moved.size))
