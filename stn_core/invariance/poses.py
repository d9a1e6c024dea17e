"""The poses that networks are measured at: one thing varied at a time, far beyond training."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from stn_core.distortions import DIGIT_PIXELS, RTS, TC, Distortion, E, P, Patches, R
from stn_core.transforms import similarity_theta

SEED = 2015  # of the clutter
INK_PIXELS = 20  # MNIST: "normalized to fit in a 20x20 pixel box"
MAX_PATCHES = 16  # as many as co-localisation's TC has on twice the area


@dataclass(frozen=True, kw_only=True)
class Pose:
    """The pose of a digit's own 28×28 frame in the canvas, and the number of patches around it.

    scale: 1 for 28 pixels; shift_pixels: from the middle, along x.

    >>> Pose(angle_degrees=30).scale
    1
    """

    angle_degrees: float = 0
    scale: float = 1
    shift_pixels: float = 0  # along x
    patches: int = 0


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One thing that is varied. part: of the Pose; trained: its range in training, ends included.

    Where training does not vary it, the range is a single value.

    >>> Axis(name="scale", part="scale", values=(0.5, 1.0, 2.0), trained=(0.7, 1.2)).trained
    (0.7, 1.2)
    """

    name: str
    part: str
    values: tuple[float, ...]
    trained: tuple[float, float]


def axes(distortion: Distortion) -> tuple[Axis, ...]:
    """Rotation, scale, shift and clutter, and how far training goes on each of them.

    >>> [(axis.name, axis.trained) for axis in axes(R())][:2]
    [('rotation', (-90, 90)), ('scale', (1.0, 1.0))]
    """
    rotation = shift = (0.0, 0.0)
    scale, patches = (1.0, 1.0), (0.0, 0.0)
    match distortion:
        case R(max_angle_degrees=most):
            rotation = (-most, most)
        case RTS(max_angle_degrees=most):
            rotation, scale = (-most, most), (distortion.min_scale, distortion.max_scale)
            room = (distortion.canvas - INK_PIXELS * sum(scale) / 2) / 2
            shift = (-room, room)  # of a digit as wide as MNIST has them, upright
        case P() | E():
            scale = (distortion.min_scale, distortion.max_scale)
        case TC(patches=count):
            room = (distortion.canvas - DIGIT_PIXELS) / 2
            shift, patches = (-room, room), (count, count)
    gone = (distortion.canvas + INK_PIXELS) / 2  # where the ink has left the canvas
    step = round(gone / 10)
    reach = int(gone / step) * step
    return (
        Axis(
            name="rotation",
            part="angle_degrees",
            values=tuple(range(-180, 181, 15)),
            trained=rotation,
        ),
        Axis(
            name="scale",
            part="scale",
            values=tuple(tenths / 10 for tenths in range(3, 21)),
            trained=scale,
        ),
        Axis(
            name="shift",
            part="shift_pixels",
            values=tuple(range(-reach, reach + 1, step)),
            trained=shift,
        ),
        Axis(
            name="clutter",
            part="patches",
            values=tuple(range(0, MAX_PATCHES + 1, 2)),
            trained=patches,
        ),
    )


def centre(distortion: Distortion) -> Pose:
    """The middle of the training range: what is not varied stays there.

    >>> centre(TC()).patches, centre(TC()).angle_degrees
    (6, 0.0)
    """
    middle: dict[str, Any] = {axis.part: sum(axis.trained) / 2 for axis in axes(distortion)}
    return Pose(**{**middle, "patches": int(middle["patches"])})


def at(distortion: Distortion, axis: Axis, value: float) -> Pose:
    """The centre, with one thing at another value.

    >>> at(R(), axes(R())[0], 150)
    Pose(angle_degrees=150, scale=1.0, shift_pixels=0.0, patches=0)
    """
    changed: dict[str, Any] = {axis.part: value}
    return dataclasses.replace(centre(distortion), **changed)


def draw_clutter(
    distortion: Distortion, images: Tensor, seed: int = SEED, others: Tensor | None = None
) -> Patches:
    """The most clutter there is, for uint8 digits (B, 28, 28); a Pose takes the first patches.

    others: the digits that it is cut from, uint8 (M, 28, 28); without them, those of the batch.

    >>> draw_clutter(R(), torch.zeros(5, 28, 28, dtype=torch.uint8)).pixels.shape
    torch.Size([5, 16, 6, 6])
    """
    clutter = TC(canvas=distortion.canvas, patches=MAX_PATCHES)
    return clutter.draw_patches(images, torch.Generator().manual_seed(seed), others)


def posed(distortion: Distortion, images: Tensor, pose: Pose, clutter: Patches) -> Tensor:
    """uint8 digits (B, 28, 28), each in the same pose -> (B, 1, canvas, canvas) in [0, 1].

    >>> digits = torch.zeros(5, 28, 28, dtype=torch.uint8)
    >>> clutter = draw_clutter(RTS(), digits)
    >>> posed(RTS(), digits, Pose(angle_degrees=30), clutter).shape
    torch.Size([5, 1, 42, 42])
    """
    half = distortion.canvas / 2
    frame = (
        math.radians(pose.angle_degrees),
        pose.scale * DIGIT_PIXELS / distortion.canvas,
        pose.shift_pixels / half,
        0.0,
    )
    theta = similarity_theta(*(torch.full((len(images),), part) for part in frame))
    drawn = distortion.draw(images, theta)
    clutter.first(pose.patches).draw_on(drawn.view(len(drawn), -1))
    return drawn
