"""What a visitor chooses on the page: a distortion, two networks, a digit and a seed."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.data import gallery
from app.data.run_keys import RunKey
from app.panels import own_digit
from app.panels.choices import DIGITS, choose_networks, choose_seed
from app.tables import DISTORTIONS
from app.views.distorted import PAGE

NAMES = r"""
**U** is the image, **V** the output of the transformer. **G** is the regular grid of V's pixels.
The localisation network predicts the parameters **θ** from U. The sampling grid **$T_\theta(G)$**
says where in U each pixel of V is read. The grid's yellow corner is the top left corner of V: it
shows which way the grid is turned.

**FCN** is a fully connected network, **CNN** a convolutional one. **ST-** puts a spatial
transformer in front. **Aff**, **Proj** and **TPS** are its families: affine (6 parameters),
projective (8), thin plate spline with 16 control points (32). All networks have about 400,000
parameters.

The **distortions** are those of App. A.4 (in P, the direction in which a corner moves is our
reading) and the errors those of Table 1 of
[*Spatial Transformer Networks*](https://arxiv.org/abs/1506.02025) (Jaderberg, Simonyan, Zisserman,
Kavukcuoglu, 2015).
"""
FIRST_CHOICES = ("st-cnn-aff", "cnn")
FIRST_DIGIT, FIRST_SEED = PAGE.defaults["digit"], PAGE.defaults["seed"]
OWN_DIGIT = "own-digit"  # the switch's key


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What was chosen. networks: at most two."""

    distortion: str
    networks: tuple[RunKey, ...]
    digit: int  # in the gallery, class by class
    seed: int
    drawn: gallery.Drawn | None = None  # a digit of the visitor's own in its stead

    @property
    def token(self) -> str:
        """Tells the input from every other."""
        drawn = f"/{zlib.crc32(repr(self.drawn).encode())}" if self.drawn else ""
        return f"{self.distortion}/{self.digit}/{self.seed}{drawn}"


def choose_view() -> tuple[str, str, DeltaGenerator]:
    """The first row of the page: a view, and one of the distortions of App. A.4; and the row."""
    row = st.container(horizontal=True, vertical_alignment="center", gap="medium")
    with row:
        view = st.segmented_control(
            "View",
            ["Explore", "Train", "Replay", "Results"],
            default="Explore",
            required=True,
            key="view",
            bind="query-params",
            persist_state="session",
            label_visibility="collapsed",
        )
        distortion = st.segmented_control(
            "Distortion",
            list(DISTORTIONS),
            default=PAGE.defaults["distortion"],
            required=True,
            key="distortion",
            bind="query-params",
            label_visibility="collapsed",
        )
        with st.popover("Names and symbols", help="What U, V, θ and the networks' names mean"):
            st.markdown(NAMES)
    return view, distortion, row


def choose(distortion: str) -> Choice:
    """A digit, a seed and two networks: beside the stage."""
    digit = st.number_input(
        "Digit, 0 to 999",
        0,
        DIGITS - 1,
        FIRST_DIGIT,
        key="digit",
        bind="query-params",
        disabled=st.session_state.get(OWN_DIGIT, False),
        help="Selects a gallery digit, sorted by class: 200 to 299 are twos. No network was "
        "trained on them.",
    )
    seed = choose_seed(
        "seed",
        FIRST_SEED,
        f"Draws the distortion. {distortion}: {DISTORTIONS[distortion]}",
        "New distortion",
    )
    with st.popover(
        "Your own digit",
        width="stretch",
        help="Draw, paste, upload or photograph a digit, and see how the networks read it",
    ):
        drawn = own_digit.choose_digit(OWN_DIGIT)
    chosen = choose_networks(f"distorted/{distortion.lower()}/", FIRST_CHOICES)
    return Choice(
        distortion=distortion,
        networks=chosen,
        digit=int(digit),
        seed=seed,
        drawn=drawn,
    )


def choose_turning() -> bool:
    """Whether the stage plays the input being turned."""
    return st.toggle(
        "Sweep the angle",
        key="sweep",
        bind="query-params",
        help="The playhead rotates the image from −90° to 90° and shows the predicted grid at "
        "every angle.",
    )


def choose_digit(digit: str) -> None:
    """Take a digit of the strip; called before the widgets are drawn again."""
    st.session_state["digit"] = int(digit)
    st.session_state[OWN_DIGIT] = False


def choose_point() -> None:
    """Take the digit of a point that was clicked; called before the widgets are drawn again."""
    points = st.session_state["angles"].selection.points
    if points:
        choose_digit(points[0]["customdata"])
