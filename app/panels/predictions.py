"""What networks make of an input, by their own θ or by one that a hand has set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.data.networks import LoadedNetwork, own_trace, run_network
from app.panels.verdicts import Verdict

if TYPE_CHECKING:
    import numpy as np
    import torch

    from stn_core.trace import Trace


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """A network's traces of an input, a batch of one. own: by the θ that it predicts; trace: by
    the θ of the hand, where there is one, else the same."""

    loaded: LoadedNetwork
    own: Trace
    trace: Trace
    by_hand: bool

    @property
    def answer(self) -> int:
        """The class that it gives the input."""
        return int(self.trace.logits[0].argmax())

    @property
    def probabilities(self) -> np.ndarray:
        """(classes,) that it gives the input."""
        return self.trace.logits[0].softmax(0).numpy()

    def verdict(self, note: str = "") -> Verdict:
        """note: what has been done to the network, besides θ that a hand has set."""
        return Verdict(
            loaded=self.loaded,
            probabilities=self.probabilities,
            by_hand=self.by_hand,
            note=note,
            brightest=self.trace.classifier_input.max().item(),
        )


def predict(
    loaded: LoadedNetwork,
    images: torch.Tensor,
    hand: Sequence[Sequence[float]] | None = None,
    held: Sequence[Sequence[float] | None] = (),
) -> Prediction:
    """hand: θ of every transformer, (N, P), as the visitor has set it; held: those that are held
    at a θ, and None for those that are not."""
    own = own_trace(loaded, loaded.key, images, held)
    trace = run_network(loaded, images, *hand) if hand else own
    return Prediction(loaded=loaded, own=own, trace=trace, by_hand=bool(hand))
