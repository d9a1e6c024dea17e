"""Speed and memory, measured in one run on this machine and told as ratios.

Figures from two runs, or two machines, are not to be compared; the ratios of one run are. Only the
command `bench` imports it.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator

import torch

from stn_core import digits
from stn_core.bench import memory, steps, transformer
from stn_core.training.devices import device_name


def bench(device: torch.device) -> Iterator[str]:
    """The lines of the report, as they are measured: two or three minutes on two cores.

    >>> device_name(torch.device("cpu")) in next(bench(torch.device("cpu")))
    True
    """
    source = digits.installed()
    yield f"{device_name(device)}, torch {torch.__version__}, Python {platform.python_version()}"
    yield "Times are medians in milliseconds; compare within this run alone."
    yield ""
    yield from steps.plain_loop(source, device)
    if device.type == "cuda":
        yield from steps.side_by_side(source, device)
    yield from steps.share_of_the_transformer(source, device)
    yield from steps.pooling(source, device)
    yield from transformer.grids(device)
    yield from transformer.kernels(device)
    yield from transformer.sizes(device)
    yield from transformer.volumes(source, device)
    yield from memory.peaks(device)
