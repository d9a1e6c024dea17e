"""What a network in training makes of rendered house numbers: its run's snapshots."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from stn_core.digits import Digits
from stn_core.evaluation import EVALUATION_SEED, POSES
from stn_core.experiment import Experiment
from stn_core.house_numbers.composition import multiplied_out, views
from stn_core.house_numbers.numbers import NULL
from stn_core.trace import Trace
from stn_core.training.probes import Probes
from stn_core.training.trainer import Trainer

SHOWN = 10  # of the gallery, from its first one on
MEAN_LENGTHS = (1, 2, 3)  # of numbers whose mean V is recorded
CHUNK = 50


class NumberProbes(Probes):
    """The gallery's renderings, of which the first ten are shown, and a trainer's results on them.

    A snapshot's mean_output is of the numbers with 1, 2 and 3 digits, in grey, and of several
    transformers in depth all that are multiplied out so far (Table 2, right, (b)); its pose_left is
    of the same views.

    >>> from stn_core import find
    >>> gallery = Digits(torch.zeros(12, 3, 80, 80, dtype=torch.uint8), torch.zeros(12, 5).long())
    >>> probes = NumberProbes(find("house-numbers/64/cnn"), gallery, torch.device("cpu"))
    >>> probes.images[0].shape
    (10, 3, 64, 64)
    """

    def __init__(self, experiment: Experiment, gallery: Digits, device: torch.device) -> None:
        self.experiment, self.gallery, self.device = experiment, gallery, device
        self.measured = gallery
        self.measured_examples = experiment.data.examples(gallery, torch.Generator())

    @cached_property
    def images(self) -> tuple[np.ndarray, np.ndarray]:
        """uint8 (10, 3, H, W), and labels (10, 5)."""
        examples = self.measured_examples
        levels = (examples.images[:SHOWN] * 255).round().to(torch.uint8)
        return levels.numpy(), examples.labels[:SHOWN].numpy()

    @cached_property
    def posed(self) -> Tensor:
        """The shown numbers, each cut and turned in POSES ways: (10, POSES, 3, H, W)."""
        shown = self.gallery[:SHOWN]
        generator = torch.Generator().manual_seed(EVALUATION_SEED)
        return self.experiment.data.posed(shown, POSES, generator).to(self.device)

    def _measure(self, trainer: Trainer) -> tuple[float, list[Tensor]]:
        """The objective's measure, and the mean views of MEAN_LENGTHS."""
        objective, examples = self.experiment.objective, self.measured_examples
        lengths = (examples.labels != NULL).sum(1)
        total, sums = 0.0, [torch.zeros(()) for _ in MEAN_LENGTHS]
        parts = (examples.images.split(CHUNK), examples.labels.split(CHUNK), lengths.split(CHUNK))
        for images, labels, of in zip(*parts, strict=True):
            trace = trainer.trace(images.to(self.device))
            measures = objective.measures(trace, labels.to(self.device))
            total += measures[objective.measure].item() * len(labels)
            if trace.warps:
                grey = torch.stack(self._views(trace), 1).mean(2).cpu()  # (B, N, H, W)
                sums = [s + grey[of == n].sum(0) for s, n in zip(sums, MEAN_LENGTHS, strict=True)]
        counts = [max(1, int((lengths == n).sum())) for n in MEAN_LENGTHS]
        means = [s / count for s, count in zip(sums, counts, strict=True) if s.ndim]
        return total / len(self.measured), means

    def _views(self, trace: Trace) -> list[Tensor]:
        return views(trace.warps[0].input, multiplied_out([warp.theta for warp in trace.warps]))
