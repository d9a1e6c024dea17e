"""What is in a recorder's folder: while it grows, and afterwards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from stn_core.recorder.basis import transform_of
from stn_core.recorder.probes import BASIS, PROBES, RECORDER, SNAPSHOTS
from stn_core.runs.folder import Run
from stn_core.runs.records import READ_ERRORS, RunError, Step, read_arrays
from stn_core.transforms import Transform


class Seen(NamedTuple):
    """A transformer over a training of T snapshots.

    transform: one family for all of them; size: V's, as it is drawn; theta: (T, probes, P); images:
    its U, uint8 (1, probes, C, H, W), or (T, probes, C, H, W) where it is no probe; outside: what
    is read beyond U, 0 being black and 1 white; residual: how far a point of the grid is drawn from
    where it was, in pixels of U, at most.

    >>> from stn_core import Affine
    >>> images, theta = np.zeros((1, 2, 1, 28, 28), np.uint8), np.zeros((5, 2, 6), np.float32)
    >>> Seen("stn", Affine(), (28, 28), theta, images, "bilinear", "zeros", 0.0, 0.0).name
    'stn'
    """

    name: str
    transform: Transform
    size: tuple[int, int]
    theta: np.ndarray
    images: np.ndarray
    kernel: str
    padding: str
    outside: float
    residual: float


class RecordedTraining(NamedTuple):
    """A whole recording. labels: (probes,), −1 of those without; steps: of the T snapshots;
    logits: (T, probes, classes), NaN where they were not finite; measures: (T,), how many probes
    are misread, in per cent, NaN without labels.

    >>> empty = np.zeros(0)
    >>> RecordedTraining({"network": "Net"}, [], empty, empty, empty, empty, []).transformers
    []
    """

    description: dict[str, Any]
    history: list[Step]
    labels: np.ndarray
    steps: np.ndarray
    logits: np.ndarray
    measures: np.ndarray
    transformers: list[Seen]


class Reader:
    """Of one folder. Each snapshot is read once.

    >>> import tempfile
    >>> from stn_core.recorder import Recorder
    >>> from stn_core.tutorial_network import TutorialNetwork, images
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with Recorder(f"{folder}/mine", TutorialNetwork(), images()) as recorder:
    ...         recorder.step(loss=2.3)
    ...     training = Reader(Path(folder, "mine")).training()
    >>> training.steps.tolist(), training.history[0].loss
    ([0, 1], 2.3)
    >>> [seen] = training.transformers
    >>> seen.transform, seen.theta.shape
    (Affine(), (2, 30, 6))
    """

    def __init__(self, folder: Path) -> None:
        self.run = Run(folder)
        self._snapshots: dict[str, dict[str, np.ndarray]] = {}

    def description(self) -> dict[str, Any]:
        """recorder.json. Raises RunError if it is missing or unreadable."""
        try:
            description = json.loads((self.run.folder / RECORDER).read_bytes())
            if isinstance(description["transformers"], list):
                return description
        except READ_ERRORS:
            pass
        raise RunError(f"{self.run.folder} is not a recorder's: it has no readable {RECORDER}")

    def training(self) -> RecordedTraining:
        """All that has been recorded. Raises RunError if that is nothing, or is damaged."""
        description = self.description()
        snapshots = self._read_snapshots()
        if not snapshots:
            raise RunError(f"{self.run.folder} has no snapshots yet")
        try:
            probes = read_arrays(self.run.folder / PROBES)
            basis = read_arrays(self.run.folder / BASIS)  # after them: it only grows
            entries = enumerate(description["transformers"])
            return RecordedTraining(
                description,
                self.run.history(),
                probes["labels"],
                np.array([int(one["step"]) for one in snapshots]),
                _stacked([one["logits"] for one in snapshots]),
                np.array([float(one["measure"]) for one in snapshots]),
                [_seen(n, entry, snapshots, basis, probes["images"]) for n, entry in entries],
            )
        except READ_ERRORS as error:
            raise RunError(f"{self.run.folder} is damaged: {str(error)[:300]}") from error

    def _read_snapshots(self) -> list[dict[str, np.ndarray]]:
        """In order of step; what cannot be read is left out."""
        found = {}
        for path in (self.run.folder / SNAPSHOTS).glob("[0-9]*.npz"):
            try:
                found[path.name] = self._snapshots.get(path.name) or read_arrays(path)
                int(found[path.name]["step"])
            except READ_ERRORS:
                found.pop(path.name, None)
        self._snapshots = found
        return sorted(found.values(), key=lambda one: int(one["step"]))


def _stacked(logits: list[np.ndarray]) -> np.ndarray:
    """(T, probes, classes): a snapshot whose logits were not finite has none; they become NaN."""
    shape = max(one.shape for one in logits)
    return np.stack([one if one.size else np.full(shape, np.nan) for one in logits])


def _seen(
    n: int,
    entry: dict[str, Any],
    snapshots: list[dict[str, np.ndarray]],
    basis: dict[str, np.ndarray],
    probes: np.ndarray,
) -> Seen:
    rows = torch.from_numpy(basis[f"rows_{n}"])
    height, width = entry["size"]
    return Seen(
        str(entry["name"]),
        transform_of(rows, (height, width)),
        (height, width),
        np.stack([_padded(one[f"theta_{n}"], 3 + len(rows)) for one in snapshots]),
        probes[None] if entry["given"] else np.stack([one[f"image_{n}"] for one in snapshots]),
        str(entry["kernel"]),
        str(entry["padding"]),
        float(entry["outside"]),
        float(basis["residual"][n]),
    )


def _padded(theta: np.ndarray, rows: int) -> np.ndarray:
    """A matrix (probes, 2, K) with zeros for the rows that B has got since, as θ (probes, P)."""
    return np.pad(theta, ((0, 0), (0, 0), (0, rows - theta.shape[2]))).reshape(len(theta), -1)
