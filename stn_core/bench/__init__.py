"""Speed and memory, measured in one run on this machine and told as ratios.

Figures from two runs, or two machines, are not to be compared; the ratios of one run are. Only the
command `bench` imports it.
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from pathlib import Path

import torch

from stn_core import digits
from stn_core.bench import depth, memory, parallel, peers, steps, transformer
from stn_core.bench.timing import busy_words, load_average
from stn_core.threads import on_threads
from stn_core.training.devices import device_name


def bench(device: torch.device) -> Iterator[str]:
    """The lines of the report, as they are measured: two or three minutes on two cores.

    >>> device_name(torch.device("cpu")) in next(bench(torch.device("cpu")))
    True
    """
    with on_threads(1):
        yield from _lines(device)


def _lines(device: torch.device) -> Iterator[str]:
    source = digits.installed()
    where = f"{device_name(device)}{_processor()}"
    yield f"{where}, torch {torch.__version__}, Python {platform.python_version()}"
    yield "Times are medians in milliseconds; compare only within this run."
    if device.type == "cpu" and (words := busy_words(load_average(), os.cpu_count() or 1)):
        yield words
    yield ""
    yield from steps.plain_loop(source, device)
    if device.type == "cuda":
        yield from steps.side_by_side(source, device)
    yield from steps.share_of_the_transformer(source, device)
    yield from steps.pooling(source, device)
    yield from depth.in_depth(device)
    yield from parallel.in_parallel(device)
    yield from peers.beside(device)
    yield from transformer.grids(device)
    yield from transformer.kernels(device)
    yield from transformer.sizes(device)
    yield from transformer.volumes(source, device)
    yield from memory.peaks(device)


def _processor() -> str:
    """The CPU's model, where the system says it."""
    info = Path("/proc/cpuinfo")
    named = re.search(r"^model name\s*: (.+)$", info.read_text(), re.M) if info.exists() else None
    return f", {named[1]}" if named else ""
