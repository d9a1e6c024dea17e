"""What transformers cost in the networks of Table 2, of the paper's own sizes (Sect. 4.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

from stn_core.bench.timing import alternating
from stn_core.experiments import find
from stn_core.experiments.house_numbers import PAPER_NETWORKS

BATCHES = {"cpu": 16, "cuda": 128}  # the paper's 128 take 6 seconds on one core
CLAIM = 6  # Sect. 4.2: "only 6% slower (forward and backward pass)"


def in_depth(device: torch.device) -> Iterator[str]:
    """Lines on the time of a forward and backward pass with transformers, next to the CNN's.

    >>> next(in_depth(torch.device("cpu")))[:34]
    'House numbers, 64 px: a forward an'
    """
    batch = BATCHES.get(device.type, 16)
    yield f"House numbers, 64 px: a forward and backward pass of {batch}, the paper's own sizes"
    yield f"(Sect. 4.2: ST-CNN Multi is {CLAIM} % slower than the CNN)"
    experiment = find("house-numbers/64/cnn")
    images = torch.rand(batch, *experiment.data.image_shape, device=device)

    def work(name: str) -> Callable[[], object]:
        generator = torch.Generator().manual_seed(0)
        network = PAPER_NETWORKS[name].build(
            experiment.data.image_shape, experiment.data.classes, generator
        )
        network.to(device)
        return lambda: network(images).logsumexp(-1).sum().backward()

    times = alternating({name: work(name) for name in PAPER_NETWORKS}, device, repeat=1)
    for name, time in times.items():
        yield f"{name:15} {time:8.0f}   {100 * (time / times['cnn'] - 1):+.0f} %"
    yield ""
