"""What networks make of an input: computed once by themselves, and for each θ by hand."""

from __future__ import annotations

import pytest
import torch

from app.data import networks
from app.panels import predictions

HANDS = [[[1.0, 0, 0, 0, 1, 0]], [[0.5, 0, 0, 0, 0.5, 0]]]


@pytest.fixture
def computed(monkeypatch) -> list[tuple]:
    """The θ that networks have been given, pass by pass."""
    passes = []

    def counted(loaded, images, *thetas):
        passes.append(thetas)
        return run_network(loaded, images, *thetas)

    run_network = networks.run_network
    for module in (networks, predictions):
        monkeypatch.setattr(module, "run_network", counted)
    networks.own_trace.clear()
    return passes


def test_theta_by_hand_costs_one_pass_of_the_network(computed, generator):
    loaded = networks.pretrained("distorted/rts/st-fcn-aff")
    images = torch.rand(1, 1, 42, 42, generator=generator)
    plain = predictions.predict(loaded, images)
    assert computed == [()]
    for hand in HANDS:
        found = predictions.predict(loaded, images.clone(), hand)
        assert found.own is plain.own and found.by_hand
        assert found.trace.warps[0].theta.tolist() == hand
    assert computed == [(), *map(tuple, HANDS)]


def test_another_image_and_another_held_theta_are_computed(computed, generator):
    loaded = networks.pretrained("distorted/rts/st-fcn-aff")
    images = torch.rand(2, 1, 42, 42, generator=generator).split(1)
    first, second = (predictions.predict(loaded, image) for image in images)
    held = predictions.predict(loaded, images[0], held=HANDS[1])
    assert len(computed) == 3
    assert not torch.equal(first.own.logits, second.own.logits)
    assert held.own.warps[0].theta.tolist() == HANDS[1]
