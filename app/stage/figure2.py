"""Fig. 2 of the paper, alive: a spatial transformer in its network, run by the browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.palette import CORNER, GRIDS
from app.stage.component import component, state_of, text_of

Layers = list[dict]


@dataclass(frozen=True, kw_only=True)
class Digit:
    """A digit that a hand can turn, move and scale on U.

    image: uint8 (h, w); pose: the affine θ (6,) that lays it into U; label: its class.
    """

    image: np.ndarray
    pose: tuple[float, ...]
    label: int


@dataclass(frozen=True, kw_only=True)
class RunningNetwork:
    """A network for the browser.

    localisation, classifier: see ``layer``; U (size, size) gives θ (6,), and V, averaged over
    pool × pool pixels, the logits.
    """

    title: str
    record: str
    size: int
    pool: int
    localisation: Layers
    classifier: Layers

    def payload(self) -> dict:
        """For the browser."""
        return {
            "size": self.size,
            "pool": self.pool,
            "localisation": self.localisation,
            "classifier": self.classifier,
        }


def layer(kind: str, *, side: int = 0, weight=None, bias=None) -> dict:
    """A layer for layers.js.

    kind: "convolution" (weight (O, I, k, k)), "linear" (weight (O, I)), "max" or "average" over
    side × side values, "rectify". Weights are sent in half precision, as they are published.
    """
    if weight is None:
        return {"kind": kind, "side": side}
    return {
        "kind": kind,
        "outputs": weight.shape[0],
        "inputs": weight.shape[1],
        "kernel": weight.shape[2] if weight.ndim == 4 else 1,
        "weight": text_of(weight.astype(np.float16)),
        "bias": text_of(bias.astype(np.float16)),
    }


def figure2(network: RunningNetwork, digits: Sequence[Digit], *, first: int, key: str) -> dict:
    """Draw it. Gives what the visitor has done: the pose (6,), whether θ is set by hand, what the
    network says and what is right; empty as long as that is nothing. first: the digit at first."""
    component()(
        key=key,
        data={
            "layout": "figure2",
            "token": network.title,
            "first": first,
            "network": network.payload(),
            "digits": [
                {
                    "image": text_of(digit.image),
                    "size": list(digit.image.shape),
                    "pose": list(digit.pose),
                    "label": digit.label,
                }
                for digit in digits
            ],
            "colours": {"corner": CORNER, "grid": GRIDS[0]},
        },
        on_report_change=lambda: None,
    )
    return state_of(key)
