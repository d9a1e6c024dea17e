"""How far the invariance goes: errors and predicted poses far beyond the range of training.

One thing is varied at a time, rotation, scale, shift or clutter; all else stays in the middle of
what a column of Table 1 is trained with. The digits and the clutter are the same for every network
and every value. Ours: the paper measures within the range of training alone (Sect. 4.1).
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from stn_core import checkpoints
from stn_core.checkpoints import CheckpointError
from stn_core.digits import Digits
from stn_core.distortions import DIGIT_PIXELS, RTS, TC, Distortion, E, P, Patches, R
from stn_core.evaluation import FORWARD
from stn_core.experiments import EXPERIMENTS
from stn_core.experiments.distorted import DISTORTIONS
from stn_core.results import CONFIDENCE
from stn_core.transforms import Transform, similarity_theta

SEED = 2015  # of the clutter
DIGITS = 2_000
RECORDING = "invariance.json"
INK_PIXELS = 20  # MNIST: "normalized to fit in a 20x20 pixel box"
MOST_PATCHES = 16  # as many as co-localisation's TC has on twice the area
QUANTILES = (0.1, 0.5, 0.9)  # of the predicted poses
NEAR = 0.1  # half the way, along V's axes, that a transformation's slope is taken over
COLUMNS_SHOWN = 9  # of a printed table


@dataclass(frozen=True, kw_only=True)
class Pose:
    """Where a digit's own 28×28 frame stands in the canvas, and among how many patches."""

    angle_degrees: float = 0
    scale: float = 1
    shift_pixels: float = 0  # along x
    patches: int = 0


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One thing that is varied. part: of the Pose; trained: its range in training, ends included.

    Where training does not vary it, the range is a single value.
    """

    name: str
    part: str
    values: tuple[float, ...]
    trained: tuple[float, float]


def axes(distortion: Distortion) -> tuple[Axis, ...]:
    """Rotation, scale, shift and clutter, and how far training goes on each of them."""
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
            values=tuple(range(0, MOST_PATCHES + 1, 2)),
            trained=patches,
        ),
    )


def centre(distortion: Distortion) -> Pose:
    """The middle of the training range: what is not varied stays there."""
    middle = {axis.part: sum(axis.trained) / 2 for axis in axes(distortion)}
    return Pose(**{**middle, "patches": int(middle["patches"])})


def at(distortion: Distortion, axis: Axis, value: float) -> Pose:
    """The centre, with one thing at another value."""
    return dataclasses.replace(centre(distortion), **{axis.part: value})


def draw_clutter(
    distortion: Distortion, images: Tensor, seed: int = SEED, others: Tensor | None = None
) -> Patches:
    """The most clutter there is, for uint8 digits (B, 28, 28); a Pose takes the first patches.

    others: the digits that it is cut from, uint8 (M, 28, 28); without them, those of the batch.
    """
    clutter = TC(canvas=distortion.canvas, patches=MOST_PATCHES)
    return clutter.draw_patches(images, torch.Generator().manual_seed(seed), others)


def posed(distortion: Distortion, images: Tensor, pose: Pose, clutter: Patches) -> Tensor:
    """uint8 digits (B, 28, 28), each in the same pose -> (B, 1, canvas, canvas) in [0, 1]."""
    half = distortion.canvas / 2
    frame = (
        math.radians(pose.angle_degrees),
        pose.scale * DIGIT_PIXELS / distortion.canvas,
        pose.shift_pixels / half,
        0.0,
    )
    theta = similarity_theta(*(torch.full((len(images),), part) for part in frame))
    laid = distortion.lay(images, theta)
    clutter.first(pose.patches).lay_on(laid.view(len(laid), -1))
    return laid


def predicted(transform: Transform, theta: Tensor, canvas: int) -> dict[str, Tensor]:
    """What θ (B, P) says of the pose, if V is the digit's own frame: by axis, each (B,).

    Of any family: what T_θ does at the middle of V, in degrees, as a scale, in pixels along x. For
    clutter, how far from the middle of the canvas, in pixels, V's middle is read: the digit stands
    there while clutter is varied.
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
    """The 10 %, 50 % and 90 % quantiles of what was predicted (B,) along an axis.

    Angles are taken about their mean direction, and told on the turn that is nearest to the truth
    where they follow it within 90°, else between −180° and 180°.
    """
    levels = torch.tensor(QUANTILES)
    if axis != "rotation":
        return tuple(values.quantile(levels).tolist())
    radians = torch.deg2rad(values)
    mean = math.degrees(math.atan2(radians.sin().sum(), radians.cos().sum()))
    found = (mean + _turned(values - mean)).quantile(levels)
    middle = found[1].item()
    near = truth + _turned(torch.tensor(middle - truth)).item()
    told = near if abs(near - truth) < 90 else _turned(torch.tensor(middle)).item()
    return tuple((found + told - middle).tolist())


