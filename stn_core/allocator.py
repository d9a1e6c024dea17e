"""What the C library does with memory that is given back to it."""

from __future__ import annotations

import ctypes

# Of glibc's malloc.h: what mallopt can be asked to change.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_MMAP_MAX = -1, -3, -4
LARGEST = 2**31 - 1  # that its argument, an int, can hold


def mallopt(option: int, value: int) -> bool:
    """Whether the C library has taken a setting; one that is not glibc has no such thing.

    >>> mallopt(M_TRIM_THRESHOLD, 128 * 1024) in (True, False)  # glibc's default
    True
    """
    try:
        return bool(ctypes.CDLL(None).mallopt(option, value))
    except (AttributeError, OSError, TypeError):
        return False


def keep_freed_memory() -> bool:
    """From now on this process keeps freed memory for its next allocation. False: it cannot be had.

    By default glibc returns each large buffer to the system, and every training step asks for the
    same ones again, page by page: a tenth to a fifth of a step on a CPU. The process then holds
    its largest step's memory to the end, so that this is for processes that train or measure.

    >>> keep_freed_memory() in (True, False)
    True
    """
    return mallopt(M_MMAP_MAX, 0) and mallopt(M_TRIM_THRESHOLD, LARGEST)
