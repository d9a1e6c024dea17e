"""How much memory a training takes, each in a process of its own."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import torch

from stn_core.bench.steps import NETWORKS

_PEAK = """
import sys, torch
from stn_core import digits
from stn_core.bench.memory import peak_megabytes
from stn_core.experiments import find
from stn_core.training.trainer import Trainer
torch.set_num_threads(1)
name, device = sys.argv[1], torch.device(sys.argv[2])
trainer = Trainer(find(name), digits.installed(), seed=0, device=device)
before = peak_megabytes(device, reset=True)
for _ in range(6):  # on CUDA, the graphs' memory too
    trainer.advance()
print(peak_megabytes(device) - before)
"""


def peak_megabytes(device: torch.device, *, reset: bool = False) -> float:
    """The most memory that this process has held, on the GPU or resident; from now on, if reset.

    >>> peak_megabytes(torch.device("cpu")) > 1
    True
    """
    if device.type == "cuda":
        if reset:
            torch.cuda.reset_peak_memory_stats(device)
        return torch.cuda.max_memory_allocated(device) / 2**20
    status = Path("/proc/self/status")
    if not status.exists():  # not Linux: the most since the process began
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    peak = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
    assert peak is not None  # it is in every Linux's
    return float(peak[1]) / 2**10


def peaks(device: torch.device) -> Iterator[str]:
    """Lines on the memory that trainings take on a device, each in a process of its own.

    >>> next(peaks(torch.device("cpu")))
    'Peak memory of six training steps (batch size 64, RTS), above that of the process before'
    """
    yield "Peak memory of six training steps (batch size 64, RTS), above that of the process before"
    peaks = {}
    for name in NETWORKS:
        command = [sys.executable, "-c", _PEAK, f"distorted/rts/{name}", str(device)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        peaks[name] = float(done.stdout)
    largest = max(*peaks.values(), 1e-9)
    yield ", ".join(f"{n} {p:.0f} MB ({p / largest:.2f} of the largest)" for n, p in peaks.items())
