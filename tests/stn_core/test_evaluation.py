"""Evaluation: the same figure on every machine, whatever the batches."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from stn_core import evaluation
from stn_core.digits import Digits
from stn_core.errors import InputError
from stn_core.evaluation import EVALUATION_SEED, evaluate, pose_left
from stn_core.experiments import EXPERIMENTS, find
from stn_core.trace import Trace

EXPERIMENT = EXPERIMENTS["distorted/r/fcn"]
CLUTTERED = EXPERIMENTS["distorted/tc/st-fcn-aff"]


class AlwaysThree(nn.Module):
    """Sees a three in everything, and keeps what it was shown."""

    def __init__(self) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.eye(10)[3])
        self.shown: list[torch.Tensor] = []

    def trace(self, image: torch.Tensor) -> Trace:
        self.shown.append(image)
        return Trace((), image, self.bias.expand(len(image), 10))


@pytest.fixture
def digits(source) -> Digits:
    """250 gallery digits: 25 of each class."""
    return source.gallery[::4]


def test_network_that_always_says_three_is_wrong_in_nine_of_ten(digits):
    result = evaluate(AlwaysThree(), EXPERIMENT, digits)
    assert result.measure == pytest.approx(90)
    assert (result.predictions == 3).all()
    assert result.predictions.shape == (250,)


def test_measure_is_the_share_of_predictions_that_differ_from_the_labels(digits):
    result = evaluate(EXPERIMENT.build(seed=0), EXPERIMENT, digits)
    wrong = (result.predictions != digits.labels).float().mean().item()
    assert 0 < wrong < 1
    assert result.measure == pytest.approx(100 * wrong)


def test_same_seed_sees_the_same_images_and_another_seed_others(digits):
    def shown(seed: int) -> torch.Tensor:
        network = AlwaysThree()
        evaluate(network, EXPERIMENT, digits, seed)
        return torch.cat(network.shown)

    assert torch.equal(shown(EVALUATION_SEED), shown(EVALUATION_SEED))
    assert not torch.equal(shown(EVALUATION_SEED), shown(EVALUATION_SEED + 1))


def test_each_digit_is_shown_once_distorted_by_the_evaluation_seed(digits):
    network = AlwaysThree()
    evaluate(network, CLUTTERED, digits)
    generator = torch.Generator().manual_seed(EVALUATION_SEED)
    assert torch.equal(torch.cat(network.shown), CLUTTERED.data.examples(digits, generator).images)


def test_result_does_not_depend_on_how_many_images_are_in_memory(digits, monkeypatch):
    network = CLUTTERED.build(seed=0)
    whole = evaluate(network, CLUTTERED, digits)
    monkeypatch.setattr(evaluation, "FORWARD", 33)
    parts = evaluate(network, CLUTTERED, digits)
    assert parts.measure == pytest.approx(whole.measure)
    assert torch.equal(parts.predictions, whole.predictions)


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluating"])
def test_network_is_left_in_the_mode_that_it_was_in(training, digits):
    network = EXPERIMENT.build(seed=0).train(training)
    evaluate(network, EXPERIMENT, digits)
    assert network.training is training


# -- what is left of the pose


def test_what_shows_the_same_in_every_pose_has_nothing_left_of_it(generator):
    digits = torch.rand(3, 1, 2, 9, 9, generator=generator)
    np.testing.assert_allclose(pose_left(digits.expand(3, 5, 2, 9, 9)), [0, 0], atol=1e-6)


def test_blank_images_and_ink_that_never_meets_have_all_of_the_pose_left():
    images = torch.zeros(1, 4, 2, 2, 2)  # one digit in four poses, two channels
    for pose in range(4):
        images[0, pose, 0].view(-1)[pose] = 1
    np.testing.assert_allclose(pose_left(images), [1, 1], atol=1e-6)


def test_pose_that_is_left_is_the_variance_s_share_of_the_mean_square(digits, generator):
    images = EXPERIMENTS["addition/rts/fcn"].data.posed(digits, 7, generator)
    u = images.numpy().astype(float)
    varies = ((u - u.mean(1, keepdims=True)) ** 2).sum(1) / (7 - 1)
    share = varies.mean((0, 2, 3)) / (u**2).mean((0, 1, 3, 4))
    np.testing.assert_allclose(pose_left(images), share, rtol=1e-3)
    assert (share > 0.7).all()


def test_sums_that_are_misread_are_told_by_the_sums_not_by_the_digits(digits):
    experiment = EXPERIMENTS["addition/rts/fcn"]
    network = experiment.build(seed=0)
    result = evaluate(network, experiment, digits)
    truth = experiment.data.examples(digits, torch.Generator().manual_seed(EVALUATION_SEED)).labels
    assert torch.equal(result.labels, truth)
    assert result.measure == pytest.approx(100 * len(result.misread) / len(digits))
    wrong = evaluation.misread_examples(network, experiment, digits, seed=1)
    for digit in range(0, len(digits), 25):
        one = evaluation.example(experiment, digits, digit, seed=1)
        said = int(network(one.images).argmax())
        assert wrong.get(digit, int(one.labels)) == said


def test_error_on_no_digits_is_refused(digits):
    none = digits[:0]
    experiment = find("distorted/r/cnn")
    with pytest.raises(InputError, match="at least one digit, got none"):
        evaluate(experiment.build(seed=0), experiment, none)
