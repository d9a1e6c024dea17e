"""The run loop: whatever is trained, it is recorded in a run's folder and obeys its control file.

Two things are trained by it: an experiment's network (``training.network``) and the boxes of a set
of images (``box_search.recording``).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Container, Iterator
from contextlib import nullcontext, suppress
from typing import Any, NamedTuple, Protocol

import numpy as np

from stn_core.runs.folder import Run
from stn_core.runs.records import Snapshot, Step
from stn_core.tensor_files import remove_torn
from stn_core.training import pacing
from stn_core.training.pacing import Pace

CHECKPOINT_SECONDS = 30.0
FIRST_CHECKPOINT_SECONDS = 4.0  # while a run is younger than that
RECORD_SECONDS = 4.0  # that a checkpoint waits for a record, until one is made for it
CONTROL_SECONDS = 1.0  # between two looks at the control file
PAUSE_SECONDS = 0.1  # between two looks at the control file while paused


class TrainingError(RuntimeError):
    """A training cannot go on; the message says at which step and in which tensor.

    >>> from stn_core import find, load_digits
    >>> from stn_core.training.trainer import Trainer
    >>> trainer = Trainer(find("distorted/r/fcn"), load_digits())
    >>> try:
    ...     raise trainer.diverged("the loss is nan")
    ... except TrainingError as error:
    ...     print(str(error).split(";")[0])
    step 0: the loss is nan
    """


class Taken(NamedTuple):
    """What is to be written of a step. Of two records of one step, the later one counts.

    >>> Taken([Step(1, 0.5, {}, 1e-3, {}, 0.1)], snapshots=[]).steps[-1].step
    1
    """

    steps: list[Step]  # the last one is of this step
    snapshots: list[Snapshot]


class Trainable(Protocol):
    """What the loop trains. peak_rate: the learning rate that a control file may change.

    >>> from stn_core import find, load_digits
    >>> from stn_core.training.network import NetworkTraining
    >>> experiment = find("distorted/r/fcn").with_recipe(iterations=1, batch_size=8)

    >>> trainable: Trainable = NetworkTraining(experiment, load_digits())
    >>> trainable.advance()
    >>> trainable.step, len(trainable.take(record=True, snapshot=True).snapshots)
    (1, 1)
    """

    peak_rate: float

    @property
    def iterations(self) -> int:
        """How many steps there are."""

    @property
    def record_steps(self) -> Container[int]:
        """At which its history is written, besides the last."""

    @property
    def probes(self) -> tuple[np.ndarray, np.ndarray]:
        """Images and labels, see ``Run.write_probes``."""

    @property
    def step(self) -> int:
        """Steps done."""

    def advance(self) -> None:
        """One step more."""

    def take(self, *, record: bool, snapshot: bool) -> Taken:
        """How it stands. Raises TrainingError if that is not finite."""

    def save(self, run: Run) -> None:
        """Write what is needed to go on from here, or what is left at the end."""


def recorded(
    make: Callable[[], Trainable],
    run: Run,
    *,
    description: dict[str, Any] | None = None,
    patience: int | None = None,
) -> Iterator[Step]:
    """Train to the end, or until the control file says stop, yielding each record of the history.

    make: builds it, or takes it up where it was left; description: of a new run, None to go on
    with the one in the folder; patience: stop when the measure of the snapshots has not been
    smaller for so many steps. Whatever ends it, the run's status says so. Raises RunError if
    the folder is another's, or what ``make`` raises, or TrainingError.

    >>> from stn_core import find, load_digits
    >>> from stn_core.training.network import NetworkTraining
    >>> experiment = find("distorted/r/fcn").with_recipe(iterations=1, batch_size=8)

    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> training, run = NetworkTraining(experiment, load_digits()), Run(folder.name)
    >>> steps = recorded(lambda: training, run, description={"experiment": experiment.name})
    >>> [step.step for step in steps], run.status().state
    ([1], 'finished')
    """
    with run.owned():
        remove_torn(run.folder)
        if description is not None:
            run.create(description)
        else:
            run.reset_control()  # before anything that takes time: a stop meanwhile is obeyed
        trainable, reached = None, run.status().step
        try:
            run.set_status("running", reached)
            trainable = make()
            run.write_probes(*trainable.probes)
            yield from _steps(trainable, run, patience)
        except Exception as error:
            if trainable:
                reached = trainable.step or reached
            with suppress(OSError):  # the disk may be what is full
                run.set_status("failed", reached, str(error))
            raise


def _steps(trainable: Trainable, run: Run, patience: int | None) -> Iterator[Step]:
    sitting = _Sitting(trainable, run)
    given_up = Patience(patience, run, trainable.step)
    looked_at = time.monotonic()
    run.set_status("running", trainable.step)
    if trainable.step == 0:
        yield from sitting.write(record=0 in trainable.record_steps, kept=True)
    while trainable.step < trainable.iterations:
        trainable.advance()
        last = trainable.step == trainable.iterations
        asked = False
        if time.monotonic() - looked_at > CONTROL_SECONDS:
            asked, looked_at = _is_asked(trainable, run), time.monotonic()
        unsaved = sitting.unsaved_seconds()
        asked = asked or unsaved > RECORD_SECONDS
        record = last or asked or trainable.step in trainable.record_steps
        kept = sitting.pace.is_kept(trainable.step)
        live = not kept and sitting.pace.is_live()
        if not record and not kept and not live:
            continue
        steps = sitting.write(record=record, kept=kept, live=live)
        if kept or live:
            given_up.look(trainable.step)
        if not record:
            continue
        # A killed run has its checkpoint from here, and so repeats whole intervals.
        command = "stop" if given_up.reason else run.command()
        if last or unsaved > 0 or command != "run":
            sitting.save()
        yield from steps
        if command == "pause" and not last:
            command = _after_pause(run, trainable.step)
        if (rate := _other_rate(trainable, run)) is not None:
            trainable.peak_rate = rate
            given_up.begin(trainable.step)
            trainable.save(run)  # a resumed run goes on with it
        if command == "stop" and not last:
            run.set_status("stopped", trainable.step, given_up.reason)
            return
    run.set_status("finished", trainable.iterations)


def _is_asked(trainable: Trainable, run: Run) -> bool:
    """Whether the control file asks for anything else than to go on as it does."""
    return run.command() != "run" or _other_rate(trainable, run) is not None


def _other_rate(trainable: Trainable, run: Run) -> float | None:
    """The peak rate that the control file asks for, if it is not the one that it trains with."""
    rate = run.asked_rate()
    return None if rate == trainable.peak_rate else rate


class _Sitting:
    """What is written from the start, or from a resume, to the end: snapshots and checkpoints."""

    def __init__(self, trainable: Trainable, run: Run) -> None:
        self.trainable, self.run = trainable, run
        self.pace = Pace(trainable.iterations, trainable.step)
        self.begun = self.saved_at = pacing.monotonic()
        self._live: int | None = None  # the step of a snapshot that the next one replaces

    def write(self, *, record: bool, kept: bool, live: bool = False) -> list[Step]:
        """Record how it stands; the record of this step, if there is one.

        kept, live: whether with a snapshot, and of which kind.
        """
        snapshot = kept or live
        with self.pace.looking() if snapshot else nullcontext():
            taken = self.trainable.take(record=record, snapshot=snapshot)
            for one in taken.snapshots:
                self.run.write_snapshot(one)
        if snapshot and self._live is not None:
            self.run.remove_snapshot(self._live)
        if snapshot:
            self._live = self.trainable.step if live else None
        for step in taken.steps:
            self.run.append(step)
        if taken.steps:
            self.run.set_status("running", self.trainable.step)
        return taken.steps[-1:]

    def unsaved_seconds(self) -> float:
        """How long a checkpoint has been due: positive, if it is."""
        now = pacing.monotonic()
        early = now - self.begun < CHECKPOINT_SECONDS
        interval = FIRST_CHECKPOINT_SECONDS if early else CHECKPOINT_SECONDS
        return now - self.saved_at - interval

    def save(self) -> None:
        self.trainable.save(self.run)
        self.saved_at = pacing.monotonic()


def _after_pause(run: Run, step: int) -> str:
    """What the run is asked to do, once it is no longer asked to pause."""
    run.set_status("paused", step)
    while (command := run.command()) == "pause":
        time.sleep(PAUSE_SECONDS)
    run.set_status("running", step)
    return command


class Patience:
    """Whether a run has stopped improving: no smaller measure for so many steps, or None.

    >>> import tempfile
    >>> folder, nothing = tempfile.TemporaryDirectory(), np.zeros((0, 0))
    >>> run = Run(folder.name)
    >>> run.create({"experiment": "distorted/r/fcn"})
    >>> for step, error in ((10, 3.0), (20, 3.5)):
    ...     run.write_snapshot(Snapshot(step, nothing, nothing, nothing, error, nothing))
    >>> patience = Patience(10, run, begun=0)
    >>> patience.look(20)
    >>> patience.reason
    'stopped early: no lower error since step 10'
    """

    def __init__(self, steps: int | None, run: Run, begun: int) -> None:
        self.steps, self.run, self.begun = steps, run, begun
        self.reason = ""  # why it is given up, once it is
        self._best = (math.inf, begun)  # the smallest measure of all looks, and its step

    def begin(self, step: int) -> None:
        """Count anew from here."""
        self.begun = step

    def look(self, step: int) -> None:
        """At the run's snapshots, the last one of this step; not all of them are kept."""
        if self.steps:
            seen = [(snapshot.measure, snapshot.step) for snapshot in self.run.snapshots()]
            self._best = min(self._best, *seen)
            best = self._best[1]
            if step - max(best, self.begun) >= self.steps:
                self.reason = f"stopped early: no lower error since step {best:,}"
