"""f_loc starts at the identity, by its regression layer alone (App. A.4)."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from stn_core.localisation import ConvolutionalBody, FullyConnectedBody, Localisation

BODIES = [FullyConnectedBody, ConvolutionalBody]
IDENTITY = torch.tensor([1.0, 0, 0, 0, 1, 0])


@pytest.fixture(params=BODIES)
def body(request) -> nn.Module:
    return request.param((2, 28, 30))


def test_untrained_localisation_gives_the_identity_for_every_image(body, generator):
    images = torch.rand(3, 2, 28, 30, generator=generator)
    assert torch.equal(Localisation(body, IDENTITY)(images), IDENTITY.expand(3, 6))


def test_layers_before_the_regression_do_not_start_at_zero(body, generator):
    features = Localisation(body, IDENTITY).body(torch.rand(3, 2, 28, 30, generator=generator))
    assert features.shape == (3, body.features)
    assert features.abs().sum() > 0
    assert all(parameter.abs().sum() > 0 for parameter in body.parameters())


def test_first_step_moves_the_regression_and_the_second_the_body(body, generator):
    localisation = Localisation(body, IDENTITY)
    images = torch.rand(3, 2, 28, 30, generator=generator)
    optimiser = torch.optim.SGD(localisation.parameters(), lr=0.1)
    before = [parameter.clone() for parameter in body.parameters()]
    moved = []
    for _ in range(2):
        optimiser.zero_grad()
        localisation(images).square().sum().backward()
        optimiser.step()
        now = list(body.parameters())
        moved.append(any(not torch.equal(a, b) for a, b in zip(before, now, strict=True)))
    assert moved == [False, True]
    assert not torch.allclose(localisation(images), IDENTITY.expand(3, 6))


def test_fully_connected_body_is_three_layers_of_32_units():
    layers = [m for m in FullyConnectedBody((1, 5, 6)) if isinstance(m, nn.Linear)]
    assert [(m.in_features, m.out_features) for m in layers] == [(30, 32), (32, 32), (32, 32)]


@pytest.mark.parametrize(
    ("image_shape", "closes_at"),
    [
        # (n // 2 by average pooling − 4, halved by max-pooling that rounds up) − 4
        ((1, 28, 28), (1, 1)),
        ((1, 42, 42), (5, 5)),
        ((3, 60, 27), (9, 1)),
    ],
    ids=str,
)
def test_convolutional_body_closes_at_the_size_of_its_layers(image_shape, closes_at, generator):
    body = ConvolutionalBody(image_shape)
    assert body.hidden.in_features == 20 * closes_at[0] * closes_at[1]
    assert body.hidden.out_features == 20
    assert body(torch.rand(2, *image_shape, generator=generator)).shape == (2, 20)


@pytest.mark.parametrize("size", [(25, 28), (28, 25)], ids=str)
def test_image_too_small_for_the_convolutional_body_is_an_error(size):
    with pytest.raises(ValueError, match=r"26 × 26 or more, got \(1, "):
        ConvolutionalBody((1, *size))


def test_convolutional_body_takes_the_smallest_image_that_it_promises(generator):
    assert ConvolutionalBody((1, 26, 26))(torch.rand(1, 1, 26, 26, generator=generator)).ndim == 2
