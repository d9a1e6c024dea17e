"""The story on one figure: Fig. 2 of the paper, alive, in a few steps, run by the browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from app.palette import BRIGHTER, CORNER, DARKER, GRIDS
from app.stage.component import line_colours, state_of, text_of
from app.stage.page_file import PageFile, mount_with_file

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


@dataclass(frozen=True, kw_only=True)
class WatchedTraining:
    """A recorded training of the same network, on N digits, of which T snapshots are there.

    images: uint8 (N, size, size); labels (N,); steps (T,); thetas: float32 (T, N, 6); said: the
    classes that are read, uint8 (T, N); errors: of held-out digits, in percent, (T,); losses: of
    the batches, as (step, loss).
    """

    images: np.ndarray
    labels: np.ndarray
    steps: Sequence[int]
    thetas: np.ndarray
    said: np.ndarray
    errors: Sequence[float]
    losses: Sequence[tuple[int, float]]

    def payload(self) -> dict:
        """For the browser."""
        return {
            "steps": list(self.steps),
            "measures": list(self.errors),
            "loss": {
                "step": [step for step, _ in self.losses],
                "value": [loss for _, loss in self.losses],
            },
            "thetas": text_of(self.thetas.astype(np.float32)),
            "said": text_of(self.said.astype(np.uint8)),
            "probes": [
                {"image": text_of(image), "label": int(label)}
                for image, label in zip(self.images, self.labels, strict=True)
            ],
        }


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question whose answer the figure plays, as ``layouts/story/steps.js`` has it. words: HTML;
    reasons: of each answer, why it is wrong, or right."""

    words: str
    answers: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Words:
    """A step of the story. words, more: HTML; more: where to go on from it."""

    title: str
    words: str
    more: str = ""
    question: Asked | None = None


def story(
    network: RunningNetwork,
    digits: Sequence[Digit],
    training: WatchedTraining,
    steps: Sequence[Words],
    *,
    first: int,
    key: str,
    file: PageFile | None = None,
) -> dict:
    """Draw it. Gives what the visitor has done: the pose (6,), whether θ is set by hand, what the
    network says and what is right; empty as long as that is nothing. first: the digit at first;
    file: the page to take away."""
    mount_with_file(
        key=key,
        file=file,
        data={
            "layout": "story",
            "token": network.title,
            "first": first,
            "links": True,  # a page that is taken away has no pages to go to
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
            "training": training.payload(),
            "steps": [asdict(step) for step in steps],
            "colours": {
                "corner": CORNER,
                "grid": GRIDS[0],
                "up": BRIGHTER,
                "down": DARKER,
                "series": line_colours(),
            },
        },
        on_report_change=lambda: None,
    )
    return state_of(key)
