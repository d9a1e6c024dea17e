"""What a training minimises, and the measure that its results are told in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor

from stn_core.trace import Trace


@dataclass(frozen=True, kw_only=True)
class CrossEntropy:
    """The multinomial cross entropy (App. A.4), measured by the share of wrong predictions."""

    measure: ClassVar[str] = "error_percent"

    def loss(self, trace: Trace, labels: Tensor) -> Tensor:
        """Mean over the batch, in nats. labels: (B,)."""
        return F.cross_entropy(trace.logits.float(), labels)

    def measures(self, trace: Trace, labels: Tensor) -> dict[str, Tensor]:
        """Means over the batch by name, still on its device."""
        wrong = trace.logits.argmax(1) != labels
        return {self.measure: 100 * wrong.float().mean()}
