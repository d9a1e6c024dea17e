"""What a visitor chooses on the page: a view, a file, a transformer, an image, and what of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.panels import kept_upload
from app.panels.choices import choose_page_view

NAMES = r"""
**U** is what a transformer reads: the network's image, or what the layers before it have made of
it. **V** is its output. The **sampling grid $T_\theta(G)$** says where in U each pixel of V is
read; **θ** are its parameters. The grid's yellow corner is the top left corner of V.

A grid that is not affine is a **learned basis**: x, y, 1 and the directions in which the grids
differ from affine ones.
"""

if TYPE_CHECKING:
    from stn_core.inspecting import Seen
    from stn_core.inspecting.poses import Pose

MEAN = "mean"
POSE_KEYS = {"degrees": 0, "scale": 100, "shift_x": 0, "shift_y": 0}  # of an input as it is


def choose_view() -> tuple[str, DeltaGenerator]:
    """The first row of the page: which view; and the row."""
    return choose_page_view("network_view", ["Explore", "Replay"], NAMES)


def warps_file():
    """A file that ``stn_core.watched`` has written; None without one."""
    return kept_upload.upload(
        "warps.safetensors",
        ["safetensors"],
        key="own-warps",
        help="The file that `save_warps` wrote",
    )


def choose_transformer(names: Sequence[str]) -> int:
    """Which of a network's transformers, by its place."""
    # Of another network: of an option that is gone, Streamlit keeps the words.
    if st.session_state.get("own-transformer", 0) not in range(len(names)):
        st.session_state["own-transformer"] = 0
    return st.selectbox(
        "Transformer",
        range(len(names)),
        format_func=lambda n: names[n] or "the network itself",
        key="own-transformer",
        help="Its name in the network, as in `named_modules()`; (2) is the second use of a module",
    )


def take_transformer(place: str) -> None:
    """Take a transformer of the strip; called before the widgets are drawn again."""
    st.session_state["own-transformer"] = int(place)


def choose_image(count: int) -> int:
    """Which of the images of a forward pass."""
    if st.session_state.get("own-image", 1) > count:
        st.session_state["own-image"] = 1
    chosen = st.number_input(
        f"Image, 1 to {count}",
        1,
        count,
        1,
        key="own-image",
        help="Which image of the forward pass is shown large",
    )
    return int(chosen) - 1


def take_image(image: str) -> None:
    """Take an image of the strip; called before the widgets are drawn again."""
    st.session_state["own-image"] = int(image) + 1


def choose_channel(seen: Seen) -> int | None:
    """Which channel of a feature map; None for all of a picture, or the mean."""
    channels = seen.input.shape[1]
    if channels in (1, 3):
        return None
    if st.session_state.get("own-channel", MEAN) not in (MEAN, *range(channels)):
        st.session_state["own-channel"] = MEAN
    chosen = st.selectbox(
        f"Channel of {channels}",
        [MEAN, *range(channels)],
        format_func=lambda c: c if c == MEAN else str(c + 1),
        key="own-channel",
        help="Which activation is shown before (U) and after (V) the transformer",
    )
    return None if chosen == MEAN else chosen


def choose_crop(seen: Seen) -> int:
    """Which of several crops that a transformer makes of an image."""
    count = len(seen.grid)
    if count == 1:
        return 0
    if st.session_state.get("own-crop", 1) > count:
        st.session_state["own-crop"] = 1
    help = "This transformer reads the image several times in one call"
    return int(st.number_input(f"Crop, 1 to {count}", 1, count, 1, key="own-crop", help=help)) - 1


def choose_pose() -> Pose:
    """How the input is laid: turned, scaled and shifted."""
    from stn_core.inspecting.poses import Pose

    with st.expander("Turn, scale or shift the input"):
        degrees = st.slider("Rotation", -180, 180, 0, 5, format="%d°", key="own-pose-degrees")
        scale = st.slider("Scale", 25, 200, 100, 5, format="%d %%", key="own-pose-scale")
        shift_x = st.slider("Shift in x", -50, 50, 0, 5, format="%d %%", key="own-pose-shift_x")
        shift_y = st.slider("Shift in y", -50, 50, 0, 5, format="%d %%", key="own-pose-shift_y")
        pose = Pose(degrees, scale / 100, shift_x / 100, shift_y / 100)
        st.button("Input as it is", on_click=_reset_pose, disabled=pose == Pose())
    return pose


def _reset_pose() -> None:
    for part, value in POSE_KEYS.items():
        st.session_state[f"own-pose-{part}"] = value


def choose_sweep() -> str:
    """What of the input is varied."""
    from stn_core.inspecting.poses import SWEEPS

    return st.segmented_control(
        "Vary", list(SWEEPS), default="rotation", required=True, key="own-sweep"
    )
