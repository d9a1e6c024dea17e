"""Keeps no freed memory: else a class of thirty holds a gigabyte that nobody uses.

Nor what a session leaves. Streamlit's sessions are knots of references, with the visitor's uploads
in them, and only the garbage collector undoes those. Nothing is frozen (``gc.freeze``): the session
for which torch is imported would be frozen with it, and never given back.
"""

from __future__ import annotations

import gc
import threading
import time

from stn_core.allocator import M_MMAP_THRESHOLD, mallopt

BYTES = 128 * 1024  # its default at the start
# A collection takes a fifth of a second; Streamlit keeps a session that was left for two minutes.
COLLECT_SECONDS = 150.0


def keep_no_freed_memory() -> bool:
    """Whether the C library has taken it.

    An array from this size on is given back to the system when it is freed. By itself, glibc puts
    this up to 32 MB as arrays come and go, and then keeps them in up to eight arenas a core.
    ``python -m tests.stress.load`` shows what it is worth.
    """
    return mallopt(M_MMAP_THRESHOLD, BYTES)


def collect_now_and_then() -> None:
    """Collect garbage every few minutes from now on, in a thread."""
    threading.Thread(target=_collect_on, name="collector", daemon=True).start()


def _collect_on() -> None:
    while True:
        time.sleep(COLLECT_SECONDS)
        gc.collect()
