"""What the C library does with memory that a training step gives back."""

from __future__ import annotations

import ctypes
import sys

# Of glibc's malloc.h: what mallopt can be asked to change.
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
LARGEST = 2**31 - 1  # that its argument, an int, can hold


def keep_freed_memory() -> bool:
    """From now on this process keeps freed memory for its next allocation. False: it cannot be had.

    By default glibc returns each large buffer to the system, and every training step asks for the
    same ones again, page by page: a tenth to a fifth of a step on a CPU. The process then holds
    its largest step's memory to the end, so that this is for processes that train and end. Only
    glibc (Linux) has the setting.

    >>> keep_freed_memory() in (True, False)
    True
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # musl
        return False
    return bool(mallopt(M_MMAP_MAX, 0) and mallopt(M_TRIM_THRESHOLD, LARGEST))
