"""Freed memory is not kept."""

from __future__ import annotations

import ctypes
import platform

import pytest

from app.data import memory


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="not glibc")
def test_glibc_takes_it():
    assert memory.keep_no_freed_memory()


def test_another_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert not memory.keep_no_freed_memory()
