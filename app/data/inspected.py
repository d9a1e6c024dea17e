"""Networks that the page *Your network* runs: the one that the server was started with, and an
example. What a visitor sends chooses neither, and is never run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from app.data import example_warps, examples, networks

if TYPE_CHECKING:
    import torch

    from stn_core.inspecting import Inspected, Pass
    from stn_core.inspecting.poses import Pose, Sweep

STRIP = 16  # images that are run at once, for the row of all of them


@st.cache_resource(show_spinner="Loading your network …")
def started_with() -> Inspected | None:
    """What ``python -m stn_core inspect`` has named; None without. Raises InputError."""
    from stn_core.inspecting import Source, load

    source = Source.from_environment()
    return load(source) if source else None


@st.cache_resource(show_spinner="Loading the example …")
def example() -> Inspected:
    """A published network on ten digits, live. Raises CheckpointError."""
    import torch

    from stn_core.inspecting import Inspected

    shown = [
        examples.example(example_warps.NAME, digit, example_warps.SEED)
        for digit in example_warps.DIGITS
    ]
    return Inspected(
        networks.pretrained(example_warps.NAME).network,
        torch.cat([one.images for one in shown]),
        torch.cat([one.labels for one in shown]),
        title=networks.network_title(example_warps.NETWORK),
    )


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
