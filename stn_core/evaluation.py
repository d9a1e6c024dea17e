"""What a trained network gets wrong: every digit distorted once, with a fixed seed.

And the app's examples: a gallery digit with a seed of its own, the same on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn

from stn_core.digits import Digits
from stn_core.experiment import Examples, Experiment

EVALUATION_SEED = 2015
CHUNK = 1000  # part of the definition: clutter is cut from the digits of the same chunk
FORWARD = 200  # images in memory at a time
EXAMPLE_SEEDS = 10_000  # an example's seeds are 0 to 9,999


class Evaluation(NamedTuple):
    """The objective's measure over all digits, and the predicted class of each (N,)."""

    measure: float
    predictions: Tensor


@torch.no_grad()
def evaluate(
    network: nn.Module, experiment: Experiment, digits: Digits, seed: int = EVALUATION_SEED
) -> Evaluation:
    """Evaluate on digits that are distorted on the CPU, so that every machine sees the same."""
    device = next(network.parameters()).device
    generator = torch.Generator().manual_seed(seed)
    total, predictions = 0.0, []
    training = network.training
    network.eval()
    for chunk in _chunks(digits, CHUNK):
        examples = experiment.data.examples(chunk, generator)
        for images, labels in zip(
            examples.images.split(FORWARD), examples.labels.split(FORWARD), strict=True
        ):
            trace = network.trace(images.to(device))
            measures = experiment.objective.measures(trace, labels.to(device))
            total += measures[experiment.objective.measure].item() * len(labels)
            predictions.append(trace.logits.argmax(1).cpu())
    network.train(training)
    return Evaluation(total / len(digits), torch.cat(predictions))


def example(experiment: Experiment, gallery: Digits, digit: int, seed: int) -> Examples:
    """One gallery digit under an experiment's distortion: Examples with a batch of one."""
    one = Digits(gallery.images[digit : digit + 1], gallery.labels[digit : digit + 1])
    generator = torch.Generator().manual_seed(EXAMPLE_SEEDS * digit + seed)
    return experiment.data.examples(one, generator, gallery)


@torch.no_grad()
def misread_examples(
    network: nn.Module, experiment: Experiment, gallery: Digits, seed: int
) -> dict[int, int]:
    """The gallery digits that a network misreads with this seed, and what it takes them for."""
    shown = [example(experiment, gallery, digit, seed) for digit in range(len(gallery))]
    images = torch.cat([e.images for e in shown])
    said = torch.cat([network(part).argmax(1) for part in images.split(FORWARD)])
    wrong = (said != gallery.labels).nonzero().flatten()
    return {int(digit): int(said[digit]) for digit in wrong}


def _chunks(digits: Digits, size: int) -> Iterator[Digits]:
    for images, labels in zip(
        digits.images.cpu().split(size), digits.labels.cpu().split(size), strict=True
    ):
        yield Digits(images, labels)
