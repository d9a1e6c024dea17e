"""Keeps no freed memory: else a class of thirty holds a gigabyte that nobody uses."""

from __future__ import annotations

import ctypes

MMAP_THRESHOLD = -3  # glibc's M_MMAP_THRESHOLD
BYTES = 128 * 1024  # its default at the start


def keep_no_freed_memory() -> bool:
    """Whether the C library has taken it; one that is not glibc has no such thing.

    An array from this size on is given back to the system when it is freed. By itself, glibc puts
    this up to 32 MB as arrays come and go, and then keeps them in up to eight arenas a core.
    ``python -m tests.stress.load`` shows what it is worth.
    """
    try:
        return bool(ctypes.CDLL(None).mallopt(MMAP_THRESHOLD, BYTES))
    except (AttributeError, OSError, TypeError):
        return False
