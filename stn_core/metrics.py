"""The figures of a published network, and of what other recipes came to: metrics.json, tried.json.

Nobody else reads or writes these files.
"""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from stn_core.birds.parts import SeedParts
from stn_core.checkpoints import METRICS, CheckpointError, published_folder, write_atomically
from stn_core.experiment import Experiment
from stn_core.experiments.colocalisation import Colocalisation, Search
from stn_core.recipes import Recipe
from stn_core.typed_json import from_json, to_json

T = TypeVar("T")
TRIED = "tried.json"


@dataclass(frozen=True, kw_only=True)
class TrainingRecord:
    """How a network was trained, for how many seconds, and its error on the test digits in percent.

    draw_errors: of each of the fixed draws of the distortions (``evaluation.EVALUATION_SEEDS``), of
    which the error is the mean; seeds: of all trainings whose errors were measured; started: in
    ISO 8601; extended: at which steps it was made longer, if it was; taken_up: at which of them
    from its published weights (``training.taking_up``).

    >>> from stn_core import find
    >>> record = TrainingRecord(
    ...     error_percent_test=0.7, draw_errors=(0.6, 0.8), seeds=(0, 1), seconds=60.0,
    ...     recipe=find("distorted/r/fcn").recipe, device="CPU", precision="float32",
    ...     train_digits=59_000, torch="2.9", started="2026-01-01",
    ... )
    >>> record.recipe.name
    'quick'
    """

    error_percent_test: float
    draw_errors: tuple[float, ...]
    seeds: tuple[int, ...]
    seconds: float
    recipe: Recipe
    device: str
    precision: str
    train_digits: int
    torch: str
    started: str
    extended: tuple[int, ...] | None = None
    taken_up: tuple[int, ...] | None = None

    @property
    def extension_words(self) -> str:
        """When it was made longer, for a sentence; empty if it was not."""
        published = dict.fromkeys(self.taken_up or (), " from its published weights")
        steps = (f", extended at step {n:,}{published.get(n, '')}" for n in self.extended or ())
        return "".join(steps)

    @property
    def draw_spread(self) -> float | None:
        """The standard deviation of the draws' errors; None of one draw."""
        return statistics.stdev(self.draw_errors) if len(self.draw_errors) > 1 else None


@dataclass(frozen=True, kw_only=True)
class Tried(TrainingRecord):
    """A training by a recipe that is not shipped, up to ``step``.

    >>> from stn_core import find
    >>> tried = load_metrics(find("distorted/r/st-cnn-aff")).tried
    >>> tried.step == tried.recipe.iterations
    True
    """

    step: int


@dataclass(frozen=True, kw_only=True)
class Metrics(TrainingRecord):
    """A published network: its training, what was measured, and on what.

    errors: in percent on the test digits, one for each of ``seeds``, of which ``seed`` is shipped.
    evaluation_seeds: of the draws; the gallery's error is of the first. misread_test: which test
    digits it misreads, for each draw. confusion_test: of all draws; rows are the true classes,
    columns the predicted ones. misread_examples: for each of the first example seeds, the gallery
    digits that it misreads, and the classes it predicts. facing_degrees: see ``Evaluation``.
    misread_seeds: of several seeds, for each what ``misread_test`` has; None where that was not
    kept. parts: of birds, what each seed's windows have in them.

    >>> from stn_core import find
    >>> metrics = load_metrics(find("distorted/r/st-cnn-aff"))
    >>> draws = len(metrics.draw_errors)
    >>> metrics.test_digits, sum(map(sum, metrics.confusion_test)) == 10_000 * draws
    (10000, True)
    """

    experiment: str
    error_percent_gallery: float
    test_digits: int
    gallery_digits: int
    evaluation_seeds: tuple[int, ...]
    misread_test: tuple[tuple[int, ...], ...]
    confusion_test: tuple[tuple[int, ...], ...]
    misread_examples: tuple[dict[int, int], ...]
    seed: int
    errors: tuple[float, ...]
    parameters: int
    facing_degrees: tuple[float, float] | None = None
    misread_seeds: tuple[tuple[tuple[int, ...], ...], ...] | None = None
    parts: tuple[SeedParts, ...] | None = None

    @property
    def seeds_have_one_draw(self) -> bool:
        """Whether the errors of several seeds are of the first draw alone, the shipped one's too.

        >>> from stn_core import find
        >>> load_metrics(find("addition/rts/2st-fcn-aff")).seeds_have_one_draw
        True
        """
        own = self.errors[self.seeds.index(self.seed)]
        return len(self.draw_errors) > 1 and own != round(self.error_percent_test, 4)

    @property
    def tried(self) -> Tried:
        """What is kept of it once another recipe's network takes its place."""
        kept = {name: getattr(self, name) for name in TrainingRecord.__dataclass_fields__}
        return Tried(step=self.recipe.iterations, **kept)


