"""Networks that the page *Your network* runs: the one that the server was started with, and an
example. What a visitor sends chooses neither, and is never run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    import torch

    from stn_core.inspecting import Inspected, Pass
    from stn_core.inspecting.poses import Pose, Sweep

CLASSES = 10  # of the example's images
STRIP = 20  # images that are run at once, for the row of all of them


_handed: list[Inspected] = []  # by the script in whose process this server runs


def hand_over(network: Inspected) -> None:
    """Have this process's server show this network: before it starts."""
    _handed[:] = [network]


@st.cache_resource(show_spinner="Loading your network …")
def started_with() -> Inspected | None:
    """What a script has handed over, or ``python -m stn_core inspect`` has named; None without.
    Raises InputError."""
    from stn_core.inspecting import Source, load

    if _handed:
        return _handed[0]
    source = Source.from_environment()
    return load(source) if source else None


@st.cache_resource(show_spinner="Loading the example …")
def example() -> Inspected:
    """A network with the layers of PyTorch's tutorial, on posed digits. Raises CheckpointError."""
    from stn_core import tutorial_network
    from stn_core.inspecting import Inspected

    images, labels = tutorial_network.images()
    # One of each class after another; the upright ones, which are the first, last.
    images, labels = (t.unflatten(0, (-1, CLASSES)).flip(0).flatten(0, 1) for t in (images, labels))
    return Inspected(tutorial_network.build(), images, labels)


@st.cache_resource(max_entries=32, show_spinner=False)
def own_pass(_network: Inspected, key: str, image: int, pose: Pose) -> Pass:
    """What a network does with one image in a pose, at its own grids. Raises InputError."""
    return _network.run(posed_image(_network, image, pose))


def posed_image(network: Inspected, image: int, pose: Pose) -> torch.Tensor:
    """(1, C, H, W)."""
    from stn_core.inspecting.poses import posed

    return posed(network.images[image : image + 1], pose)


@st.cache_resource(max_entries=8, show_spinner="Running all images …")
def first_images(_network: Inspected, key: str) -> Pass:
    """What a network does with the first STRIP of its images. Raises InputError."""
    return _network.run(_network.images[:STRIP])


@st.cache_resource(max_entries=8, show_spinner=False)
def sources(_network: Inspected, key: str) -> Mapping[str, str | None]:
    """What each transformer reads: an earlier one's V, or the input (None)."""
    from stn_core.inspecting.frames import sources

    return sources(_network, _network.images[:1])


@st.cache_resource(max_entries=32, show_spinner="Running the network on the varied input …")
def swept(
    _network: Inspected, key: str, image: int, pose: Pose, what: str, transformer: str
) -> Sweep:
    """What a network makes of an image while a part of its pose is varied. Raises InputError."""
    from stn_core.inspecting.poses import sweep

    return sweep(_network, _network.images[image : image + 1], pose, what, transformer)
