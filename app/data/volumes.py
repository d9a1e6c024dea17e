"""Gallery digits, extruded and posed in a volume (App. A.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from app.data.gallery import Drawn, gallery, one_digit

if TYPE_CHECKING:
    import torch

    from stn_core.experiment import Examples

VOLUMES = "volumes/extruded/cnn"  # whose data all of the volumes' experiments share


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A gallery digit in a volume. image: uint8 (28, 28); turn: (3, 3); shift: (3,), normalised."""

    image: np.ndarray
    label: int
    turn: np.ndarray
    shift: np.ndarray
    angle_degrees: np.ndarray


@st.cache_data(max_entries=1024, show_spinner=False)
def placed(digit: int, seed: int, drawn: Drawn | None = None) -> Placed:
    """The pose that ``evaluation.example`` draws for a digit and a seed; the volume is made anew
    each time, since one takes a megabyte."""
    from stn_core import evaluation
    from stn_core.experiments import find

    chosen = one_digit(digit, drawn)
    generator = evaluation.example_generator(digit, seed)
    shown = find(VOLUMES).data.examples(chosen, generator, gallery())
    return _placed(chosen.images[0], shown, 0)


@st.cache_data(max_entries=10, show_spinner=False)
def placed_probe(probe: int) -> Placed:
    """The probe of a class, in the pose in which every recorded training has it."""
    from stn_core.experiments import find
    from stn_core.training.probes import probe_digits, probe_examples

    shown = probe_examples(find(VOLUMES), gallery())
    return _placed(probe_digits(gallery()).images[probe], shown, probe)


def _placed(image: torch.Tensor, shown: Examples, index: int) -> Placed:
    from stn_core.transforms import euler_rotation

    degrees = shown.pose["angle_degrees"][index : index + 1]
    return Placed(
        image=image.numpy(),
        label=int(shown.labels[index]),
        turn=euler_rotation(degrees.deg2rad())[0].numpy(),
        shift=shown.pose["shift"][index].numpy(),
        angle_degrees=degrees[0].numpy(),
    )


def extruded(image: np.ndarray, turn: np.ndarray, shift: np.ndarray) -> torch.Tensor:
    """The volume (1, 1, 60, 60, 60) of a digit (28, 28) in a pose, the shift normalised."""
    import torch

    from stn_core.experiments.volumes import SIDE
    from stn_core.experiments.volumes import extruded as drawn

    rotation, place = (torch.as_tensor(v, dtype=torch.float32)[None] for v in (turn, shift))
    return drawn(torch.from_numpy(image)[None], rotation, place * SIDE / 2)
