"""What the page shows: a photograph, and what the networks make of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.data import birds
from app.data.networks import LoadedNetwork, own_trace, run_network
from app.stage.windows import Windows, WindowsReport
from app.views.birds.choices import Choice

if TYPE_CHECKING:
    import torch

    from stn_core.trace import Trace


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What was chosen, looked up."""

    choice: Choice
    networks: tuple[LoadedNetwork, ...]

    @property
    def staged(self) -> LoadedNetwork | None:
        """Whose windows are drawn: the first network's with transformers."""
        return next((n for n in self.networks if n.network.transformer), None)

    @property
    def count(self) -> int:
        """How many windows there are."""
        return len(starts(self.staged))

    @property
    def side(self) -> int:
        """Of the image that the windows are on, in pixels."""
        return self.staged.experiment.data.side if self.staged else birds.SIDE

    @property
    def token(self) -> str:
        """Names what the stage shows: with another one it forgets what the hand has done."""
        return f"{self.staged and self.staged.key}/{self.choice.bird.name}"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a network says of the photograph. odds: of each species, (200,); by_hand, muted: whether
    a hand has moved or muted a window of it."""

    loaded: LoadedNetwork
    odds: np.ndarray
    by_hand: bool = False
    muted: bool = False


def starts(loaded: LoadedNetwork | None) -> Sequence[Sequence[float]]:
    """Where an untrained network's windows are; without a network two of them."""
    from stn_core.birds.networks import STARTS

    return STARTS[len(loaded.network.transformer) if loaded else 2]


def readings(shown: Shown, report: WindowsReport) -> tuple[Reading, ...]:
    """What every network says of what is uncovered, the first with the windows of the hand."""
    return tuple(_reading(shown, loaded, report) for loaded in shown.networks)


def _reading(shown: Shown, loaded: LoadedNetwork, report: WindowsReport) -> Reading:
    images = given(shown, loaded, report)
    trace = own_trace(loaded, loaded.key, images, ())
    is_staged = loaded is shown.staged
    by_hand, muted = is_staged and report.by_hand, is_staged and bool(report.muted)
    if by_hand:
        # A window that the hand has not moved stays where the network has put it: θ of all is
        # given, so that the localisation network need not run again.
        thetas = [
            held or warp.theta[0].tolist()
            for held, warp in zip(report.held, trace.warps, strict=True)
        ]
        trace = run_network(loaded, images, *thetas)
    logits = silenced(loaded, trace, report.muted) if muted else trace.logits
    odds = logits[0].softmax(-1).numpy()
    return Reading(loaded=loaded, odds=odds, by_hand=by_hand, muted=muted)


def given(shown: Shown, loaded: LoadedNetwork, report: WindowsReport) -> torch.Tensor:
    """The photograph as a network gets it, covered as the hand has it."""
    image = shown.choice.bird.image
    side = loaded.experiment.data.side
    return birds.inputs(image, side, report.cover, birds.mean_colour(image))


def silenced(loaded: LoadedNetwork, trace: Trace, muted: Sequence[int]) -> torch.Tensor:
    """Logits (1, 200) without what these windows say: their descriptors are zeros."""
    import torch

    with torch.inference_mode():
        return loaded.network.classifier(trace.classifier_input, muted)


def windows_of(shown: Shown, report: WindowsReport) -> Windows:
    """Where the staged network looks, for the stage."""
    from stn_core.birds.networks import CROP, SCALE

    loaded = shown.staged
    first = starts(loaded)
    own = predicted = first
    if loaded:
        own = middles(own_trace(loaded, loaded.key, given(shown, loaded, WindowsReport()), ()))
        predicted = middles(own_trace(loaded, loaded.key, given(shown, loaded, report), ()))
    return Windows(
        scale=SCALE,
        side=CROP,
        starts=first,
        own=own,
        predicted=predicted,
        trained=loaded is not None,
    )


def middles(trace: Trace) -> Sequence[Sequence[float]]:
    """t of each window: (N, 2)."""
    return [warp.theta[0].tolist() for warp in trace.warps]
