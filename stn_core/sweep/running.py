"""Train cells on this machine, several at once, and share them with other machines by claims.

On a CPU each training is a process of its own. On a CUDA GPU each is a thread of this process with
a stream of its own: a process waits for the GPU while another one has it, kernels of several
streams run side by side.
"""

from __future__ import annotations

import time
from collections.abc import Generator

from stn_core.pictures import Load
from stn_core.sweep.cells import CellTraining
from stn_core.sweep.claims import Claim, Claims, last_claim, last_failed
from stn_core.training.devices import choose_device

POLL_SECONDS = 1.0
LOOK_SECONDS = 5.0  # between two looks for a cell that no other process has
STOP_SECONDS = 60.0  # until all have written their checkpoints


def sweep(
    trainings: list[CellTraining],
    pictures: Load,
    *,
    workers: int,
    device: str,
    precision: str,
    threads: int = 1,
) -> Generator[list[CellTraining], None, None]:
    """Run them, so many at a time; yields those that are running or have just ended, once a second.

    Each is claimed first. Those that other processes have claimed are waited for: when one of
    these dies, its cell is taken over, and goes on from its checkpoint. A cell that fails
    meanwhile, here or elsewhere, is not begun again.
    pictures: what an experiment is trained on; asked only for trainings in this process, on a GPU.
    Closing the iterator stops what runs here; each training then has a checkpoint to go on from.
    Raises InputError for a device that is not there.

    >>> from stn_core.pictures import load_pictures
    >>> list(sweep([], load_pictures, workers=2, device="cpu", precision="float32"))
    []
    """
    chosen = choose_device(device)
    queue = _Queue(trainings)
    running: list[CellTraining] = []
    try:
        while not queue.is_done() or running:
            while len(running) < workers and (training := queue.take()):
                if chosen.type == "cuda":
                    source = pictures(training.experiment)
                    training.start_thread(source, chosen, precision, threads)
                else:
                    training.start_process(device, precision, threads)
                running.append(training)
            time.sleep(POLL_SECONDS)
            yield list(running)
            running = [t for t in running if not _has_ended(t)]
    finally:
        for training in running:
            training.stopping.set()  # a terminal's Ctrl-C has reached the processes before this
            if training.state == "running":
                training.stop()
        until = time.monotonic() + STOP_SECONDS
        for training in running:
            training.wait(max(0, until - time.monotonic()))
            if training.claim:
                training.claim.release()


class _Queue:
    """The cells that this process has not trained yet, and may claim."""

    def __init__(self, trainings: list[CellTraining]) -> None:
        self._left = [t for t in trainings if t.state != "finished"]
        # What failed before this sweep is tried once more, under the claim that follows.
        self._again = {t.run.folder: last_claim(t.run.folder) for t in trainings if t.has_failed()}
        self._claims = Claims()
        self._looked_at = -LOOK_SECONDS

    def is_done(self) -> bool:
        return not self._left

    def take(self) -> CellTraining | None:
        """The next one, with its claim; None if other processes have all that are left."""
        if time.monotonic() - self._looked_at < LOOK_SECONDS:
            return None
        self._left = [t for t in self._left if not self._is_over(t)]
        for training in self._left:
            if training.run.is_alive():  # what trained it may outlive the owner of the claim
                continue
            claim = self._claims.take(training.run.folder)
            if claim is None:
                continue
            if self._is_over(training, claim):  # since the look above
                claim.release(failed=training.has_failed(claim))
                continue
            self._left.remove(training)
            training.claim = claim
            return training
        self._looked_at = time.monotonic()
        return None

    def _is_over(self, training: CellTraining, own: Claim | None = None) -> bool:
        if training.state == "finished":
            return True
        folder = training.run.folder
        if folder not in self._again:
            return training.has_failed(own)
        return last_claim(folder, own) != self._again[folder] and last_failed(folder, own)


def _has_ended(training: CellTraining) -> bool:
    """Whether it runs here no more; then its claim is released."""
    claim = training.claim
    assert claim is not None
    if (state := training.state) != "running":
        claim.release(failed=state == "failed")
        return True
    if claim.is_lost():
        training.leave()
        claim.release()
        return True
    return False
