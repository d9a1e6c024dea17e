"""Recorded curves of invariance, and digits in the poses they were measured at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.data.gallery import gallery

if TYPE_CHECKING:
    import torch

    from stn_core.invariance import Recording


def recorded_invariance(column: str) -> tuple[Recording, list[str]] | None:
    """The recorded curves of ``distorted/rts``, and the networks whose weights are others by now.

    None if there are none. Raises CheckpointError.
    """
    from stn_core import invariance as measured

    path = measured.recording_path(column)
    return _invariance(column, path.stat().st_mtime) if path.is_file() else None


@st.cache_data(max_entries=10, show_spinner=False)
def _invariance(column: str, modified: float) -> tuple[Recording, list[str]]:
    from stn_core import invariance as measured

    recording = measured.load(column)
    return recording, recording.outdated()


@st.cache_data(max_entries=256, show_spinner=False)
def posed(column: str, axis: str, value: float, digits: tuple[int, ...]) -> torch.Tensor:
    """Gallery digits (N, 1, H, W) in the pose that is measured at this value of an axis."""
    from stn_core import invariance as measured

    distortion, images, chosen = measured.distortion_of(column), gallery().images, list(digits)
    clutter = measured.draw_clutter(distortion, images[chosen], others=images)
    [varied] = [a for a in measured.axes(distortion) if a.name == axis]
    pose = measured.at(distortion, varied, value)
    return measured.posed(distortion, images[chosen], pose, clutter)
