"""The loss and its measure against their definitions."""

from __future__ import annotations

import math

import pytest
import torch

from stn_core.objectives import CrossEntropy, Patches, Triplet
from stn_core.trace import Trace


def trace_of(logits: torch.Tensor) -> Trace:
    return Trace((), torch.zeros(0), logits)


def test_loss_is_the_mean_of_minus_the_log_of_the_right_class_s_probability(generator):
    logits = torch.randn(4, 3, generator=generator)
    labels = torch.tensor([0, 2, 1, 1])
    expected = 0.0
    for row, label in zip(logits.tolist(), labels.tolist(), strict=True):
        expected -= math.log(math.exp(row[label]) / sum(map(math.exp, row))) / 4
    assert CrossEntropy().loss(trace_of(logits), labels).item() == pytest.approx(expected)


def test_loss_of_equal_logits_is_the_log_of_the_number_of_classes():
    loss = CrossEntropy().loss(trace_of(torch.zeros(5, 10)), torch.arange(5))
    assert loss.item() == pytest.approx(math.log(10))


def test_error_is_the_percentage_of_wrong_predictions():
    logits = torch.eye(4)[[0, 1, 2, 2]]
    labels = torch.tensor([0, 1, 2, 3])
    measures = CrossEntropy().measures(trace_of(logits), labels)
    assert {name: value.item() for name, value in measures.items()} == {"error_percent": 25}
    assert CrossEntropy.measure in measures


def test_loss_of_half_precision_logits_is_taken_in_float32():
    logits = torch.tensor([[8.0, 0]], dtype=torch.bfloat16)
    loss = CrossEntropy().loss(trace_of(logits), torch.tensor([0]))
    assert loss.item() == pytest.approx(math.log1p(math.exp(-8)), rel=1e-3)


def test_triplet_is_the_slow_double_sum_of_eq_8(generator):
    crops = torch.randn(5, 7, generator=generator)
    patches = torch.randn(5, 1, 7, generator=generator)
    margin, total = 2.5, 0.0
    for n in range(5):
        for m in range(5):
            if m != n:
                pair = sum((a - b) ** 2 for a, b in zip(crops[n], crops[m], strict=True))
                far = sum((a - b) ** 2 for a, b in zip(crops[n], patches[n, 0], strict=True))
                total += max(0.0, (pair - far).item() + margin)
    objective = Triplet(margin=margin)
    assert (
        0 < (objective.terms(crops, Patches.of(patches)) == 0).sum() < 25
    )  # the hinge is seen at work
    assert objective.loss(crops, Patches.of(patches)).item() == pytest.approx(total / 20, rel=1e-5)


def test_several_patches_stand_for_their_mean_distance(generator):
    crops, patches = (torch.randn(*s, generator=generator) for s in ((4, 3), (4, 6, 3)))
    one_by_one = [
        Triplet(margin=50).loss(crops, Patches.of(patches[:, k : k + 1])) for k in range(6)
    ]
    found = Triplet(margin=50).loss(crops, Patches.of(patches))
    assert found.item() == pytest.approx(torch.stack(one_by_one).mean().item(), rel=1e-5)


def test_gradient_of_the_triplet_is_finite_where_two_crops_are_equal():
    crops = torch.ones(3, 4, requires_grad=True)
    Triplet(margin=1).loss(crops, Patches.of(torch.zeros(3, 2, 4))).backward()
    assert torch.isfinite(crops.grad).all()


@pytest.mark.parametrize("margin", [-1, float("nan"), float("inf")])
def test_margin_that_is_none_is_refused(margin):
    with pytest.raises(ValueError, match="margin should be a number of at least 0"):
        Triplet(margin=margin)
