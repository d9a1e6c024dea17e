"""Train every cell of a table, several at once.

On a CPU each training is a process of its own. On a CUDA GPU each is a thread of this process with
a stream of its own: a process waits for the GPU while another one has it, kernels of several
streams run side by side.
"""

from __future__ import annotations

import contextlib
import dataclasses
import signal
import subprocess
import threading
import time
import traceback
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import torch

from stn_core import checkpoints, launcher
from stn_core.digits import Source
from stn_core.errors import UnknownName
from stn_core.experiment import Experiment
from stn_core.experiments import EXPERIMENTS
from stn_core.metrics import load_metrics
from stn_core.recipes import Recipe
from stn_core.runs.folder import Run, runs_folder
from stn_core.runs.records import RunError
from stn_core.training.devices import choose_device
from stn_core.training.network import train_steps
from stn_core.training.trainer import PRECISIONS

POLL_SECONDS = 1.0
STOP_SECONDS = 60.0  # until all have written their checkpoints
LOG = "log.txt"
# The cheap and the telling cells before the slow ones.
NETWORKS = ("fcn", "st-fcn", "2st-fcn", "st-cnn", "cnn")
COLUMNS = ("rts", "tc", "r", "e", "p")


@dataclass
class CellTraining:
    """One cell with one seed: its run's folder, and its process or thread once it has one.

    >>> CellTraining(EXPERIMENTS["distorted/r/fcn"], seed=0, run=Run(Path("nowhere"))).state
    'waiting'
    """

    experiment: Experiment
    seed: int
    run: Run
    worker: subprocess.Popen | threading.Thread | None = None
    stopping: threading.Event = dataclasses.field(default_factory=threading.Event)
    broken: bool = False  # its thread has ended in an error
    published: bool = False
    unpublished: str = ""  # why it could not be

    @property
    def state(self) -> str:
        """waiting, running, finished, stopped or failed."""
        if isinstance(self.worker, threading.Thread):
            running = self.worker.is_alive()
        else:
            running = self.worker is not None and self.worker.poll() is None
        if running:
            return "running"
        if not self.run.is_described():
            begun = self.worker is not None and not self.stopping.is_set()
            return "failed" if begun else "waiting"
        state = self.run.status().state
        if state == "finished":
            return state
        if self.worker is None:
            return "waiting"
        if isinstance(self.worker, subprocess.Popen):
            self.broken = self.worker.returncode != 0
        whole = self.stopping.is_set() or not self.broken
        return "stopped" if state == "stopped" and whole else "failed"

    def stop(self) -> None:
        """Ask it to end between two steps, with a checkpoint."""
        self.stopping.set()
        if isinstance(self.worker, subprocess.Popen):
            self.worker.send_signal(signal.SIGTERM)

    def wait(self, seconds: float) -> None:
        """Until it has ended, or for so long."""
        if isinstance(self.worker, threading.Thread):
            self.worker.join(seconds)
        elif self.worker is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.worker.wait(seconds)

    @property
    def summary(self) -> str:
        """Its progress in a line."""
        status, history, snapshots = self.run.status(), self.run.history(), self.run.snapshots()
        words = [f"{self.experiment.name}, seed {self.seed}: {self.state}"]
        words.append(f"step {status.step:,} of {self.experiment.recipe.iterations:,}")
        if len(history) > 1 and self.state == "running":
            last, before = history[-1], history[-min(20, len(history))]
            seconds = max(last.seconds - before.seconds, 1e-9)
            words.append(f"{(last.step - before.step) / seconds:.0f} steps per second")
        if snapshots:
            words.append(f"{snapshots[-1].measure:.2f} % error on the gallery")
        if self.state == "failed":
            words.append(f"see {self.run.folder / LOG}")
        return ", ".join(words)


def plan(
    table: str,
    recipe: str | None,
    seeds: int,
    root: Path,
    iterations: int | None = None,
    batch_size: int | None = None,
    precision: str = PRECISIONS[0],
) -> list[CellTraining]:
    """The trainings that a table (``distorted``) needs, the cheap cells first.

    A cell that is published with this recipe, budget and as many seeds is left out; with none of
    them given, one that is published by any recipe. root: the folder of the runs; a run that is
    there already is continued; iterations, batch_size: instead of the recipe's. Raises UnknownName
    for an unknown table or recipe, RunError for a run with other settings.

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
    trainings = []
    for experiment in sorted(cells, key=_cost):
        if not _is_published(experiment, seeds, any_recipe):
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


def sweep(
    trainings: list[CellTraining],
    source: Source,
    *,
    workers: int,
    device: str,
    precision: str,
    threads: int = 1,
) -> Generator[list[CellTraining], None, None]:
    """Run them, so many at a time; yields those that are running or have just ended, once a second.

    Closing the iterator stops what runs; each training then has a checkpoint to go on from.
    Raises InputError for a device that is not there.

    >>> from stn_core import load_digits
    >>> list(sweep([], load_digits(), workers=2, device="cpu", precision="float32"))
    []
    """
    chosen = choose_device(device)
    waiting = [t for t in trainings if t.state != "finished"]
    running: list[CellTraining] = []
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                training = waiting.pop(0)
                training.run.folder.mkdir(parents=True, exist_ok=True)
                if chosen.type == "cuda":
                    _start_thread(training, source, chosen, precision, threads)
                else:
                    _start_process(training, device, precision, threads)
                running.append(training)
            time.sleep(POLL_SECONDS)
            yield list(running)
            running = [t for t in running if t.state == "running"]
    finally:
        for training in running:
            training.stopping.set()  # a terminal's Ctrl-C has reached the processes before this
            if training.state == "running":
                training.stop()
        until = time.monotonic() + STOP_SECONDS
        for training in running:
            training.wait(max(0, until - time.monotonic()))


def _start_process(training: CellTraining, device: str, precision: str, threads: int = 1) -> None:
    run, recipe = training.run, training.experiment.recipe
    words = ["train", training.experiment.name, "--device", device, "--unmeasured"]
    if run.is_described():
        words += ["--resume"]
    else:
        words += ["--recipe", recipe.name, "--seed", str(training.seed), "--precision", precision]
        words += ["--iterations", str(recipe.iterations), "--batch-size", str(recipe.batch_size)]
    training.worker = launcher.start(words, run.folder, run.folder / LOG, threads=threads)


def _start_thread(
    training: CellTraining,
    source: Source,
    device: torch.device,
    precision: str,
    threads: int = 1,
) -> None:
    def work() -> None:
        try:
            steps = train_steps(
                training.experiment,
                source,
                seed=training.seed,
                device=device,
                precision=precision,
                threads=threads,
                run=training.run,
                resume=training.run.is_described(),
            )
            for _ in steps:
                if training.stopping.is_set():
                    training.run.control("stop")
        except Exception:  # the others go on
            training.broken = True
            with open(training.run.folder / LOG, "a") as log:
                log.write(traceback.format_exc())

    training.worker = threading.Thread(target=work, daemon=True)
    training.worker.start()


def default_root() -> Path:
    """The folder of a sweep's runs, unless another one is given.

    >>> default_root().name
    'sweep'
    """
    return runs_folder() / "sweep"
