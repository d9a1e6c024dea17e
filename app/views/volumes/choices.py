"""What a visitor chooses on the page: two networks, a digit and a seed."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.data import gallery
from app.data.networks import network_title
from app.data.run_keys import RunKey
from app.panels import own_digit
from app.panels.choices import DIGITS, choose_networks, choose_page_view, choose_seed
from app.views.volumes import PAGE

PREFIX = "volumes/extruded/"
FIRST_CHOICES = ("st-cnn-aff", "cnn")
OWN_DIGIT = "own-volume"  # the switch's key
FIRST_DIGIT, FIRST_SEED = PAGE.defaults["volume_digit"], PAGE.defaults["volume_seed"]
NAMES = r"""
**U** is a volume of 60 × 60 × 60 voxels. It contains an MNIST digit, 8 voxels deep and turned about
three axes. **V** is the output. **G** is the regular 3D grid of V's voxels. The sampling grid
**$T_\theta(G)$** says where in U each of them is read: an affine map with 12 parameters **θ**
(Eq. 10), read with a trilinear kernel (Eq. 9). **W** is V summed along its depth, a 2D projection.
A CNN classifies W, and sees nothing else.

The box is the outline of $T_\theta(G)$. Its bold face is V's front, the yellow dot is V's first
corner, and the arrow is the axis along which V is summed. Bright voxels are those that the box
reads.

**ST-CNN Aff** predicts all 12 parameters. **ST-CNN Rigid** predicts 6, a rotation and a shift, and
keeps lengths. **CNN** sees the projection of U, **3D-CNN** the volume. All networks have about
400,000 parameters.{curriculum}

App. A.3 and Fig. 5 of [*Spatial Transformer Networks*](https://arxiv.org/abs/1506.02025)
(Jaderberg, Simonyan, Zisserman, Kavukcuoglu, 2015). The paper gives neither errors nor ranges.
Ours are the angles, up to ±45° about x and y and ±90° about z, and the networks.
"""
EASED = (
    " In the training of {} the digits started at the centre and then moved farther and farther "
    "off. In this order the network learns to rotate, and keeps it."
)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What was chosen. networks: at most two."""

    networks: tuple[RunKey, ...]
    digit: int
    seed: int
    drawn: gallery.Drawn | None  # a digit of the visitor's own in its stead

    @property
    def token(self) -> str:
        """Tells the input from every other."""
        return f"{self.digit}/{zlib.crc32(repr(self.drawn).encode())}/{self.seed}"


def choose_view() -> tuple[str, DeltaGenerator]:
    """The first row of the page: which view; and the row."""
    return choose_page_view("volume_view", ["Explore", "Train", "Replay", "Results"], names())


def names() -> str:
    """``NAMES``, with what is particular to the training of the networks that are shipped."""
    from stn_core import results

    eased = [
        f"**{network_title(name.rsplit('/', 1)[1])}**"
        for name, cell in results.cells("volumes").items()
        if cell.metrics and cell.metrics.recipe.curriculum
    ]
    return NAMES.format(curriculum=EASED.format(" and ".join(eased)) if eased else "")


def choose() -> Choice:
    """A digit, a seed and two networks: beside the stage."""
    digit = st.number_input(
        "Digit, 0 to 999", 0, DIGITS - 1, FIRST_DIGIT, key="volume_digit", bind="query-params",
        disabled=st.session_state.get(OWN_DIGIT, False),
        help="Selects a gallery digit, sorted by class: 200 to 299 are twos",
    )  # fmt: skip
    seed = choose_seed(
        "volume_seed", FIRST_SEED, "Draws the digit's rotation and shift", "New pose"
    )
    with st.popover(
        "Your own digit",
        width="stretch",
        help="Draw, paste, upload or photograph a digit; it becomes a volume",
    ):
        drawn = own_digit.choose_digit(OWN_DIGIT)
    keys = choose_networks(PREFIX, FIRST_CHOICES)
    return Choice(networks=keys, digit=int(digit), seed=seed, drawn=drawn)


def choose_digit(digit: str) -> None:
    st.session_state["volume_digit"] = int(digit)
    st.session_state[OWN_DIGIT] = False
