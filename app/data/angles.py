"""What networks predict for digits that are turned, each through all angles or many by chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from app.data.examples import example, movable, render
from app.data.gallery import Drawn
from app.data.networks import LoadedNetwork, run_network

TURN_DEGREES = tuple(range(-90, 91, 3))


@dataclass(frozen=True, kw_only=True)
class Turned:
    """What a network makes of an example that is turned through TURN_DEGREES.

    poses: (T, 6); theta: (T, P), or None without a transformer; share: (T,) of the true class.
    """

    poses: np.ndarray
    theta: np.ndarray | None
    share: np.ndarray


@st.cache_data(max_entries=64, show_spinner=False)
def turned(
    _loaded: LoadedNetwork,
    key: str,
    experiment_name: str,
    digit: int,
    seed: int,
    drawn: Drawn | None = None,
) -> Turned:
    """The example's input turned about its own middle, all else as it was drawn."""
    import torch

    from stn_core.transforms import decompose_affine, similarity_theta

    moved = movable(experiment_name, digit, seed, drawn)
    start = torch.from_numpy(moved.pose)[None]
    scale = decompose_affine(start)["scale_x"]
    radians = torch.tensor(TURN_DEGREES) * torch.pi / 180
    poses = similarity_theta(
        radians,
        *(v.expand(len(radians)) for v in (scale, start[:, 2], start[:, 5])),
    )
    trace = run_network(_loaded, torch.cat([render(moved, pose) for pose in poses.tolist()]))
    label = int(example(experiment_name, digit, seed, drawn).labels[0])
    return Turned(
        poses=poses.numpy(),
        theta=trace.warps[0].theta.numpy() if trace.warps else None,
        share=trace.logits.softmax(1)[:, label].numpy(),
    )


@dataclass(frozen=True, kw_only=True)
class PredictedAngles:
    """True and predicted angles of some gallery digits, in degrees, and whether they were read
    right: (N,) each."""

    digits: np.ndarray
    true: np.ndarray
    predicted: np.ndarray
    right: np.ndarray


@st.cache_data(max_entries=64, show_spinner="Turning 200 digits …")
def predicted_angles(
    _loaded: LoadedNetwork, key: str, experiment_name: str, seed: int
) -> PredictedAngles:
    """Of 20 digits of each class. The predicted angle is T_θ's at the middle of V."""
    import torch

    digits = np.array([d for d in range(1000) if d % 100 < 20])
    shown = [example(experiment_name, int(d), seed) for d in digits]
    trace = run_network(_loaded, torch.cat([e.images for e in shown]))
    warp = trace.warps[0]
    ends = torch.tensor([[-0.1, 0.1], [0, 0]])  # of a short way along V's x axis
    west, east = _loaded.network.transformer.transform.at(warp.theta, ends).unbind(1)
    across = east - west
    labels = torch.cat([e.labels for e in shown])
    return PredictedAngles(
        digits=digits,
        true=torch.cat([e.pose["angle_degrees"] for e in shown]).numpy(),
        predicted=(torch.atan2(across[:, 1], across[:, 0]) * 180 / torch.pi).numpy(),
        right=(trace.logits.argmax(1) == labels).numpy(),
    )
