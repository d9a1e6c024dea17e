"""What a training minimises, and the measure of its results."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_core.departures import OTHERWISE, Departure
from stn_core.errors import InputError
from stn_core.trace import Trace


@dataclass(frozen=True, kw_only=True)
class CrossEntropy:
    """The multinomial cross entropy (App. A.4), measured by the share of wrong predictions.

    >>> trace = Trace((), torch.zeros(2, 1, 28, 28), torch.tensor([[9.0, 0], [9, 0]]))
    >>> CrossEntropy().measures(trace, torch.tensor([0, 1]))
    {'error_percent': tensor(50.)}
    """

    measure: ClassVar[str] = "error_percent"

    def loss(self, trace: Trace, labels: Tensor) -> Tensor:
        """Mean over the batch, in nats. labels: (B,)."""
        return F.cross_entropy(trace.logits.float(), labels)

    def measures(self, trace: Trace, labels: Tensor) -> dict[str, Tensor]:
        """Means over the batch by name, still on its device."""
        wrong = trace.logits.argmax(1) != labels
        return {self.measure: 100 * wrong.float().mean()}


@dataclass(frozen=True, kw_only=True)
class SequenceCrossEntropy:
    """Five softmax layers, one for each place in a number (Sect. 4.2), measured by whole numbers.

    logits: (B, places, classes); labels: (B, places), the null class where no digit is.

    >>> trace = Trace((), torch.zeros(2, 3, 64, 64), torch.eye(3).expand(2, 3, 3) * 9)
    >>> SequenceCrossEntropy().measures(trace, torch.tensor([[0, 1, 2], [0, 1, 1]]))
    {'error_percent': tensor(50.), 'digit_error_percent': tensor(16.6667)}
    """

    measure: ClassVar[str] = "error_percent"

    def loss(self, trace: Trace, labels: Tensor) -> Tensor:
        """The negative logarithm of a number's probability, in nats, the mean over the batch."""
        return F.cross_entropy(trace.logits.float().flatten(0, 1), labels.flatten()) * len(
            labels[0]
        )

    def measures(self, trace: Trace, labels: Tensor) -> dict[str, Tensor]:
        """Of numbers that are not read as a whole, and of single places, null ones too."""
        wrong = trace.logits.argmax(2) != labels
        return {
            self.measure: 100 * wrong.any(1).float().mean(),
            "digit_error_percent": 100 * wrong.float().mean(),
        }


class Patches(NamedTuple):
    """e(I^rand) of K random patches of each of N images, as far as Eq. 8 needs it.

    The mean of K distances stands in for one distance: the same on average, with less variance.
    ‖a − p‖² on average is ‖a‖² + square − 2 a·mean. mean: (N, D); square: that of ‖p‖², (N,).

    >>> patches = Patches.of(torch.ones(2, 5, 3))  # five patches of two images, D = 3
    >>> patches.mean.shape, patches.square
    (torch.Size([2, 3]), tensor([3., 3.]))
    """

    mean: Tensor
    square: Tensor

    @classmethod
    def of(cls, embedded: Tensor) -> Patches:
        """From all of them: (N, K, D)."""
        return cls(embedded.mean(1), embedded.square().sum(2).mean(1))

    def at(self, index: Tensor) -> Patches:
        """Those of some of the images."""
        return Patches(self.mean[index], self.square[index])


@dataclass(frozen=True, kw_only=True)
class Triplet:
    """The hinge loss of co-localisation (Eq. 8).

    Over all pairs n ≠ m: max(0, ‖e(I_n) − e(I_m)‖² − ‖e(I_n) − e(I_n^rand)‖² + margin): two crops
    of the set should be nearer to each other than to a random patch. Raises InputError for a
    negative or infinite margin.

    >>> crops = torch.tensor([[1.0, 0], [1, 0]])  # alike, and far from their patches
    >>> Triplet(margin=1).loss(crops, Patches.of(torch.tensor([[[-1.0, 0]], [[-1, 0]]])))
    tensor(0.)
    """

    margin: float

    def __post_init__(self) -> None:
        if not 0 <= self.margin < math.inf:
            raise InputError(f"margin should be a number of at least 0, got {self.margin}")

    def terms(self, crops: Tensor, patches: Patches) -> Tensor:
        """Every pair's term of the sum: (N, N), the diagonal of which is no pair.

        crops: e(I^T), (N, D); patches: of the same images.
        """
        norms = crops.square().sum(1)
        pairs = (norms[:, None] + norms - 2 * crops @ crops.T).clamp(min=0)
        to_patch = norms + patches.square - 2 * (crops * patches.mean).sum(1)
        return (pairs - to_patch[:, None] + self.margin).clamp(min=0)

    def loss(self, crops: Tensor, patches: Patches) -> Tensor:
        """The mean over all pairs. crops: (N, D)."""
        return self.terms(crops, patches)[~torch.eye(len(crops), dtype=torch.bool)].mean()


DEPARTURES = (
    Departure(
        kind=OTHERWISE,
        where="App. A.2, Eq. 8",
        paper="A pair's distance is compared with the distance to one random patch.",
        ours="With the mean distance to K random patches, inside the hinge. K is the search's "
        "``patches``; 1 gives Eq. 8 as printed.",
        why="The same on average with less noise, which 100 images cannot average out.",
    ),
)
