"""The classifiers have the layers of App. A.4, and a pooling that rounds up."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from stn_core.classifiers import (
    ConvolutionalClassifier,
    FullyConnectedClassifier,
    by_product,
)


@pytest.mark.parametrize("shape", [(1, 21, 21), (1, 28, 28), (1, 60, 60), (3, 22, 42)], ids=str)
@pytest.mark.parametrize("kind", [FullyConnectedClassifier, ConvolutionalClassifier])
def test_classifier_gives_one_logit_a_class(kind, shape, generator):
    logits = kind(shape, 5, 7)(torch.rand(2, *shape, generator=generator))
    assert logits.shape == (2, 7)


def test_fully_connected_classifier_has_two_hidden_layers():
    layers = [m for m in FullyConnectedClassifier((2, 3, 4), 5, 10) if isinstance(m, nn.Linear)]
    assert [(m.in_features, m.out_features) for m in layers] == [(24, 5), (5, 5), (5, 10)]


def test_pooling_rounds_up_so_that_21_pixels_become_13_then_7_then_1():
    classifier = ConvolutionalClassifier((1, 21, 21), filters=2, classes=10)
    sizes = []
    for layer in (classifier.conv1, classifier.conv2, classifier.classification):
        layer.register_forward_hook(lambda _, given, made: sizes.append((given[0], made)))
    classifier(torch.zeros(1, 1, 21, 21))
    (_, first), (pooled, second), (last, _) = sizes
    assert [x.shape[-1] for x in (first, pooled, second)] == [13, 7, 1]
    assert last.shape == (1, 2)


def test_pooling_takes_the_largest_of_each_block_also_of_a_cut_one(generator):
    """With the two filters set to a sum, the network is written out with plain slices."""
    classifier = ConvolutionalClassifier((1, 21, 21), filters=1, classes=1)
    for layer in (classifier.conv1, classifier.conv2, classifier.classification):
        nn.init.ones_(layer.weight)
        nn.init.zeros_(layer.bias)
    image = torch.rand(1, 1, 21, 21, generator=generator)
    x = image[0, 0]
    sums = torch.tensor([[x[i : i + 9, j : j + 9].sum() for j in range(13)] for i in range(13)])
    pooled = torch.tensor(
        [[sums[i : i + 2, j : j + 2].max() for j in range(0, 13, 2)] for i in range(0, 13, 2)]
    )
    torch.testing.assert_close(classifier(image).squeeze(), pooled.sum())


@pytest.mark.parametrize("size", [(18, 28), (28, 10)], ids=str)
def test_image_too_small_for_the_convolutions_is_an_error(size):
    with pytest.raises(ValueError, match=r"21 × 21 or more, got \(1, "):
        ConvolutionalClassifier((1, *size), filters=4, classes=10)


def test_convolution_by_one_product_is_torch_s_own(generator):
    convolution = nn.Conv2d(2, 5, 9)
    image = torch.rand(3, 2, 13, 17, generator=generator, requires_grad=True)
    weights = torch.rand(3, 5, 5, 9, generator=generator)
    results = []
    for made in (by_product(image, convolution), convolution(image)):
        inputs = (image, convolution.weight, convolution.bias)
        results.append([made, *torch.autograd.grad((made * weights).sum(), inputs)])
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)
