"""What may not be published: no seeds of one training, or a worse network than is there."""

from __future__ import annotations

import statistics
from typing import Any

from stn_core import checkpoints
from stn_core.evaluation import Evaluation, mean_error
from stn_core.experiment import Experiment
from stn_core.metrics import Metrics, load_metrics
from stn_core.recipes import Recipe
from stn_core.runs.folder import Run
from stn_core.runs.packed import PACKED, unpack
from stn_core.runs.records import RunError

SHARED_KEYS = {  # what several seeds of one network have in common, and how it is called
    "experiment": "experiment",
    "recipe": "recipe",
    "precision": "precision",
    "train_digits": "number of training digits",
    "extended": "extensions",
    "taken_up": "extensions from published weights",
}


def prolonged(description: dict[str, Any]) -> dict[str, Any]:
    """At which steps a run was made longer, and taken up, as ``Metrics`` has it: None if never.

    >>> prolonged({"extended": [40]})
    {'extended': (40,), 'taken_up': None}
    """
    return {key: tuple(description.get(key, ())) or None for key in ("extended", "taken_up")}


def refuse_absent(seed: int, here: set[int]) -> None:
    """Only weights that are here can be shipped. Raises RunError.

    here: the seeds of the runs, and of the published network.

    >>> refuse_absent(0, {0, 1})
    """
    if seed not in here:
        raise RunError(
            f"seed {seed} should be shipped, and its weights are not here, but those of "
            f"{sorted(here)}; publish the runs of all seeds together, or choose another by --ship"
        )


def refuse_different(descriptions: list[dict[str, Any]], before: Metrics | None) -> None:
    """Only the seeds of runs may differ. Raises RunError.

    before: of the published network that they are added to.

    >>> from stn_core import find
    >>> recipe = find("distorted/r/fcn").recipe.to_json()
    >>> one = {"experiment": "distorted/r/fcn", "recipe": recipe, "precision": "float32"}
    >>> try:
    ...     refuse_different(2 * [{**one, "train_digits": 4_000, "seed": 0}], None)
    ... except RunError as error:
    ...     print(error)
    expected one run per seed, got the seeds [0, 0]
    """
    trained = [
        {
            **d,
            "recipe": Recipe.from_json(d["recipe"]),
            **prolonged(d),
        }
        for d in descriptions
    ]
    seeds = [d["seed"] for d in descriptions]
    these, otherwise = "these runs", "publish them one by one"
    if before:
        trained.append({key: getattr(before, key) for key in SHARED_KEYS})
        seeds += before.seeds
        these, otherwise = "runs and published network", "leave out --add"
    for key, words in SHARED_KEYS.items():
        if any(d[key] != trained[0][key] for d in trained):
            raise RunError(f"{these} differ in their {words}; {otherwise}")
    if len(set(seeds)) < len(seeds):
        raise RunError(f"expected one run per seed, got the seeds {seeds}")


def refuse_worse(run: Run, experiment: Experiment, test: list[Evaluation] | None = None) -> None:
    """Nothing published is lost to a trial. Raises RunError.

    test: on the test digits; None, or where no network is published, the errors of the recordings
    on the gallery are compared.

    >>> from pathlib import Path
    >>> from stn_core import find
    >>> try:
    ...     refuse_worse(Run(Path("nowhere")), find("distorted/r/fcn"))
    ... except RunError as error:
    ...     print(error)
    nowhere is not a run: it has no readable run.json
    """
    description = run.description()
    recipe, extended = Recipe.from_json(description["recipe"]), description.get("extended")
    own = recipe in experiment.recipes and not extended
    before: float | None = None
    error: float | None = None
    recording = checkpoints.published_folder(experiment) / PACKED
    if test is not None and checkpoints.is_published(experiment):
        drawn = load_metrics(experiment).draw_errors
        before = statistics.mean(drawn)
        error = mean_error(test[: len(drawn)])  # of the draws that both have
    elif recording.is_file():
        before = unpack(recording).snapshots[-1].measure
        error = run.recorded().snapshots[-1].measure
    if before is not None and error is not None and (error > before or error == before and not own):
        raise RunError(
            f"{run.folder} has an error of {error:.2f} %, the published {experiment.name} "
            f"{before:.2f} %; add --force to publish it anyway"
        )
    if before is None and not own:
        recipes = ", ".join(
            f"{r.name}, {r.iterations:,} x {r.batch_size} at {r.learning_rate:g}"
            for r in experiment.recipes
        )
        raise RunError(
            f"{run.folder} was trained with none of {experiment.name}'s recipes and budgets "
            f"({recipes}); add --force to publish it anyway"
        )
