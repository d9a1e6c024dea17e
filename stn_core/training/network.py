"""Training an experiment's network: ``train`` gives the network; ``train_steps``
yields Steps, and records them in a run's folder.

Everything random comes from the seed: the same seed gives the same weights on the CPU (with the
same number of threads), also if the training was killed and resumed in between. On CUDA batches
are drawn some together, and a resumed training begins with fresh ones.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import torch

from stn_core.birds.data import Birds
from stn_core.digits import Source
from stn_core.experiment import Experiment, words_of
from stn_core.house_numbers.data import HouseNumbers
from stn_core.measuring import SET_DATA
from stn_core.networks import ClassificationNetwork
from stn_core.pictures import load_pictures
from stn_core.recipes import Recipe
from stn_core.runs.folder import Run
from stn_core.runs.records import RunError, Step
from stn_core.training import checkpoint
from stn_core.training.bird_probes import BirdProbes
from stn_core.training.devices import device_name
from stn_core.training.number_probes import NumberProbes
from stn_core.training.probes import Probes
from stn_core.training.recording import Taken, recorded
from stn_core.training.trainer import Trainer

RECORDS = 500  # lines of history in a whole run
DTYPES = {"bfloat16": torch.bfloat16, "float32": torch.float32}  # as run.json names them
DTYPE_NAMES = {dtype: name for name, dtype in DTYPES.items()}


class NetworkTraining:
    """A trainer, its probes and its checkpoint: what the run loop trains.

    >>> from stn_core import find, load_digits
    >>> experiment = find("distorted/r/fcn").with_recipe(iterations=1, batch_size=8)
    >>> training = NetworkTraining(experiment, load_digits())
    >>> training.advance()
    >>> training.step, training.probes[0].shape
    (1, (10, 1, 28, 28))
    """

    def __init__(
        self,
        experiment: Experiment,
        source: Source,
        *,
        seed: int = 0,
        device: torch.device | str = "cpu",
        precision: str = "float32",
        threads: int = 1,
        newton_schulz: torch.dtype | None = None,
    ) -> None:
        device = torch.device(device)
        self.trainer = Trainer(
            experiment,
            source,
            seed=seed,
            device=device,
            precision=precision,
            threads=threads,
            newton_schulz=newton_schulz,
        )
        kinds: dict[type, type[Probes]] = {HouseNumbers: NumberProbes, Birds: BirdProbes}
        kind = kinds.get(type(experiment.data), Probes)
        self._probes = kind(experiment, source.gallery, device)
        self.iterations = experiment.recipe.iterations
        self.record_steps = record_steps(self.iterations)

    @property
    def step(self) -> int:
        return self.trainer.step

    @property
    def peak_rate(self) -> float:
        return self.trainer.peak_rate

    @peak_rate.setter
    def peak_rate(self, rate: float) -> None:
        self.trainer.peak_rate = rate

    @property
    def probes(self) -> tuple[np.ndarray, np.ndarray]:
        return self._probes.images

    def advance(self) -> None:
        self.trainer.advance()

    def take(self, *, record: bool, snapshot: bool) -> Taken:
        snapshots = [self._probes.snapshot(self.trainer)] if snapshot else []
        return Taken([self.trainer.record()] if record else [], snapshots)

    def save(self, run: Run) -> None:
        checkpoint.save(self.trainer, run.checkpoint)

    def resume(self, run: Run) -> None:
        """Go on from the run's checkpoint, or from the start if there is none yet."""
        if run.checkpoint.is_file():
            checkpoint.load(self.trainer, run.checkpoint)
            if self.step < self.iterations:
                run.append_device(device_name(self.trainer.device, self.trainer.threads))
        run.go_back_to(self.step)


