"""Freed memory is not kept."""

from __future__ import annotations

import ctypes
import gc
import platform
import time
import weakref

import pytest

from app.data import memory, once


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="not glibc")
def test_glibc_takes_it():
    assert memory.keep_no_freed_memory()


def test_another_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert not memory.keep_no_freed_memory()


def test_what_is_here_when_torch_is_imported_is_given_back(monkeypatch):
    monkeypatch.setattr(memory, "COLLECT_SECONDS", 0.01)

    class Session:
        """With an upload, and a reference to itself, as Streamlit's have."""

        def __init__(self) -> None:
            self.itself, self.upload = self, bytes(1000)

    session = Session()
    gone = weakref.ref(session)
    once.warm_up.clear()
    once.warm_up()
    assert gc.get_freeze_count() == 0
    del session
    until = time.monotonic() + 60
    while gone() is not None and time.monotonic() < until:
        time.sleep(0.01)
    assert gone() is None
