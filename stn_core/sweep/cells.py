"""One cell of a table with one seed: its run, and the process or the thread that trains it here."""

from __future__ import annotations

import contextlib
import dataclasses
import signal
import subprocess
import threading
import traceback
from dataclasses import dataclass

import torch

from stn_core import launcher
from stn_core.digits import Source
from stn_core.experiment import Experiment
from stn_core.runs.folder import Run
from stn_core.sweep.claims import Claim, last_failed
from stn_core.training.network import train_steps

LOG = "log.txt"


@dataclass
class CellTraining:
    """One cell with one seed: its run's folder, and its process or thread once it has one.

    >>> from pathlib import Path
    >>> from stn_core import find
    >>> CellTraining(find("distorted/r/fcn"), seed=0, run=Run(Path("nowhere"))).state
    'waiting'
    """

    experiment: Experiment
    seed: int
    run: Run
    worker: subprocess.Popen | threading.Thread | None = None
    claim: Claim | None = None
    stopping: threading.Event = dataclasses.field(default_factory=threading.Event)
    leaving: threading.Event = dataclasses.field(default_factory=threading.Event)
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
            return "running" if self.run.is_alive() else "waiting"  # by another process
        if isinstance(self.worker, subprocess.Popen):
            self.broken = self.worker.returncode != 0
        whole = self.stopping.is_set() or not self.broken
        return "stopped" if state == "stopped" and whole else "failed"

    def has_failed(self, own: Claim | None = None) -> bool:
        """Whether its run or its last claim says so, whichever process has trained it.

        own: a claim that the training has not begun with yet.
        """
        folder = self.run.folder
        # A run is described before it has a status; without one it reads as failed.
        recorded = (folder / "status.json").is_file() and self.run.status().state == "failed"
        return recorded or last_failed(folder, own)

    def start_process(self, device: str, precision: str, threads: int = 1) -> None:
        run, recipe = self.run, self.experiment.recipe
        words = ["train", self.experiment.name, "--device", device, "--unmeasured"]
        if run.is_described():
            words += ["--resume"]
        else:
            words += ["--recipe", recipe.name, "--seed", str(self.seed), "--precision", precision]
            words += ["--iterations", str(recipe.iterations)]
            words += ["--batch-size", str(recipe.batch_size)]
        self.worker = launcher.start(words, run.folder, run.folder / LOG, threads=threads)

    def start_thread(
        self, source: Source, device: torch.device, precision: str, threads: int = 1
    ) -> None:
        def work() -> None:
            try:
                steps = train_steps(
                    self.experiment,
                    source,
                    seed=self.seed,
                    device=device,
                    precision=precision,
                    threads=threads,
                    run=self.run,
                    resume=self.run.is_described(),
                )
                for _ in steps:
                    if self.leaving.is_set():
                        return
                    if self.stopping.is_set():
                        self.run.control("stop")
            except Exception:  # the others go on
                self.broken = True
                with open(self.run.folder / LOG, "a") as log:
                    log.write(traceback.format_exc())

        self.worker = threading.Thread(target=work, daemon=True)
        self.worker.start()

    def stop(self) -> None:
        """Ask it to end between two steps, with a checkpoint."""
        self.stopping.set()
        if isinstance(self.worker, subprocess.Popen):
            self.worker.send_signal(signal.SIGTERM)

    def leave(self) -> None:
        """End it without another word into the run's folder, which another process has by now."""
        self.leaving.set()
        if isinstance(self.worker, subprocess.Popen):
            self.worker.kill()
        self.wait(None)
        self.worker = None

    def wait(self, seconds: float | None) -> None:
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
