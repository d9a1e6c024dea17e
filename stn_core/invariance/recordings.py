"""What was measured of a column's networks, as a file in pretrained/ and as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from stn_core import checkpoints
from stn_core.digits import Digits
from stn_core.distortions import Distortion
from stn_core.errors import InputError, UnknownName
from stn_core.experiments import EXPERIMENTS
from stn_core.experiments.distorted import DISTORTIONS
from stn_core.invariance.measuring import Point
from stn_core.invariance.poses import SEED, Axis, Pose, axes, centre
from stn_core.metrics import read, write

DIGITS = 2_000
RECORDING = "invariance.json"


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One network along one axis: the parts of its ``Reading`` at each value.

    >>> Curve(misread=(1, 20), predicted=None).errors(digits=200)  # in percent
    [0.5, 10.0]
    """

    misread: tuple[int, ...]
    predicted: tuple[tuple[float, float, float], ...] | None

    def errors(self, digits: int) -> list[float]:
        """In percent."""
        return [100 * count / digits for count in self.misread]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One network: the digest of the weights that were measured, and its curves by axis.

    >>> Measured(weights="1f3a", curves={}).weights
    '1f3a'
    """

    weights: str
    curves: dict[str, Curve]


@dataclass(frozen=True, kw_only=True)
class Recording:
    """A column's networks along every axis.

    column: ``distorted/rts``; digits: how many, which in words; centre: where all else stays;
    seconds: what the last measuring took, of the networks that were new then.

    >>> recorded = load("distorted/r")
    >>> [axis.name for axis in recorded.axes], recorded.axis("rotation").trained
    (['rotation', 'scale', 'shift', 'clutter'], (-90, 90))
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
        experiments = published(self.column)
        return [
            name
            for name, measured in self.networks.items()
            if name not in experiments
            or checkpoints.weights_digest(experiments[name]) != measured.weights
        ]


def columns() -> list[str]:
    """The columns of Table 1, as the command takes them.

    >>> columns()[:2]
    ['distorted/r', 'distorted/rts']
    """
    return [f"distorted/{short}" for short in DISTORTIONS]


def distortion_of(column: str) -> Distortion:
    """The distortion of ``distorted/rts``. Raises UnknownName that lists the columns there are.

    >>> distortion_of("distorted/rts").canvas
    42
    """
    if column not in columns():
        raise UnknownName(f"there is no column {column!r}; there are: {', '.join(columns())}")
    return DISTORTIONS[column.split("/")[1]]


def published(column: str) -> dict[str, Any]:
    """The experiments of a column whose networks are published, by their short names.

    >>> published("distorted/r")["fcn"].name
    'distorted/r/fcn'
    """
    return {
        name.removeprefix(f"{column}/"): experiment
        for name, experiment in EXPERIMENTS.items()
        if name.startswith(f"{column}/") and checkpoints.is_published(experiment)
    }


def subset(digits: Digits, count: int) -> Digits:
    """A number of digits, evenly from all of them. Raises InputError if there are fewer.

    >>> digits = Digits(torch.zeros(10, 28, 28, dtype=torch.uint8), torch.arange(10))
    >>> subset(digits, 5).labels
    tensor([0, 2, 4, 6, 8])
    """
    if not 1 <= count <= len(digits):
        raise InputError(f"--digits should be from 1 to {len(digits):,} here, got {count}")
    index = torch.arange(count) * len(digits) // count
    return digits[index]


def still_true(column: str, *, digits: int, which: str) -> dict[str, Measured]:
    """The networks of the present recording whose weights are still those, on these digits.

    Raises UnknownName for an unknown column.

    >>> still_true("distorted/r", digits=3, which="others than the recorded ones")
    {}
    """
    distortion = distortion_of(column)
    try:
        before = load(column)
    except checkpoints.CheckpointError:  # none, or a broken one
        return {}
    same = (before.digits, before.which, before.seed) == (digits, which, SEED)
    if not same or (before.centre, before.axes) != (centre(distortion), axes(distortion)):
        return {}
    outdated = before.outdated()
    return {name: one for name, one in before.networks.items() if name not in outdated}


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
    """What has been measured, put together. which: the digits, in words; kept: ``still_true``.

    >>> from stn_core.invariance.measuring import Reading
    >>> rotation = axes(distortion_of("distorted/r"))[0]
    >>> points = [Point("rotation", value, {"fcn": Reading(1, None)}) for value in rotation.values]
    >>> made = recording("distorted/r", points, digits=9, which="nine", device="CPU", seconds=1.0)
    >>> len(made.networks["fcn"].curves["rotation"].misread)
    25
    """
    distortion, experiments = distortion_of(column), published(column)
    networks = dict(kept or {})
    for name in points[0].readings:
        curves = {}
        for axis in axes(distortion):
            readings = [point.readings[name] for point in points if point.axis == axis.name]
            quantiles = (reading.predicted for reading in readings if reading.predicted)
            poses = tuple((round(a, 3), round(b, 3), round(c, 3)) for a, b, c in quantiles)
            curves[axis.name] = Curve(
                misread=tuple(reading.misread for reading in readings), predicted=poses or None
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
    """Where a column's recording is, or would be.

    >>> recording_path("distorted/r").name
    'invariance.json'
    """
    distortion_of(column)
    return checkpoints.PRETRAINED / column / RECORDING


def save(recording: Recording) -> Path:
    """Write a recording into pretrained/; gives the file.

    >>> import tempfile
    >>> from unittest.mock import patch
    >>> before, folder = load("distorted/r"), tempfile.TemporaryDirectory()
    >>> with patch("stn_core.checkpoints.PRETRAINED", Path(folder.name)):
    ...     print(save(before).name, load("distorted/r") == before)
    invariance.json True
    """
    return write(recording_path(recording.column), recording)


def load(column: str) -> Recording:
    """The recording of a column in pretrained/. Raises CheckpointError.

    >>> load("distorted/r").column
    'distorted/r'
    """
    return read(Recording, recording_path(column))


def reach(
    recording: Recording, name: str, axis: str, max_percent: float
) -> tuple[float, float] | None:
    """The range around the centre in which a network's error is at most ``max_percent``.

    Of the values that were measured; None if its error is larger at the one that is nearest to the
    centre already.

    >>> low, high = reach(load("distorted/r"), "st-cnn-aff", "rotation", max_percent=5)
    >>> -180 <= low < 0 < high <= 180
    True
    """
    varied, curve = recording.axis(axis), recording.networks[name].curves[axis]
    held = [error <= max_percent for error in curve.errors(recording.digits)]
    middle = getattr(recording.centre, varied.part)
    low = high = min(range(len(held)), key=lambda i: abs(varied.values[i] - middle))
    if not held[low]:
        return None
    while low > 0 and held[low - 1]:
        low -= 1
    while high < len(held) - 1 and held[high + 1]:
        high += 1
    return varied.values[low], varied.values[high]