def _turned(degrees: Tensor) -> Tensor:
    """The same angle in [−180, 180)."""
    return (degrees + 180) % 360 - 180


class Reading(NamedTuple):
    """One network at one value: how many digits it misreads, and the quantiles of what its θ says
    of the pose along the axis, None without a transformer."""

    misread: int
    predicted: tuple[float, float, float] | None


class Point(NamedTuple):
    """All networks at one value of an axis, by their short names."""

    axis: str
    value: float
    readings: dict[str, Reading]


@torch.no_grad()
def measure(
    distortion: Distortion, networks: dict[str, nn.Module], digits: Digits
) -> Iterator[Point]:
    """Every value of every axis, one after the other. Networks and digits are on the CPU."""
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
    network: nn.Module, images: Tensor, labels: Tensor, axis: str, value: float
) -> Reading:
    said, values = [], []
    for batch in images.split(FORWARD):
        trace = network.trace(batch)
        said.append(trace.logits.argmax(1))
        for warp in trace.warps[:1]:
            found = predicted(network.transformer.transform, warp.theta, images.shape[-1])
            values.append(found[axis])
    misread = int((torch.cat(said) != labels).sum())
    return Reading(misread, quantiles(axis, torch.cat(values), value) if values else None)


def wilson(misread: int, digits: int) -> tuple[float, float]:
    """The 95 % confidence interval of an error, in percent (Wilson 1927)."""
    share, square = misread / digits, CONFIDENCE**2 / digits
    middle = (share + square / 2) / (1 + square)
    reach = math.sqrt(square * (share * (1 - share) + square / 4)) / (1 + square)
    return 100 * max(0.0, middle - reach), 100 * min(1.0, middle + reach)


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One network along one axis: see Reading."""

    misread: tuple[int, ...]
    predicted: tuple[tuple[float, float, float], ...] | None

    def errors(self, digits: int) -> list[float]:
        """In percent."""
        return [100 * count / digits for count in self.misread]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One network: the digest of the weights that were measured, and its curves by axis."""

    weights: str
    curves: dict[str, Curve]


@dataclass(frozen=True, kw_only=True)
class Recording:
    """A column's networks along every axis.

    column: ``distorted/rts``; digits: how many, which in words; centre: where all else stays;
    seconds: what the last measuring took, of the networks that were new then.
    """

    column: str
    digits: int
    which: str
    seed: int
    device: str
    torch: str
    seconds: float
    centre: Pose
    axes: tuple[Axis, ...]
    networks: dict[str, Measured]

    def axis(self, name: str) -> Axis:
        return next(axis for axis in self.axes if axis.name == name)

    def outdated(self) -> list[str]:
        """The networks whose published weights are not those that were measured."""
        found = published(self.column)
        return [
            name
            for name, measured in self.networks.items()
            if name not in found or checkpoints.weights_digest(found[name]) != measured.weights
        ]


def reach(
    found: Recording, name: str, axis: str, most_percent: float
) -> tuple[float, float] | None:
    """From where to where, around the centre, a network misreads no more than this.

    Of the values that were measured; None if it misreads more at the one that is nearest to the
    centre already.
    """
    varied, curve = found.axis(axis), found.networks[name].curves[axis]
    held = [error <= most_percent for error in curve.errors(found.digits)]
    middle = getattr(found.centre, varied.part)
    low = high = min(range(len(held)), key=lambda i: abs(varied.values[i] - middle))
    if not held[low]:
        return None
    while low > 0 and held[low - 1]:
        low -= 1
    while high < len(held) - 1 and held[high + 1]:
        high += 1
    return varied.values[low], varied.values[high]


def columns() -> list[str]:
    """The columns of Table 1, as the command takes them."""
    return [f"distorted/{short}" for short in DISTORTIONS]


def distortion_of(column: str) -> Distortion:
    """The distortion of ``distorted/rts``. Raises ValueError that lists the columns there are."""
    if column not in columns():
        raise ValueError(f"there is no column {column!r}; there are: {', '.join(columns())}")
    return DISTORTIONS[column.split("/")[1]]


def published(column: str) -> dict[str, Any]:
    """The experiments of a column whose networks are published, by their short names."""
    return {
        name.removeprefix(f"{column}/"): experiment
        for name, experiment in EXPERIMENTS.items()
        if name.startswith(f"{column}/") and checkpoints.is_published(experiment)
    }