def record_steps(iterations: int) -> range:
    """About RECORDS steps, evenly.

    >>> record_steps(20_000)
    range(40, 20001, 40)
    """
    interval = max(1, iterations // RECORDS)
    return range(interval, iterations + 1, interval)


def describe(trainer: Trainer, source: Source, *, seed: int, patience: int | None) -> dict:
    """The settings of a run, for its run.json.

    >>> from stn_core import find, load_digits
    >>> source = load_digits()
    >>> trainer = Trainer(find("distorted/r/fcn"), source)
    >>> describe(trainer, source, seed=0, patience=None)["experiment"]
    'distorted/r/fcn'
    """
    return {
        "experiment": trainer.experiment.name,
        "recipe": trainer.recipe.to_json(),
        "seed": seed,
        "device": device_name(trainer.device, trainer.threads),
        "device_type": trainer.device.type,
        "precision": trainer.precision,
        "newton_schulz": DTYPE_NAMES[trainer.newton_schulz],
        "digits": source.description,
        "train_digits": len(source.train),
        "torch": torch.__version__,
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "patience": patience,
    }


def train(
    experiment: Experiment,
    source: Source | None = None,
    *,
    seed: int = 0,
    device: torch.device | str = "cpu",
    precision: str = "float32",
    threads: int = 1,
    on_step: Callable[[Step], None] | None = None,
) -> ClassificationNetwork:
    """Train by the experiment's recipe and give the network, in evaluation mode; nothing is kept.

    source: the digits or pictures, by default those that ``load_pictures`` finds; threads: of the
    CPU, while it trains; on_step: is given a Step about 500 times. Raises TrainingError, and
    DigitsError for pictures that are not here.

    >>> from stn_core import find, train
    >>> experiment = find("distorted/r/st-fcn-aff").with_recipe(iterations=2, batch_size=8)
    >>> network = train(experiment, on_step=lambda step: print(step.step))
    1
    2
    >>> network(torch.zeros(1, 1, 28, 28)).shape
    torch.Size([1, 10])
    """
    training = NetworkTraining(
        experiment,
        source or load_pictures(experiment),
        seed=seed,
        device=device,
        precision=precision,
        threads=threads,
    )
    for step in _unrecorded(training):
        if on_step is not None:
            on_step(step)
    return training.trainer.network.eval()


def train_steps(
    experiment: Experiment,
    source: Source,
    *,
    seed: int = 0,
    device: torch.device | str = "cpu",
    precision: str = "float32",
    threads: int = 1,
    run: Run | None = None,
    resume: bool = False,
    extend_to: int | None = None,
    patience: int | None = None,
) -> Iterator[Step]:
    """Train by the experiment's recipe, yielding a Step about 500 times.

    threads: of the CPU, while it works, not while the caller looks at a Step;
    run: where it is recorded, and whose control file is obeyed between steps; resume: go on from
    the run's checkpoint, with the run's own recipe, seed, precision and patience; extend_to: so
    many iterations in all, of a run that is resumed: its schedule and its curriculum are those of
    the longer training from there on; patience: stop when the error on the gallery has not been
    smaller for so many steps, counted anew when the run is resumed or its rate is changed.
    Raises TrainingError, RunError, CheckpointError; the last good checkpoint stays.

    >>> from stn_core import find, load_digits
    >>> experiment = find("distorted/r/fcn").with_recipe(iterations=2, batch_size=8)
    >>> [step.step for step in train_steps(experiment, load_digits())]
    [1, 2]
    """
    device = torch.device(device)
    if run is not None and resume:
        yield from _resumed(experiment, source, device, run, threads, extend_to)
        return
    training = NetworkTraining(
        experiment, source, seed=seed, device=device, precision=precision, threads=threads
    )
    if run is None:
        yield from _unrecorded(training)
        return
    description = describe(training.trainer, source, seed=seed, patience=patience)
    yield from recorded(lambda: training, run, description=description, patience=patience)


def _unrecorded(training: NetworkTraining) -> Iterator[Step]:
    while training.step < training.iterations:
        training.advance()
        last = training.step == training.iterations
        if last or training.step in training.record_steps:
            yield training.trainer.record()


def _resumed(
    experiment: Experiment,
    source: Source,
    device: torch.device,
    run: Run,
    threads: int,
    extend_to: int | None,
) -> Iterator[Step]:
    """As it was begun, or longer."""
    description = run.description()
    recipe = Recipe.from_json(description["recipe"])
    if extend_to is not None:
        recipe = extended(recipe, extend_to)
    if run.checkpoint.is_file():  # which has what it began with
        recipe = replace(recipe, begin_with=None)
    experiment = replace(experiment, recipes=(recipe,))

    def make() -> NetworkTraining:
        _check_digits(experiment, source, description)
        training = NetworkTraining(
            experiment,
            source,
            seed=description["seed"],
            device=device,
            precision=description["precision"],
            threads=threads,
            newton_schulz=DTYPES[description.get("newton_schulz", "bfloat16")],
        )
        training.resume(run)
        if extend_to is not None:
            run.extend(extend_to, at=training.step)
        return training

    yield from recorded(make, run, patience=description.get("patience"))


def extended(recipe: Recipe, iterations: int) -> Recipe:
    """A recipe with more iterations. Raises RunError if they are not more.

    >>> from stn_core import find
    >>> recipe = find("distorted/r/fcn").recipe
    >>> extended(recipe, 2 * recipe.iterations).iterations == 2 * recipe.iterations
    True
    """
    if iterations <= recipe.iterations:
        raise RunError(
            f"this run has {recipe.iterations:,} steps; extending it needs more, got "
            f"{iterations:,}. To end it early, stop it"
        )
    return replace(recipe, iterations=iterations)


def _check_digits(experiment: Experiment, source: Source, description: dict) -> None:
    """A run goes on with as many digits, or pictures, as it was begun on. Raises RunError."""
    here = len(source.train)
    begun = description.get("train_digits", here)
    if begun != here:
        advice = SET_DATA if here < begun else "start a new run"
        raise RunError(
            f"this run started with {begun:,} training {words_of(experiment.data).trained}, but "
            f"this machine has {here:,}; {advice}"
        )
