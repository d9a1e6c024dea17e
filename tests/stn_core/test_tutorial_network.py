"""The shipped network that is not ours: as good as its metrics say, and its transformer is seen."""

from __future__ import annotations

import json

import pytest
import torch

from stn_core import checkpoints, sample, tutorial_network, watch
from stn_core.transforms import Affine, decompose_affine
from stn_core.tutorial_network import POSES, TutorialNetwork


@pytest.fixture(scope="module")
def network() -> TutorialNetwork:
    return tutorial_network.build()


def metrics() -> dict:
    return json.loads((tutorial_network.folder() / checkpoints.METRICS).read_text())


def test_shipped_weights_make_the_stated_error_on_the_gallery(network, source):
    error = tutorial_network.error_percent(network, source.gallery)
    assert error == pytest.approx(metrics()["error_percent_gallery"], abs=0.11)  # one digit
    words = (tutorial_network.folder().parent / "README.md").read_text()
    assert f"{metrics()['error_percent_test']} % error on the 10,000" in words
    assert metrics()["parameters"] == sum(p.numel() for p in network.parameters())


def test_watch_sees_its_transformer_which_turns_with_the_digits(network, source, generator):
    posed = POSES(source.gallery.images[::5], generator)
    with watch(network) as warps, torch.no_grad():
        network(posed.images)
    [call] = warps["TutorialNetwork"]
    assert isinstance(call.transform, Affine)
    torch.testing.assert_close(sample(call.input, call.grid), call.output, atol=1e-5, rtol=0)
    predicted = decompose_affine(call.theta)["angle_degrees"]
    both = torch.stack([predicted, posed.pose["angle_degrees"]])
    assert torch.corrcoef(both)[0, 1] > 0.8


def test_its_images_are_ours_and_read_well(network):
    shown, labels = tutorial_network.images()
    assert shown.shape == (30, 1, 28, 28) and shown.min() >= 0 and shown.max() <= 1
    assert (network(shown).argmax(1) == labels).float().mean() >= 0.9


def test_a_new_one_is_trained_the_same_by_the_same_seed_recorded_or_not(source, tmp_path):
    first = tutorial_network.train(source.train, iterations=2, seed=1)
    again = tutorial_network.train(source.train, iterations=2, seed=1, record=tmp_path / "run")
    for name, tensor in first.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name