def every(digits: Digits, count: int) -> Digits:
    """So many digits, evenly from all of them. Raises ValueError if there are fewer."""
    if not 1 <= count <= len(digits):
        raise ValueError(f"--digits is from 1 to {len(digits):,} here, got {count}")
    index = torch.arange(count) * len(digits) // count
    return Digits(digits.images[index], digits.labels[index])


def still_true(column: str, *, digits: int, which: str) -> dict[str, Measured]:
    """What the recording that is there says of weights that are still those, on these digits."""
    distortion = distortion_of(column)
    try:
        found = load(column)
    except checkpoints.CheckpointError:  # none, or a broken one
        return {}
    same = (found.digits, found.which, found.seed) == (digits, which, SEED)
    if not same or (found.centre, found.axes) != (centre(distortion), axes(distortion)):
        return {}
    outdated = found.outdated()
    return {name: one for name, one in found.networks.items() if name not in outdated}


def recording(
    column: str,
    points: Sequence[Point],
    *,
    digits: int,
    which: str,
    device: str,
    seconds: float,
    kept: Mapping[str, Measured] | None = None,
) -> Recording:
    """What has been measured, put together. which: the digits, in words; kept: ``still_true``."""
    distortion, experiments = distortion_of(column), published(column)
    networks = dict(kept or {})
    for name in points[0].readings:
        curves = {}
        for axis in axes(distortion):
            found = [point.readings[name] for point in points if point.axis == axis.name]
            poses = tuple(
                tuple(round(value, 3) for value in reading.predicted)
                for reading in found
                if reading.predicted
            )
            curves[axis.name] = Curve(
                misread=tuple(reading.misread for reading in found), predicted=poses or None
            )
        networks[name] = Measured(
            weights=checkpoints.weights_digest(experiments[name]), curves=curves
        )
    networks = {name: networks[name] for name in experiments if name in networks}
    return Recording(
        column=column,
        digits=digits,
        which=which,
        seed=SEED,
        device=device,
        torch=torch.__version__,
        seconds=round(seconds, 1),
        centre=centre(distortion),
        axes=axes(distortion),
        networks=networks,
    )


def recording_path(column: str) -> Path:
    """Where a column's recording is, or would be."""
    distortion_of(column)
    return checkpoints.PRETRAINED / column / RECORDING


def save(found: Recording) -> Path:
    """Write a recording into pretrained/; gives the file."""
    path = recording_path(found.column)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(dataclasses.asdict(found), separators=(",", ":")) + "\n"
    checkpoints.write_atomically(path, text.encode())
    return path


def load(column: str) -> Recording:
    """The recording of a column in pretrained/. Raises CheckpointError."""
    path = recording_path(column)
    try:
        values = json.loads(path.read_text())
        return Recording(
            **{
                **values,
                "centre": Pose(**values["centre"]),
                "axes": tuple(Axis(**_tuples(axis)) for axis in values["axes"]),
                "networks": {
                    name: Measured(
                        weights=measured["weights"],
                        curves={n: Curve(**_tuples(c)) for n, c in measured["curves"].items()},
                    )
                    for name, measured in values["networks"].items()
                },
            }
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error


def _tuples(value: Any) -> Any:
    """JSON's lists as tuples, also within a dict."""
    if isinstance(value, dict):
        return {name: _tuples(part) for name, part in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def lines(found: Recording) -> list[str]:
    """A recording as text: errors at some values of every axis."""
    told = [
        f"{found.column}: error in percent on {found.which},",
        f"one thing varied at a time; 95 % confidence within {_reach(found.digits):.1f} points.",
    ]
    name = 2 + max(map(len, found.networks))
    for axis in found.axes:
        count = len(axis.values)
        step = max(1, math.ceil((count - 1) / (COLUMNS_SHOWN - 1)))
        shown = range((count - 1) % step // 2, count, step)
        low, high = axis.trained
        trained = f"{low:g} to {high:g}" if low < high else f"{low:g} alone"
        told += ["", f"{axis.name} ({axis.part}), trained with {trained}"]
        told.append(" " * name + "".join(f"{axis.values[i]:>7g}" for i in shown))
        for short, measured in found.networks.items():
            errors = measured.curves[axis.name].errors(found.digits)
            told.append(f"{short:{name}}" + "".join(f"{errors[i]:>7.1f}" for i in shown))
    return told


def _reach(digits: int) -> float:
    """The longest half of an interval that so many digits leave, in percent."""
    low, high = wilson(digits // 2, digits)
    return (high - low) / 2
