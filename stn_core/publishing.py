"""From finished runs to pretrained/: one seed's weights, measured as they are shipped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from stn_core import checkpoints
from stn_core.card import write_card
from stn_core.digits import Digits, Progress, Source
from stn_core.evaluation import Evaluation, evaluate_draws, mean_error
from stn_core.experiment import Experiment
from stn_core.experiments import find
from stn_core.layer_tracing import write_layers
from stn_core.measuring import (
    measure_gallery,
    measure_parts,
    measure_test,
    no_test_digits,
    write_mean_crops,
)
from stn_core.metrics import (
    Metrics,
    TrainingRecord,
    Tried,
    load_metrics,
    load_tried,
    save_metrics,
    save_tried,
)
from stn_core.networks import ClassificationNetwork
from stn_core.publishing_checks import (
    prolonged,
    refuse_absent,
    refuse_different,
    refuse_worse,
)
from stn_core.recipes import Recipe
from stn_core.replacing import replaced
from stn_core.runs.folder import Run
from stn_core.runs.packed import PACKED, pack, packed_name, packed_runs, unpack
from stn_core.runs.records import RunError
from stn_core.threads import on_threads
from stn_core.weights import count_parameters

HOW = ("device", "precision", "torch", "started", "train_digits")  # of a run's description


def publish(
    runs: list[Run],
    source: Source,
    *,
    force: bool = False,
    add: bool = False,
    ship: int | None = None,
    threads: int = 1,
    progress: Progress | None = None,
) -> Path:
    """Put finished runs of one experiment, one for each seed, into pretrained/.

    The seed with the median error is shipped, of an even number the larger of the two middle ones;
    the others are told by their errors. Of a network that it takes the place of, by another
    recipe, the figures stay (``note``); all of it stays until the new one is whole. add: the
    published network's seeds count too, as they were measured. ship: this seed is shipped, whatever
    its error. Gives the folder. Raises RunError if they are not finished, not one run a seed, or
    differ in more than their seeds; to add, if nothing is published; if the seed to be shipped is
    none of these, or a published one whose weights were not kept; and, unless forced or adding, if
    they are worse than what is published, or no better and by no recipe and budget of the
    experiment's. DigitsError without MNIST's test digits.

    >>> from stn_core.digits import installed

    >>> try:
    ...     publish([Run(Path("nowhere"))], installed())
    ... except RunError as error:
    ...     print(error)
    nowhere is not a run: it has no readable run.json
    """
    descriptions = [run.description() for run in runs]
    for run in runs:
        run.refuse_unfinished()
    experiment = find(descriptions[0]["experiment"])
    if source.test is None:
        raise no_test_digits(experiment)
    before = _published(experiment) if add else None
    refuse_different(descriptions, before)
    if before and before.seeds_have_one_draw:
        raise RunError(
            f"the seeds of {experiment.name} were measured on one distortion of each digit, these "
            "would be on five; publish all seeds' runs together, without --add"
        )
    by_seed = {d["seed"]: run for run, d in zip(runs, descriptions, strict=True)}
    here = {*by_seed, before.seed} if before else {*by_seed}
    if ship is not None:
        refuse_absent(ship, here)
    found = {
        seed: _measured(seed, run, experiment, source.test, threads, progress)
        for seed, run in by_seed.items()
    }
    errors = dict(zip(before.seeds, before.errors, strict=True)) if before else {}
    errors |= {seed: round(mean_error(one.test), 4) for seed, one in found.items()}
    median = sorted(errors, key=errors.__getitem__)[len(errors) // 2]
    chosen = median if ship is None else ship
    refuse_absent(chosen, here)
    if not (force or add):
        refuse_worse(found[chosen].run, experiment, found[chosen].test)
    with on_threads(threads):
        parts = [
            one
            for seed, (_, network, _, told) in found.items()
            if (one := measure_parts(network, experiment, source.test, seed, told))
        ]
        if before:
            parts += before.parts or ()
        misread = _misread(before)
        for seed, newly in found.items():
            misread[seed] = tuple(tuple(draw.misread) for draw in newly.test)
        of_seeds: dict[str, Any] = {
            "seeds": tuple(sorted(errors)),
            "errors": tuple(errors[seed] for seed in sorted(errors)),
            "misread_seeds": (
                tuple(misread[seed] for seed in sorted(errors))
                if len(errors) > 1 and misread.keys() == errors.keys()
                else None
            ),
            "parts": tuple(sorted(parts, key=lambda one: one.seed)) or None,
        }
        if before and chosen == before.seed:
            save_metrics(experiment, replace(before, **of_seeds))
            return write_card(experiment).parent
        shipped = found[chosen]
        measured = {
            **measure_test(experiment, shipped.test),
            **measure_gallery(shipped.network, experiment, source.gallery),
            **of_seeds,
        }
        return _ship(shipped.run, shipped.network, measured, source.test)


class _Measured(NamedTuple):
    """A run's network as it is shipped, what it makes of the test digits, and who is told."""

    run: Run
    network: ClassificationNetwork
    test: list[Evaluation]
    told: Progress


def _measured(
    seed: int,
    run: Run,
    experiment: Experiment,
    digits: Digits,
    threads: int,
    progress: Progress | None,
) -> _Measured:
    network = checkpoints.as_shipped(checkpoints.load_trained(experiment, run.checkpoint)[0])

    def told(name: str, done: int, total: int) -> None:
        if progress:
            progress(f"seed {seed}, {name}", done, total)

    test = evaluate_draws(network, experiment, digits, threads=threads, progress=told)
    return _Measured(run, network, test, told)