@dataclass(frozen=True, kw_only=True)
class MeasuredSet:
    """How well a set of images was localised; see ``box_search.search.colocalise``.

    >>> measured = MeasuredSet(
    ...     set_seed=0, localised_percent=100.0, mean_overlap=0.8, loss=0.1, seconds=60.0
    ... )
    >>> to_json(measured)["set_seed"]
    0
    """

    set_seed: int
    localised_percent: float
    mean_overlap: float
    loss: float
    seconds: float


@dataclass(frozen=True, kw_only=True)
class SearchMetrics:
    """A published co-localisation: its search, and how well it localised.

    gallery: the recorded set, of gallery digits; sets: those of test digits.

    >>> from stn_core.experiments import find_colocalisation
    >>> metrics = load_search_metrics(find_colocalisation("colocalisation/t/8"))
    >>> len(metrics.shares) == len(metrics.sets)
    True
    """

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
    """metrics.json of a published network. Raises CheckpointError.

    >>> from stn_core import find
    >>> load_metrics(find("distorted/r/st-cnn-aff")).experiment
    'distorted/r/st-cnn-aff'
    """
    return read(Metrics, published_folder(experiment) / METRICS)


def load_tried(experiment: Experiment) -> tuple[Tried, ...]:
    """The errors of other recipes, as ``publishing.note`` wrote them. Raises CheckpointError.

    >>> from stn_core import find
    >>> load_tried(find("colocalisation/fine-encoder"))  # no other recipe was tried
    ()
    """
    path = published_folder(experiment) / TRIED
    return read(tuple[Tried, ...], path) if path.is_file() else ()


def load_search_metrics(cell: Colocalisation) -> SearchMetrics:
    """metrics.json of a published co-localisation. Raises CheckpointError.

    >>> from stn_core.experiments import find_colocalisation
    >>> load_search_metrics(find_colocalisation("colocalisation/t/8")).experiment
    'colocalisation/t/8'
    """
    return read(SearchMetrics, published_folder(cell) / METRICS)


def save_metrics(
    experiment: Experiment | Colocalisation,
    metrics: Metrics | SearchMetrics,
    folder: Path | None = None,
) -> Path:
    """Write metrics.json; gives the file. folder: by default the published network's.

    >>> import tempfile
    >>> from unittest.mock import patch
    >>> from stn_core import find
    >>> experiment = find("distorted/r/st-cnn-aff")
    >>> metrics, folder = load_metrics(experiment), tempfile.TemporaryDirectory()
    >>> with patch("stn_core.checkpoints.PRETRAINED", Path(folder.name)):
    ...     print(save_metrics(experiment, metrics).name, load_metrics(experiment) == metrics)
    metrics.json True
    """
    return write((folder or published_folder(experiment)) / METRICS, metrics)


def save_tried(
    experiment: Experiment, tried: tuple[Tried, ...], folder: Path | None = None
) -> Path:
    """Write tried.json, or remove it if there is nothing to write; gives the file.

    folder: by default the published network's.

    >>> import tempfile
    >>> from unittest.mock import patch
    >>> from stn_core import find
    >>> experiment = find("distorted/r/st-cnn-aff")
    >>> tried, folder = load_metrics(experiment).tried, tempfile.TemporaryDirectory()
    >>> with patch("stn_core.checkpoints.PRETRAINED", Path(folder.name)):
    ...     print(save_tried(experiment, (tried,)).name, load_tried(experiment) == (tried,))
    tried.json True
    """
    path = (folder or published_folder(experiment)) / TRIED
    if tried:
        return write(path, tried)
    path.unlink(missing_ok=True)
    return path


def read(kind: type[T], path: Path) -> T:
    """The value in a JSON file that ``write`` made, as a ``kind``.

    Raises CheckpointError that names file and field.

    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = write(Path(folder.name, "numbers.json"), (1, 2))
    >>> read(tuple[int, ...], path)
    (1, 2)
    """
    try:
        return from_json(kind, json.loads(path.read_text()), path.stem)
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error


def write(path: Path, value: Any) -> Path:
    """Write a value as JSON, as a whole or not at all (``write_atomically``); gives the file.

    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> write(Path(folder.name, "one.json"), {"seed": 1}).read_text().strip()
    '{"seed": 1}'
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(to_json(value), separators=(",", ": ")) + "\n"
    write_atomically(path, text.encode())
    return path
