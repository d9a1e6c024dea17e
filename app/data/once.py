"""What is done once a server: torch is imported, and what a page computes is kept."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from app.data import memory

T = TypeVar("T")

FIGURE_SECONDS = 1.5  # until a browser has the front page's figure
LATELY_SECONDS = 0.5


@st.cache_resource(show_spinner="Loading PyTorch …")
def warm_up() -> None:
    """Import torch once. What a session leaves is collected from now on (``memory``)."""
    import torch

    torch.set_num_threads(1)  # the networks are small, and other visitors want a core too
    memory.collect_now_and_then()


def wait_for_figure() -> None:
    """Where torch is not imported yet: let the browser fetch the figure first.

    The import would hold up every file that this process serves meanwhile, and with them the
    figure by a second.
    """
    if "torch" not in sys.modules:
        time.sleep(FIGURE_SECONDS)


@st.cache_data(ttl=LATELY_SECONDS, max_entries=16, show_spinner=False)
def made_lately(name: str, _make: Callable[[], T]) -> T:
    """What a module that stands on this one makes, once in half a second for all who ask."""
    return _make()


@st.cache_resource(show_spinner="Listing the published networks …")
def made_once(name: str, _make: Callable[[], T]) -> T:
    """What a module that stands on this one makes, kept by its name."""
    return _make()