def _published(experiment: Experiment) -> Metrics:
    if not checkpoints.is_published(experiment):
        raise RunError(f"no network of {experiment.name} is published yet; leave out --add")
    return load_metrics(experiment)


def _misread(before: Metrics | None) -> dict[int, tuple[tuple[int, ...], ...]]:
    """What each published seed's network misreads, for each draw, of those of which it is known."""
    if before is None:
        return {}
    if before.misread_seeds:
        return dict(zip(before.seeds, before.misread_seeds, strict=True))
    return {before.seed: before.misread_test}


def _ship(
    run: Run,
    network: ClassificationNetwork,
    measured: dict[str, Any],
    test: Digits,
) -> Path:
    """If it breaks off, what was published is there as before."""
    description = run.description()
    experiment = find(description["experiment"])
    metrics = Metrics(
        experiment=experiment.name,
        **measured,
        parameters=count_parameters(network),
        seconds=run.history()[-1].seconds,
        recipe=Recipe.from_json(description["recipe"]),
        **prolonged(description),
        **{key: description[key] for key in (*HOW, "seed")},
    )
    run.recorded()  # it may lack a part
    tried = load_tried(experiment)
    before = load_metrics(experiment) if checkpoints.is_published(experiment) else None
    if before:
        tried = _with(tried, before.tried)
    folder = checkpoints.PRETRAINED / experiment.name
    with replaced(folder) as new:
        save_tried(experiment, tuple(t for t in tried if _training(t) != _training(metrics)), new)
        checkpoints.save_weights(network, experiment, new / checkpoints.WEIGHTS)
        save_metrics(experiment, metrics, new)
        write_mean_crops(network, experiment, test, new)
        former = packed_runs(new).get(None)
        if before and former and before.seed != metrics.seed and before.seed in metrics.seeds:
            former.rename(new / packed_name(before.seed))  # still one of several seeds
        pack(run, new / PACKED)
        for seed, path in packed_runs(new).items():
            recipe = Recipe.from_json(unpack(path).description["recipe"])
            if seed == metrics.seed or recipe != metrics.recipe:
                path.unlink()  # it is no further seed's any more
        write_card(experiment, new)
        write_layers(experiment, new)
    return folder


def record(run: Run, *, force: bool = False) -> Path:
    """Put a finished run alone into pretrained/, without weights. Gives the file.

    It is a study; or, where another seed's network is published, one more seed beside it. Raises
    RunError if it is not finished, or is of another recipe than the published network, or its own;
    and, unless forced, if it is worse than the study's recording in its place.

    >>> try:
    ...     record(Run(Path("nowhere")))
    ... except RunError as error:
    ...     print(error)
    nowhere is not finished; it is failed
    """
    run.refuse_unfinished()
    description = run.description()
    experiment, seed = find(description["experiment"]), description["seed"]
    folder = checkpoints.published_folder(experiment)
    path = folder / PACKED
    if checkpoints.is_published(experiment):
        metrics = load_metrics(experiment)
        if metrics.recipe != Recipe.from_json(description["recipe"]):
            raise RunError(f"{run.folder} has another recipe than the published network")
        if metrics.seed == seed:
            raise RunError(f"the network of seed {seed} is already published, with its recording")
        path = folder / packed_name(seed)
    elif not force:
        refuse_worse(run, experiment)
    folder.mkdir(parents=True, exist_ok=True)
    pack(run, path)
    return path


def note(run: Run, source: Source, *, progress: Progress | None = None) -> Path:
    """Measure a run at its last checkpoint, and note its error next to the published network's.

    For a recipe that is not shipped, or a longer training: no weights are kept. Gives the file.
    Raises RunError if the published network was trained like it; DigitsError without test digits.

    >>> from stn_core.digits import installed

    >>> try:
    ...     note(Run(Path("nowhere")), installed())
    ... except RunError as error:
    ...     print(error)
    nowhere is not a run: it has no readable run.json
    """
    description = run.description()
    experiment = find(description["experiment"])
    if source.test is None:
        raise no_test_digits(experiment)
    recipe, longer = Recipe.from_json(description["recipe"]), prolonged(description)
    training = (recipe, *longer.values(), description["precision"])
    if checkpoints.is_published(experiment) and _training(load_metrics(experiment)) == training:
        raise RunError(f"{run.folder} was trained as the published network; use `publish`")
    network, header = checkpoints.load_trained(experiment, run.checkpoint)
    test = evaluate_draws(network, experiment, source.test, progress=progress)
    result = Tried(
        error_percent_test=mean_error(test),
        draw_errors=tuple(draw.measure for draw in test),
        seeds=(description["seed"],),
        seconds=header["seconds"],
        step=header["step"],
        recipe=recipe,
        **longer,
        **{key: description[key] for key in HOW},
    )
    return save_tried(experiment, _with(load_tried(experiment), result))


def _with(tried: tuple[Tried, ...], one: Tried) -> tuple[Tried, ...]:
    """With one more, in place of the same training's."""
    others = (t for t in tried if t.seeds != one.seeds or _training(t) != _training(one))
    return (*others, one)


def _training(one: TrainingRecord) -> tuple:
    """What tells a training from all but its other seeds; one that was made longer is another."""
    return one.recipe, one.extended, one.taken_up, one.precision
