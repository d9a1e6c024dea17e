"""What a network in training makes of birds: its run's snapshots, without one of CUB's images."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from stn_core.digits import Digits
from stn_core.experiment import Experiment
from stn_core.trace import Trace
from stn_core.training.probes import Probes
from stn_core.training.trainer import Trainer

SHOWN = 10  # of the gallery, from its first one on
CHUNK = 50


class BirdProbes(Probes):
    """The gallery's photographs, the first ten as probes, and a trainer's results on them.

    A run is published with its probes, and CUB may not be: the recorded probes are blank, and who
    has CUB finds them in its gallery. A snapshot's mean_output is each transformer's mean V of all
    of the gallery; it has no pose_left.

    >>> from stn_core import find
    >>> gallery = Digits(torch.ones(12, 3, 128, 128, dtype=torch.uint8), torch.zeros(12).long())
    >>> probes = BirdProbes(find("birds/64/cnn"), gallery, torch.device("cpu"))
    >>> probes.images[0].shape, probes.images[0].any(), probes.shown.any()
    ((10, 3, 64, 64), np.False_, tensor(True))
    """

    def __init__(self, experiment: Experiment, gallery: Digits, device: torch.device) -> None:
        self.experiment, self.gallery, self.device = experiment, gallery, device
        self.measured = gallery

    @cached_property
    def images(self) -> tuple[np.ndarray, np.ndarray]:
        """uint8 (10, 3, H, W), all of it 0, and labels (10,)."""
        labels = self.gallery.labels[:SHOWN].numpy()
        return np.zeros((len(labels), *self.experiment.data.image_shape), np.uint8), labels

    @property
    def shown(self) -> Tensor:
        return self._examples(slice(SHOWN))

    def _examples(self, some: slice) -> Tensor:
        digits = self.gallery[some]
        return self.experiment.data.examples(digits, torch.Generator()).images

    def _measure(self, trainer: Trainer) -> tuple[float, list[Tensor]]:
        """The objective's measure, and the mean V of each transformer, in grey."""
        objective, total, sums = self.experiment.objective, 0.0, torch.zeros(())
        for start in range(0, len(self.gallery), CHUNK):
            some = slice(start, start + CHUNK)
            labels = self.gallery.labels[some].to(self.device)
            trace = trainer.trace(self._examples(some).to(self.device))
            total += objective.measures(trace, labels)[objective.measure].item() * len(labels)
            if trace.warps:
                seen = torch.stack([warp.output for warp in trace.warps], 1)
                sums = sums + seen.mean(2).sum(0).cpu()  # (B, N, 3, H, W) -> (N, H, W)
        return total / len(self.gallery), [sums / len(self.gallery)] if sums.ndim else []

    def _pose_left(self, trainer: Trainer, trace: Trace, lifted: float) -> np.ndarray:
        return np.zeros((0, 0))
