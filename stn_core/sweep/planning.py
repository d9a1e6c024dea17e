"""Which trainings a table needs, in which order; and which of them a shard begins with."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from stn_core import checkpoints
from stn_core.errors import UnknownName
from stn_core.experiment import Experiment
from stn_core.experiments import EXPERIMENTS
from stn_core.metrics import load_metrics
from stn_core.recipes import Recipe
from stn_core.runs.folder import Run, runs_folder
from stn_core.runs.records import RunError
from stn_core.sweep.cells import CellTraining
from stn_core.training.trainer import PRECISIONS

# The cheap and the telling cells before the slow ones.
NETWORKS = ("fcn", "st-fcn", "2st-fcn", "st-cnn", "cnn")
COLUMNS = ("rts", "tc", "r", "e", "p")


def plan(
    table: str,
    recipe: str | None,
    seeds: int,
    root: Path,
    iterations: int | None = None,
    batch_size: int | None = None,
    precision: str = PRECISIONS[0],
    names: Collection[str] | None = None,
) -> list[CellTraining]:
    """The trainings that a table (``distorted``) needs, the cheap cells first.

    A cell that is published with this recipe, budget and as many seeds is left out; with none of
    them given, one that is published by any recipe. root: the folder of the runs; a run that is
    there already is continued; iterations, batch_size: instead of the recipe's; names: of the
    cells, whatever is published. Raises UnknownName for an unknown table or recipe, RunError for a
    run with other settings.

    >>> trainings = plan("distorted", "paper", seeds=2, root=Path("nowhere"), iterations=1)
    >>> len(trainings), trainings[0].experiment.name
    (80, 'distorted/rts/fcn')
    """
    cells = [e for name, e in EXPERIMENTS.items() if name.split("/")[0] == table]
    if not cells:
        tables = ", ".join(dict.fromkeys(name.split("/")[0] for name in EXPERIMENTS))
        raise UnknownName(f"there is no table {table!r} to train; there are: {tables}")
    cells = [e.with_recipe(recipe, iterations=iterations, batch_size=batch_size) for e in cells]
    any_recipe = recipe is iterations is batch_size is None
    if names is None:
        cells = [e for e in cells if not _is_published(e, seeds, any_recipe)]
    else:
        cells = [e for e in cells if e.name in names]
    trainings = []
    for experiment in sorted(cells, key=_cost):
        for seed in range(seeds):
            run = Run(root / _folder_name(experiment, precision, seed))
            trainings.append(CellTraining(experiment, seed, run))
    for training in trainings:
        _check_begun(training)
    return trainings


def _folder_name(experiment: Experiment, precision: str, seed: int) -> str:
    recipe = experiment.recipe
    budget = f"{recipe.name}-{recipe.iterations}x{recipe.batch_size}"
    return f"{experiment.name.replace('/', '-')}-{budget}-{precision}-{seed}"


def _check_begun(training: CellTraining) -> None:
    """A folder's name does not tell all of a recipe. Raises RunError."""
    if training.run.is_described():
        begun = Recipe.from_json(training.run.description()["recipe"])
        if begun != training.experiment.recipe:
            raise RunError(
                f"{training.run.folder} was started with another recipe ({begun.method}, rate "
                f"{begun.learning_rate:g}); delete it, or set STN_RUNS to another folder"
            )


def _cost(experiment: Experiment) -> tuple[int, int]:
    *_, column, network = experiment.name.split("/")
    kind = next((i for i, n in enumerate(NETWORKS) if network.startswith(n)), len(NETWORKS))
    return kind, COLUMNS.index(column) if column in COLUMNS else len(COLUMNS)


def _is_published(experiment: Experiment, seeds: int, any_recipe: bool) -> bool:
    if not checkpoints.is_published(experiment):
        return False
    metrics = load_metrics(experiment)
    same = any_recipe or metrics.recipe == experiment.recipe
    return same and len(metrics.errors) >= seeds


def shard(trainings: list[CellTraining], index: int, of: int) -> list[CellTraining]:
    """All trainings, in the order in which shard ``index`` of so many, counted from 1, claims them.

    First every ``of``-th one, so that the shards seldom want the same; then those of the other
    shards, which may be slower, or dead.

    >>> shard(["a", "b", "c", "d", "e"], 2, 3)
    ['b', 'e', 'c', 'a', 'd']
    """
    return [t for first in range(of) for t in trainings[(index - 1 + first) % of :: of]]


def default_root() -> Path:
    """The folder of a sweep's runs, unless another one is given.

    >>> default_root().name
    'sweep'
    """
    return runs_folder() / "sweep"
