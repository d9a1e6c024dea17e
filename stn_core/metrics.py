"""The figures of a published network, and of what other recipes came to: metrics.json, tried.json.

Nobody else reads or writes these files.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from stn_core.checkpoints import METRICS, CheckpointError, published_folder, write_atomically
from stn_core.experiment import Experiment, Recipe
from stn_core.experiments.colocalisation import Colocalisation, Search
from stn_core.typed_json import from_json, to_json

T = TypeVar("T")
TRIED = "tried.json"


@dataclass(frozen=True, kw_only=True)
class TrainingRecord:
    """How a network was trained, how long, and its error on the test digits.

    seeds: of all trainings whose errors were measured; started: in ISO 8601.
    """

    error_percent_test: float
    seeds: tuple[int, ...]
    seconds: float
    recipe: Recipe
    device: str
    precision: str
    train_digits: int
    torch: str
    started: str


@dataclass(frozen=True, kw_only=True)
class Tried(TrainingRecord):
    """A training by a recipe that is not shipped, as far as it came: to ``step``."""

    step: int


@dataclass(frozen=True, kw_only=True)
class Metrics(TrainingRecord):
    """A published network: its training, what was measured, and on what.

    errors: on the test digits, one for each of ``seeds``, of which ``seed`` is shipped.
    misread_test: which test digits it misreads. confusion_test: rows are the true classes, columns
    the predicted ones. misread_examples: for each of the first example seeds, which gallery digits
    it misreads, and what it takes them for. facing_degrees: see ``Evaluation``.
    """

    experiment: str
    error_percent_gallery: float
    test_digits: int
    gallery_digits: int
    evaluation_seed: int
    misread_test: tuple[int, ...]
    confusion_test: tuple[tuple[int, ...], ...]
    misread_examples: tuple[dict[int, int], ...]
    seed: int
    errors: tuple[float, ...]
    parameters: int
    facing_degrees: tuple[float, float] | None = None

    @property
    def tried(self) -> Tried:
        """What is kept of it once another recipe's network takes its place."""
        kept = {name: getattr(self, name) for name in TrainingRecord.__dataclass_fields__}
        return Tried(step=self.recipe.iterations, **kept)


@dataclass(frozen=True, kw_only=True)
class MeasuredSet:
    """How well a set of images was localised; see ``colocalisation.colocalise``."""

    set_seed: int
    localised_percent: float
    mean_overlap: float
    loss: float
    seconds: float


@dataclass(frozen=True, kw_only=True)
class SearchMetrics:
    """A published co-localisation: its search, the recorded set of gallery digits, the test's."""

    experiment: str
    recipe: Search
    seed: int
    device: str
    precision: str
    torch: str
    started: str
    gallery: MeasuredSet
    sets: tuple[MeasuredSet, ...]

    @property
    def shares(self) -> list[float]:
        """Percent localised in each of the sets."""
        return [one.localised_percent for one in self.sets]


def load_metrics(experiment: Experiment) -> Metrics:
    """metrics.json of a published network. Raises CheckpointError."""
    return read(Metrics, published_folder(experiment) / METRICS)


def load_tried(experiment: Experiment) -> tuple[Tried, ...]:
    """What other recipes came to, as ``publishing.note`` wrote it. Raises CheckpointError."""
    path = published_folder(experiment) / TRIED
    return read(tuple[Tried, ...], path) if path.is_file() else ()


def load_search_metrics(cell: Colocalisation) -> SearchMetrics:
    """metrics.json of a published co-localisation. Raises CheckpointError."""
    return read(SearchMetrics, published_folder(cell) / METRICS)


def save_metrics(
    experiment: Experiment | Colocalisation,
    metrics: Metrics | SearchMetrics,
    folder: Path | None = None,
) -> Path:
    """Write metrics.json; gives the file. folder: by default the published network's."""
    return write((folder or published_folder(experiment)) / METRICS, metrics)


def save_tried(
    experiment: Experiment, tried: tuple[Tried, ...], folder: Path | None = None
) -> Path:
    """Write tried.json, or remove it if there is nothing to write; gives the file.

    folder: by default the published network's.
    """
    path = (folder or published_folder(experiment)) / TRIED
    if tried:
        return write(path, tried)
    path.unlink(missing_ok=True)
    return path


def read(kind: type[T], path: Path) -> T:
    """What a file of the project's own holds. Raises CheckpointError that names file and field."""
    try:
        return from_json(kind, json.loads(path.read_text()), path.stem)
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error


def write(path: Path, value: Any) -> Path:
    """Atomic; gives the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(to_json(value), separators=(",", ": ")) + "\n"
    write_atomically(path, text.encode())
    return path
