"""What a network in training makes of fixed digits of the gallery: a run's snapshots.

No network is trained on them. Ten are the probes, one of each class, whose theta and logits are
kept; the error is measured on some of each class.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from stn_core.digits import GALLERY_PER_CLASS, Digits
from stn_core.evaluation import EVALUATION_SEED, POSES, pose_left
from stn_core.experiment import Examples, Experiment
from stn_core.runs.records import NOT_LEARNT, Snapshot
from stn_core.trace import Trace
from stn_core.training.trainer import Trainer
from stn_core.transforms import LearnedBasis

PROBE_DIGIT = 7  # which of the gallery's 100 digits of each class is a probe
# Gallery digits of each class that the error is measured on, by the axes of an image or a volume.
MEASURED_PER_CLASS = {3: GALLERY_PER_CLASS, 4: 10}
MEAN_CLASSES = (2, 5, 8)  # whose mean V is recorded


def measured_digits(experiment: Experiment, gallery: Digits) -> Digits:
    """The first gallery digits of each class: those that are measured during a training.

    >>> from stn_core import find, load_digits
    >>> gallery = load_digits().gallery
    >>> len(measured_digits(find("distorted/r/fcn"), gallery))
    1000
    >>> len(measured_digits(find("volumes/extruded/cnn"), gallery))
    100
    """
    by_class = torch.arange(len(gallery)).unflatten(0, (-1, GALLERY_PER_CLASS))
    chosen = by_class[:, : MEASURED_PER_CLASS[len(experiment.data.image_shape)]].flatten()
    return gallery[chosen]


def probe_digits(gallery: Digits) -> Digits:
    """One of each class, from 0 to 9.

    >>> from stn_core import load_digits
    >>> probe_digits(load_digits().gallery).labels.tolist()
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """
    chosen = torch.arange(10) * GALLERY_PER_CLASS + PROBE_DIGIT
    return gallery[chosen]


def posed_probes(experiment: Experiment, gallery: Digits) -> Tensor:
    """The probes' digits, each in POSES poses: (10, POSES, C, H, W), float32.

    >>> from stn_core import find, load_digits
    >>> posed_probes(find("distorted/rts/fcn"), load_digits().gallery).shape
    torch.Size([10, 16, 1, 42, 42])
    """
    generator = torch.Generator().manual_seed(EVALUATION_SEED)
    return experiment.data.posed(probe_digits(gallery), POSES, generator)


def probe_examples(experiment: Experiment, gallery: Digits) -> Examples:
    """The probes of an experiment: images (10, C, H, W), float32, and labels (10,).

    >>> from stn_core import find, load_digits
    >>> probe_examples(find("addition/rts/fcn"), load_digits().gallery).images.shape
    torch.Size([10, 2, 42, 42])
    """
    generator = torch.Generator().manual_seed(EVALUATION_SEED)
    return experiment.data.examples(probe_digits(gallery), generator)


def learnt_targets(network: nn.Module) -> np.ndarray:
    """B of each of a network's transformers that learns it: (N, K, H'W') float16; else empty.

    >>> from stn_core import find
    >>> learnt_targets(find("studies/st-fcn-basis").build(seed=0)).shape
    (1, 6, 784)
    """
    learnt = [m.B.detach() for m in network.modules() if isinstance(m, LearnedBasis)]
    return torch.stack(learnt).cpu().numpy().astype(np.float16) if learnt else NOT_LEARNT


class Probes:
    """The fixed digits of one experiment, distorted once, and a trainer's results on them.

    >>> from stn_core import find, load_digits
    >>> experiment, source = find("distorted/rts/st-fcn-aff"), load_digits()

    >>> probes = Probes(experiment, source.gallery, torch.device("cpu"))
    >>> snapshot = probes.snapshot(Trainer(experiment, source))
    >>> snapshot.theta.shape, snapshot.logits.shape, snapshot.mean_output.shape
    ((10, 1, 6), (10, 10), (3, 1, 21, 21))
    """

    def __init__(self, experiment: Experiment, gallery: Digits, device: torch.device) -> None:
        self.experiment, self.gallery, self.device = experiment, gallery, device
        generator = torch.Generator().manual_seed(EVALUATION_SEED)
        self.measured = measured_digits(experiment, gallery)
        self.measured_examples = experiment.data.examples(self.measured, generator)

    @cached_property
    def images(self) -> tuple[np.ndarray, np.ndarray]:
        """One gallery digit of each class, distorted: uint8 (10, C, H, W) and labels (10,)."""
        shown = probe_examples(self.experiment, self.gallery)
        return (shown.images * 255).round().to(torch.uint8).numpy(), shown.labels.numpy()

    @cached_property
    def posed(self) -> Tensor:
        """The probes' digits, each in POSES poses: (10, POSES, C, H, W)."""
        return posed_probes(self.experiment, self.gallery).to(self.device)

    @property
    def shown(self) -> Tensor:
        """What theta and logits are recorded of: the images, float32."""
        return torch.from_numpy(self.images[0]).float() / 255

    def snapshot(self, trainer: Trainer) -> Snapshot:
        """Look at the probes and at the measured digits as the trainer's network stands.

        Raises TrainingError if what it says is not finite.
        """
        trainer.network.eval()  # without dropout, which would draw from torch's generator too
        try:
            with trainer.at_work(), torch.no_grad():
                snapshot = self._look(trainer)
        finally:
            trainer.network.train()
        if not np.isfinite(snapshot.logits).all():
            raise trainer.diverged("the logits are not finite")
        return snapshot

    def _look(self, trainer: Trainer) -> Snapshot:
        images = self.shown.to(self.device)
        trace = trainer.trace(images)
        thetas = [warp.theta for warp in trace.warps]
        theta = torch.stack(thetas, 1) if thetas else images.new_zeros(len(images), 0, 0)
        measure, means = self._measure(trainer)
        lifted = trainer.network.subtracted  # so that all is shown with 0 as black
        mean = (torch.stack(means) if means else images.new_zeros(0, 0, 0, 0)) + lifted
        return Snapshot(
            trainer.step,
            theta.float().cpu().numpy(),
            trace.logits.float().cpu().numpy(),
            (mean * 255).round().clamp(0, 255).to(torch.uint8).cpu().numpy(),
            measure,
            self._pose_left(trainer, trace, lifted),
            learnt_targets(trainer.network),
        )

    def _measure(self, trainer: Trainer) -> tuple[float, list[Tensor]]:
        """The objective's measure, class by class, and the mean V of MEAN_CLASSES."""
        objective, examples = self.experiment.objective, self.measured_examples
        total, means = 0.0, []
        count = MEASURED_PER_CLASS[len(self.experiment.data.image_shape)]
        for start in range(0, len(self.measured), count):
            of_class = slice(start, start + count)
            trace = trainer.trace(examples.images[of_class].to(self.device))
            labels = examples.labels[of_class].to(self.device)
            total += objective.measures(trace, labels)[objective.measure].item() * len(labels)
            if trace.warps and start // count in MEAN_CLASSES:
                seen = trace.classifier_input.unflatten(1, (len(trace.warps), -1))
                means.append(seen[:, :, 0].mean(0))
        return total / len(self.measured), means

    def _pose_left(self, trainer: Trainer, trace: Trace, lifted: float) -> np.ndarray:
        """See ``evaluation.pose_left``: a row for each transformer; empty without one."""
        if not trace.warps:
            return np.zeros((0, 0))
        views = self._views(trainer.trace(self.posed.flatten(0, 1)))
        return np.stack([pose_left((v + lifted).unflatten(0, (-1, POSES))) for v in views])

    def _views(self, trace: Trace) -> list[Tensor]:
        """What each transformer makes of the images: V, of a volume its projection."""
        return [w.output.sum(2) if w.output.ndim == 5 else w.output for w in trace.warps]
