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
    """The median time of one call, after one that does not count."""
    return alternating({"": work}, device, repeat)[""]


def alternating(
    works: dict[str, Callable[[], object]], device: torch.device, repeat: int = 3
) -> dict[str, float]:
    """The median time of one call of each, in milliseconds; a round of one, then of the next.

    What else the machine does meanwhile then slows all of them alike.
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
    """Until the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def steps_a_round(device: torch.device) -> int:
    """How many steps a round has: on CUDA, where batches are drawn together, whole draws."""
    return 2 * BATCHES_DRAWN if device.type == "cuda" else 3


def busy_words(load: float, cores: int, threads: int = 1) -> str | None:
    """What to say if other processes leave fewer cores than are used. load: their average."""
    if load <= cores - threads:
        return None
    return (
        f"The machine is busy: a load of {load:.1f} on {cores} cores. Times are longer than they "
        "need be, and the ratios rough."
    )


def load_average() -> float:
    """Of the last minute; 0 where the system does not say."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
