"""What the page shows: a photograph, and what the networks make of its crop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.data import house_numbers
from app.data.networks import LoadedNetwork, own_trace, run_network
from app.stage.depth import Cascade, DepthReport
from app.stage.story import Layers, layer
from app.views.house_numbers.choices import Choice

if TYPE_CHECKING:
    import torch

    from stn_core.house_numbers.networks import ReadingNetwork
    from stn_core.trace import Trace


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What was chosen, looked up."""

    choice: Choice
    networks: tuple[LoadedNetwork, ...]

    @property
    def staged(self) -> LoadedNetwork | None:
        """Whose frames are drawn: the first network's with transformers."""
        return next((n for n in self.networks if n.network.transformer), None)

    @property
    def token(self) -> str:
        """Names what the stage shows: with another one it forgets what the hand has done."""
        choice = self.choice  # of the same picture another side is another crop
        return f"{self.staged and self.staged.key}/{choice.side}/{choice.photograph.name}"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a network makes of the crop. own: by itself; trace: with the θ of the hand."""

    loaded: LoadedNetwork
    own: Trace
    trace: Trace
    by_hand: bool

    @property
    def number(self) -> str:
        """What it reads."""
        return house_numbers.read_as_text(self.trace.logits[0].argmax(-1).tolist())


def readings(shown: Shown, report: DepthReport) -> tuple[Reading, ...]:
    """What every network makes of the crop as it is now, the first with the θ of the hand."""
    photograph = shown.choice.photograph
    moved = report.crop and house_numbers.is_crop(report.crop)
    crop = report.crop if moved else photograph.crop
    found = []
    for loaded in shown.networks:
        images = house_numbers.cropped(photograph.image, crop, loaded.experiment.data.side)
        own = own_trace(loaded, loaded.key, images, ())
        by_hand = loaded is shown.staged and report.by_hand
        trace = run_network(loaded, images, *report.thetas) if by_hand else own
        found.append(Reading(loaded=loaded, own=own, trace=trace, by_hand=by_hand))
    return tuple(found)


def cascade(reading: Reading | None) -> Cascade:
    """A network's transformers for the stage, and the layers between them."""
    if reading is None:
        return Cascade()
    warps = reading.own.warps
    return Cascade(
        sizes=[tuple(warp.input.shape[1:]) for warp in warps],
        layers=_layers_between(reading.loaded.network, len(warps)),
        own=_thetas(reading.own),
        thetas=_thetas(reading.trace),
    )


def _thetas(trace: Trace) -> Sequence[Sequence[float]]:
    return [warp.theta[0].tolist() for warp in trace.warps]


def _layers_between(network: ReadingNetwork, count: int) -> list[Layers]:
    from stn_core.house_numbers.networks import POOLED

    return [
        [
            layer("pad", side=convolution.padding[0]),
            layer("convolution", weight=_array(convolution.weight), bias=_array(convolution.bias)),
            *([layer("max", side=2)] if n in POOLED else []),
            layer("rectify"),
        ]
        for n, convolution in enumerate(network.classifier.convolutions[: max(0, count - 1)])
    ]


def _array(tensor: torch.Tensor):
    return tensor.detach().contiguous().numpy()
