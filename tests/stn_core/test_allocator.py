"""Memory that is freed stays with the process, where that was asked for."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

LARGE = 64  # MB, far above what glibc takes from the system by itself
KEPT = f"""
import sys, psutil
from stn_core.allocator import keep_freed_memory
if sys.argv[1] == "kept":
    assert keep_freed_memory()
resident = lambda: psutil.Process().memory_info().rss / 2**20
before = resident()
large = bytearray({LARGE} * 2**20)
del large
print(resident() - before)
"""


def held_megabytes(word: str) -> float:
    done = subprocess.run([sys.executable, "-c", KEPT, word], capture_output=True, check=True)
    return float(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has the setting")
def test_freed_memory_is_kept_where_that_was_asked_for():
    assert held_megabytes("kept") > LARGE - 8
    assert held_megabytes("by default") < 8
