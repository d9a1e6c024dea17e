"""Every network at every value of every axis: what it misreads, and the pose that its θ says."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple, cast

import torch
from torch import Tensor

from stn_core.digits import Digits
from stn_core.distortions import DIGIT_PIXELS, Distortion
from stn_core.evaluation import FORWARD
from stn_core.invariance.poses import at, axes, draw_clutter, posed
from stn_core.networks import ClassificationNetwork
from stn_core.spatial_transformer import SpatialTransformer
from stn_core.transforms import Transform

QUANTILES = (0.1, 0.5, 0.9)  # of the predicted poses
NEAR = 0.1  # half the way, along V's axes, that a transformation's slope is taken over


def predicted(transform: Transform, theta: Tensor, canvas: int) -> dict[str, Tensor]:
    """The pose that θ (B, P) implies, if V is the digit's own frame: by axis, each (B,).

    For any family: T_θ at the middle of V, in degrees, as a scale, in pixels along x. For
    clutter, how far from the middle of the canvas, in pixels, V's middle is read: the digit stays
    in the middle while clutter is varied.

    >>> from stn_core.transforms import Affine
    >>> pose = predicted(Affine(), Affine().identity()[None], canvas=56)
    >>> pose["rotation"], pose["scale"]  # V, a digit's 28 pixels, is as large as U
    (tensor([0.]), tensor([2.]))
    """
    steps = torch.tensor([[0.0, -NEAR, NEAR, 0, 0], [0.0, 0, 0, -NEAR, NEAR]])
    middle, west, east, north, south = transform.at(theta, steps).unbind(1)  # (B, 2) each
    along_x, along_y = (east - west) / (2 * NEAR), (south - north) / (2 * NEAR)
    area = along_x[:, 0] * along_y[:, 1] - along_x[:, 1] * along_y[:, 0]
    pixels = middle * canvas / 2
    return {
        "rotation": torch.rad2deg(torch.atan2(along_x[:, 1], along_x[:, 0])),
        "scale": area.abs().sqrt() * canvas / DIGIT_PIXELS,
        "shift": pixels[:, 0],
        "clutter": pixels.norm(dim=1),
    }


def quantiles(axis: str, values: Tensor, truth: float) -> tuple[float, float, float]:
    """The 10 %, 50 % and 90 % quantiles of the predicted poses (B,) along an axis.

    Angles, in degrees, are taken about their mean direction. They are given on the turn that is
    nearest to the truth where they follow it within 90°, else between −180° and 180°.

    >>> [round(q) for q in quantiles("rotation", torch.tensor([170.0, 180, -170]), truth=180)]
    [172, 180, 188]
    """
    levels = torch.tensor(QUANTILES)
    if axis != "rotation":
        return tuple(values.quantile(levels).tolist())
    radians = torch.deg2rad(values)
    mean = math.degrees(math.atan2(radians.sin().sum(), radians.cos().sum()))
    about_mean = (mean + _wrapped(values - mean)).quantile(levels)
    median = about_mean[1].item()
    near = truth + _wrapped(torch.tensor(median - truth)).item()
    given = near if abs(near - truth) < 90 else _wrapped(torch.tensor(median)).item()
    return tuple((about_mean + given - median).tolist())


def _wrapped(degrees: Tensor) -> Tensor:
    """The same angle in [−180, 180)."""
    return (degrees + 180) % 360 - 180


class Reading(NamedTuple):
    """One network at one value: how many digits it misreads, and the poses that it predicts.

    predicted: the ``quantiles`` along the axis, None without a transformer.

    >>> Reading(misread=12, predicted=(-3.0, 0.0, 3.0)).predicted[1]
    0.0
    """

    misread: int
    predicted: tuple[float, float, float] | None


class Point(NamedTuple):
    """All networks at one value of an axis, by their short names.

    >>> Point("rotation", 15, {"fcn": Reading(12, None)}).readings["fcn"].misread
    12
    """

    axis: str
    value: float
    readings: dict[str, Reading]


@torch.no_grad()
def measure(
    distortion: Distortion, networks: Mapping[str, ClassificationNetwork], digits: Digits
) -> Iterator[Point]:
    """Every value of every axis, one after the other. Networks and digits are on the CPU.

    >>> from stn_core import find, load_digits
    >>> gallery = load_digits().gallery
    >>> few = gallery[:4]
    >>> fcn = find("distorted/r/fcn")
    >>> point = next(measure(fcn.data.distortion, {"fcn": fcn.build(seed=0)}, few))
    >>> point.axis, point.value, point.readings["fcn"].misread <= 4
    ('rotation', -180, True)
    """
    clutter = draw_clutter(distortion, digits.images)
    for axis in axes(distortion):
        for value in axis.values:
            images = posed(distortion, digits.images, at(distortion, axis, value), clutter)
            yield Point(
                axis.name,
                value,
                {
                    name: _reading(network, images, digits.labels, axis.name, value)
                    for name, network in networks.items()
                },
            )


def _reading(
    network: ClassificationNetwork, images: Tensor, labels: Tensor, axis: str, value: float
) -> Reading:
    predictions, values = [], []
    for batch in images.split(FORWARD):
        trace = network.trace(batch)
        predictions.append(trace.logits.argmax(1))
        for warp in trace.warps[:1]:
            transform = cast(SpatialTransformer, network.transformer).transform
            pose = predicted(transform, warp.theta, images.shape[-1])
            values.append(pose[axis])
    misread = int((torch.cat(predictions) != labels).sum())
    return Reading(misread, quantiles(axis, torch.cat(values), value) if values else None)
