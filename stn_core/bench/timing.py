"""How long calls take, as the medians of some rounds, in turn."""

from __future__ import annotations

import os
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
    return alternating({"": work}, device, repeat)[""]


def alternating(
    works: dict[str, Callable[[], object]], device: torch.device, repeat: int = 3
) -> dict[str, float]:
    """The median time of one call of each, in milliseconds; a round of one, then of the next.

    What else the machine does meanwhile then slows all of them alike.

    >>> times = alternating({"a": lambda: None, "b": lambda: None}, torch.device("cpu"), repeat=1)
    >>> sorted(times), min(times.values()) >= 0
    (['a', 'b'], True)
    """
    times: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    wait(device)
    for _ in range(ROUNDS):
        for name, work in works.items():
            started = time.perf_counter()
            for _ in range(repeat):
                work()
            wait(device)
            times[name].append((time.perf_counter() - started) / repeat)
    return {name: 1000 * statistics.median(seconds) for name, seconds in times.items()}


def wait(device: torch.device) -> None:
    """Wait until the device has done what it was given. The CPU has when a call returns.

    >>> wait(torch.device("cpu"))
    """
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def steps_a_round(device: torch.device) -> int:
    """How many steps a round has: on CUDA, where batches are drawn together, whole draws.

    >>> steps_a_round(torch.device("cpu"))
    3
    """
    return 2 * BATCHES_DRAWN if device.type == "cuda" else 3


def busy_words(load: float, cores: int, threads: int = 1) -> str | None:
    """What to say if other processes leave fewer cores than are used. load: their average.

    >>> busy_words(load=0.4, cores=2) is None
    True
    >>> busy_words(load=3.1, cores=2)[:34]
    'The machine is busy: a load of 3.1'
    """
    if load <= cores - threads:
        return None
    return (
        f"The machine is busy: a load of {load:.1f} on {cores} cores. The times are too long and "
        "the ratios rough."
    )


def load_average() -> float:
    """The processes that ran or waited in the last minute; 0 where the system does not say.

    >>> load_average() >= 0
    True
    """
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
