"""MNIST addition: the widgets that choose two digits, and what to do with them."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.data import gallery
from app.data.run_keys import RunKey, Uploaded
from app.panels import own_digit
from app.panels.choices import DIGITS, choose_networks, choose_page_view, choose_seed, options
from app.views.addition import PAGE

PREFIX = "addition/rts/"
FIRST_CHOICES = ("2st-fcn-aff", "st-fcn-aff")
FIRST_PAIR = PAGE.defaults["first"], PAGE.defaults["second"]
FIRST_SEED = PAGE.defaults["sum_seed"]
NAMES = r"""
The image **U** has two channels with a digit in each. Each digit is rotated, scaled and moved (RTS)
on its own. Each **transformer** sees both channels, predicts its own parameters **θ**, and warps
both channels. All outputs **V**, two channels each, are average-pooled and go to the classifier.
It is trained on the **sum** only, 0 to 18.

**2×ST-FCN** has two transformers in front of a fully connected network (**FCN**), **ST-FCN** has
one. **Aff**, **Proj** and **TPS** are their families: affine, projective, thin plate spline. All
networks have about 400,000 parameters.

App. A.1 and Table 4 of [*Spatial Transformer Networks*](https://arxiv.org/abs/1506.02025)
(Jaderberg, Simonyan, Zisserman, Kavukcuoglu, 2015).
"""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What was chosen. networks: at most two; digits: of the
    gallery, in the order of the channels; drawn: what a hand has drawn in their stead; muted:
    transformers that are held at the identity."""

    networks: tuple[RunKey, ...]
    digits: tuple[int, int]
    drawn: tuple[gallery.Drawn | None, gallery.Drawn | None]
    seed: int
    swapped: bool
    muted: tuple[int, ...]

    @property
    def token(self) -> str:
        drawn = zlib.crc32(repr(self.drawn).encode())
        return f"{self.digits}/{drawn}/{self.seed}/{self.swapped}/{self.muted}"


def choose_view() -> tuple[str, DeltaGenerator]:
    """The first row of the page: which view; and the row."""
    return choose_page_view("sum_view", ["Explore", "Train", "Replay", "Results"], NAMES)


def choose() -> Choice:
    """Two digits, a seed, two networks, and what is done to them: beside the stage."""
    ordinals = zip(("Digit 1", "Digit 2"), ("first", "second"), FIRST_PAIR, strict=True)
    pair = tuple(
        int(
            place.number_input(
                name, 0, DIGITS - 1, number, key=key, bind="query-params",
                disabled=st.session_state.get(f"draw-{key}", False),
                help="Selects a gallery digit, 0 to 999, sorted by class: 200 to 299 are twos",
            )
        )
        for place, (name, key, number) in zip(st.columns(2, gap="xsmall"), ordinals, strict=True)
    )  # fmt: skip
    seed = choose_seed(
        "sum_seed",
        FIRST_SEED,
        "Draws the rotation, scale and shift of each digit",
        "New distortion",
    )
    with st.popover(
        "Your own digits", width="stretch", help="Draw, paste, upload or photograph the two digits"
    ):
        drawn = tuple(
            own_digit.choose_digit(f"draw-{name}", f"your own {name} digit")
            for name in ("first", "second")
        )
    keys = choose_networks(PREFIX, FIRST_CHOICES)
    swapped = st.toggle(
        "Swap the channels", key="swapped", bind="query-params",
        help="The sum stays. Each transformer follows a channel, not a digit.",
    )  # fmt: skip
    titles = options(PREFIX)
    two = any(isinstance(k, Uploaded) or titles[k].startswith("2×") for k in keys)
    muted = st.pills(
        "Mute a transformer", ["Mute transformer 1", "Mute transformer 2"],
        selection_mode="multi", key="muted", bind="query-params",
        label_visibility="collapsed",
        help="Sets its θ to the identity: the classifier gets U unchanged",
        disabled=not two,
    )  # fmt: skip
    return Choice(
        networks=keys,
        digits=pair[::-1] if swapped else pair,
        drawn=drawn[::-1] if swapped else drawn,
        seed=seed,
        swapped=swapped,
        muted=tuple(sorted(int(name[-1]) - 1 for name in muted)),
    )


def choose_pair(text: str) -> None:
    """Take a pair of the strip, as ``307.812``; called before the widgets are drawn again."""
    first, second = map(int, text.split("."))
    pair = {"first": first, "second": second, "swapped": False}
    st.session_state.update({**pair, "draw-first": False, "draw-second": False})
