"""A game against the clock: ten digits are brought upright by hand, and by the network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from app.palette import CORNER, GRIDS
from app.stage.component import mount, text_of
from app.stage.story import RunningNetwork

SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Tilted:
    """A digit to bring upright. image: U, uint8 (H, W); ideal: the affine θ (6,) that undoes its
    distortion; label: its class."""

    image: np.ndarray
    ideal: tuple[float, ...]
    label: int


def beat(
    network: RunningNetwork,
    digits: Sequence[Tilted],
    *,
    key: str,
    token: str,
    on_again: Callable[[], None],
) -> None:
    """Draw it; the browser keeps the clock and runs the network. token: names these digits;
    on_again: the visitor wants others."""
    mount(
        key=key,
        data={
            "layout": "beat",
            "token": token,
            "seconds": SECONDS,
            "network": network.payload(),
            "digits": [
                {
                    "image": text_of(digit.image),
                    "size": list(digit.image.shape),
                    "ideal": list(digit.ideal),
                    "label": digit.label,
                }
                for digit in digits
            ],
            "colours": {"corner": CORNER, "grid": GRIDS[0], "network": GRIDS[1]},
        },
        on_selected_change=on_again,
    )
