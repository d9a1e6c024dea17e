"""In which precision a device is faster: bfloat16, or float32 where it has no such products."""

from __future__ import annotations

import time
from functools import cache

import torch

from stn_core.threads import on_threads

PROBED = (256, 256)  # of two matrices, whose product is timed
NEAR = 1.5  # times as long: what a busy machine makes of equals
PROBES = 5  # products in each type, of which the fastest counts


@cache
def faster_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 or float32: in which this device multiplies matrices faster. Measured once.

    A CPU without bfloat16 products is up to 20 times slower in it; if the two are near, bfloat16.

    >>> faster_dtype(torch.device("cpu")) in (torch.bfloat16, torch.float32)
    True
    """
    if device.type == "cuda":
        return torch.bfloat16
    with on_threads(1):
        single, half = (_product_seconds(t, device) for t in (torch.float32, torch.bfloat16))
    return torch.float32 if half > NEAR * single else torch.bfloat16


def _product_seconds(dtype: torch.dtype, device: torch.device) -> float:
    matrix = torch.ones(PROBED, dtype=dtype, device=device)
    times = []
    for _ in range(PROBES):
        started = time.perf_counter()
        (matrix @ matrix).sum().item()  # which is waited for
        times.append(time.perf_counter() - started)
    return min(times)
