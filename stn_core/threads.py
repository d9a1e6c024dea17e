"""On how many CPU threads torch computes: one, unless more are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def on_threads(count: int) -> Iterator[None]:
    """Meanwhile torch computes on so many CPU threads, then on as many as before.

    The paper's networks are small: two threads wait for each other longer than they compute, and
    where another process has one of the cores, a step costs up to 27 times the CPU time of one.

    >>> with on_threads(1):
    ...     torch.get_num_threads()
    1
    """
    before = torch.get_num_threads()
    if count == before:  # to change it, torch ends its threads and starts others
        yield
        return
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
