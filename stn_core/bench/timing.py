"""How long a call takes, as the median of some rounds."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch

from stn_core.training.cuda_graphs import BATCHES_DRAWN

ROUNDS = 5  # of which the median counts


def milliseconds(work: Callable[[], object], device: torch.device, repeat: int = 3) -> float:
    """The median time of one call in milliseconds, after a first one that does not count.

    repeat: the calls in a round, of which there are ROUNDS.

    >>> milliseconds(lambda: time.sleep(0.002), torch.device("cpu"), repeat=1) >= 2
    True
    """

    def wait() -> None:
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        elif device.type == "mps":
            torch.mps.synchronize()

    work()
    wait()
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for _ in range(repeat):
            work()
        wait()
        times.append((time.perf_counter() - started) / repeat)
    return 1000 * statistics.median(times)


def steps_a_round(device: torch.device) -> int:
    """How many steps a round has: on CUDA, where batches are drawn together, whole draws.

    >>> steps_a_round(torch.device("cpu"))
    3
    """
    return 2 * BATCHES_DRAWN if device.type == "cuda" else 3
