"""What a trained network gets wrong: every digit distorted once, with a fixed seed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn

from stn_core.digits import Digits
from stn_core.experiment import Experiment

EVALUATION_SEED = 2015
CHUNK = 1000  # part of the definition: clutter is cut from the digits of the same chunk
FORWARD = 200  # images in memory at a time


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


def _chunks(digits: Digits, size: int) -> Iterator[Digits]:
    for images, labels in zip(
        digits.images.cpu().split(size), digits.labels.cpu().split(size), strict=True
    ):
        yield Digits(images, labels)
