"""``Recorder``: what the transformers of any network do while it is trained in a loop of its own.

It writes a folder:

recorder.json     the network, its transformers, and how its images are drawn
history.jsonl     losses and errors, only ever appended to
probes.npz        the images that it is watched on (uint8), and their labels
basis.npz         B of each transformer below x, y and 1, see ``basis``; it only grows
snapshots/N.npz   at log-spaced steps N, and lately: each transformer's theta, logits
status.json       running, stopped, finished or failed, and why
lock, heartbeat   as a run's folder has them
"""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import torch
from torch import Tensor, nn

from stn_core.recorder.pacing import OpenPace
from stn_core.recorder.probes import RECORDER, Probes
from stn_core.runs.folder import Run
from stn_core.runs.records import RunError, Step
from stn_core.tensor_files import write_atomically
from stn_core.watching.modules import name_of

MAX_MESSAGE = 300  # characters of what a training failed with
NAMES = ("loss", "error", "learning_rate")  # of what a step gives


class Recorder:
    """Record a training in a folder, which the app replays, also while it grows.

    folder: a new one; the app lists those in ``runs/``, or in ``STN_RUNS``; network: any module or
    callable that ``watch`` takes; probes: the images that it is watched on, 1 to 32 of them, as the
    network takes them, (B, C, H, W), or these and their classes (B,).

    Call ``step`` after each step of the optimiser. The network is looked at on the probes in
    evaluation mode, before the first step, at log-spaced ones and at the end, for at most a tenth
    of the time. Its weights, modes and random numbers are the same as without a recorder. If the
    training ends by an exception, the folder says which; what was recorded stays.

    Raises RunError if the folder holds a run, ValueError for probes of another form, for a
    transformer in three dimensions, and for lazy layers without weights. What goes wrong later is
    one warning, and the training goes on.

    >>> import tempfile
    >>> from stn_core.tutorial_network import TutorialNetwork, images
    >>> network, (shown, classes) = TutorialNetwork(), images()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with Recorder(f"{folder}/mine", network, (shown[:10], classes[:10])) as recorder:
    ...         for loss in (2.3, 2.1):  # in place of a training
    ...             recorder.step(loss=loss)
    ...     Run(f"{folder}/mine").status().state
    'finished'
    """

    def __init__(
        self,
        folder: Path | str,
        network: nn.Module | Callable[..., Any],
        probes: Tensor | tuple[Tensor, Tensor],
    ) -> None:
        self._run = Run(Path(folder))
        self._network = network
        self._probes = Probes(network, probes)
        self._stack = ExitStack()
        self._pace: OpenPace | None = None
        self._steps = 0
        self._sums = _Sums()
        self._live: int | None = None  # the step of a snapshot that the next one replaces
        self._looked_at: int | None = None

    def __enter__(self) -> Self:
        folder = self._run.folder
        if any((folder / name).exists() for name in (RECORDER, "run.json")):
            raise RunError(f"{folder} already holds a run; choose another folder, or delete it")
        with ExitStack() as stack:
            stack.enter_context(self._run.owned())
            (folder / "snapshots").mkdir(exist_ok=True)
            description = {
                "network": name_of(self._network),
                "started": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "torch": torch.__version__,
                **self._probes.begin(folder),
            }
            write_atomically(folder / RECORDER, json.dumps(description, indent=1).encode())
            self._run.set_status("running", 0)
            self._pace = OpenPace()
            self._look(kept=True)
            self._stack = stack.pop_all()
        return self

    def step(
        self,
        *,
        loss: float | Tensor | None = None,
        error: float | Tensor | None = None,
        learning_rate: float | Tensor | None = None,
    ) -> None:
        """One step of the optimiser has been done. loss: its own; error: in per cent, where it was
        measured; what is given is averaged over the steps from one record to the next.

        Raises RuntimeError outside of the ``with``.
        """
        if self._pace is None:
            raise RuntimeError("the recorder is not recording; call step inside `with Recorder(…)`")
        self._steps += 1
        self._guarded(self._sums.add, loss, error, learning_rate)
        kept = self._pace.is_kept(self._steps)
        live = not kept and self._pace.is_live()
        if self._pace.is_recorded(self._steps) or kept or live:
            self._guarded(self._record)
        if kept or live:
            self._guarded(self._look, kept)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._stack:
            if self._sums.count:
                self._guarded(self._record)
            if error is None and self._looked_at != self._steps:
                self._guarded(self._look, True)
            self._guarded(self._end, error)
        self._pace = None

    def _end(self, error: BaseException | None) -> None:
        if error is None:
            self._run.set_status("finished", self._steps)
        elif isinstance(error, Exception):
            words = f"{type(error).__name__}: {error}"[:MAX_MESSAGE]
            self._run.set_status("failed", self._steps, words)
        else:  # by its user, with Ctrl+C
            self._run.set_status("stopped", self._steps)

    def _guarded(self, write: Callable[..., None], *arguments: Any) -> None:
        """A full disk, memory that is full, a grid that is not finite: whatever goes wrong here is
        no reason for a training to end."""
        try:
            write(*arguments)
        except Exception as error:
            warnings.warn(
                f"step {self._steps} is not in {self._run.folder}: {error}", RuntimeWarning,
                stacklevel=3,
            )  # fmt: skip

    def _record(self) -> None:
        assert self._pace
        means = self._sums.means()
        measures = {"error_percent": means["error"]} if math.isfinite(means["error"]) else {}
        seconds = self._pace.seconds()
        step = Step(self._steps, means["loss"], measures, means["learning_rate"], {}, seconds)
        self._run.append(step)
        self._run.set_status("running", self._steps)

    def _look(self, kept: bool) -> None:
        assert self._pace
        with self._pace.looking():
            self._probes.snapshot(self._run.folder, self._steps)
        if self._live not in (None, self._steps):
            self._run.remove_snapshot(self._live)
        self._live = None if kept else self._steps
        self._looked_at = self._steps


class _Sums:
    """What has been given since the last record. Losses stay on their device until then."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        self.count = 0
        self._sums: dict[str, tuple[Any, int]] = {}

    def add(self, *values: float | Tensor | None) -> None:
        self.count += 1
        for name, value in zip(NAMES, values, strict=True):
            if value is not None:
                total, count = self._sums.get(name, (0.0, 0))
                # In half precision a sum of many soon stops growing.
                value = value.detach().float() if isinstance(value, Tensor) else value
                self._sums[name] = (total + value, count + 1)

    def means(self) -> dict[str, float]:
        """By name; NaN of what was not given. Begins anew."""
        given = {name: self._sums.get(name, (math.nan, 1)) for name in NAMES}
        self.begin()
        return {name: float(total) / count for name, (total, count) in given.items()}
