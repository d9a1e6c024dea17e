"""The page that says why labels are enough: what its words say of its first digit is so."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from streamlit.testing.v1 import AppTest

from app.data import browser_networks, examples, once
from app.views.labels.descent import FIRST_DIGIT, FIRST_SEED, NETWORKS, STUDY, _untrained
from stn_core import checkpoints
from stn_core.experiments import find
from stn_core.metrics import load_metrics
from tests.app.visiting import opened, payload

NAME = STUDY
LONG = "distorted/rts/st-fcn-aff"


def visit(**fields: str) -> AppTest:
    return opened("labels", **fields)


def angles(theta: torch.Tensor) -> np.ndarray:
    return torch.rad2deg(torch.atan2(theta[:, 3], theta[:, 0])).detach().numpy()


def descent(name: str) -> tuple[int, np.ndarray, float]:
    """What a network says of the first digit at the identity; by how many degrees each of eight
    descents on its label turns it; and their mean loss in the end."""
    network = checkpoints.load_pretrained(find(name))
    shown = examples.example(name, FIRST_DIGIT, FIRST_SEED)
    start = torch.tensor([[1.0, 0, 0, 0, 1, 0]])
    said = int(network.trace(shown.images, start).logits.argmax())
    # From around the identity: at its very grid points the sampler has two slopes.
    noise = torch.randn(8, 6, generator=torch.Generator().manual_seed(1))
    theta = (start + 2e-3 * noise).requires_grad_()
    adam = torch.optim.Adam([theta], lr=0.02, betas=(0.9, 0.99))
    images, labels = shown.images.expand(8, -1, -1, -1), shown.labels.expand(8)
    for _ in range(150):
        adam.zero_grad()
        loss = F.cross_entropy(network.trace(images, theta).logits, labels, reduction="sum")
        loss.backward()
        adam.step()
    return said, angles(theta), loss.item() / 8


def test_label_alone_turns_the_first_digit_upright():
    shown = examples.example(NAME, FIRST_DIGIT, FIRST_SEED)
    wanted = angles(shown.theta)[0]
    assert abs(wanted) > 30 and int(shown.labels[0]) == 2
    said, turned, loss = descent(NAME)
    assert said == 7
    assert loss < 0.01
    assert np.abs(turned - wanted).max() < 10


def test_network_of_the_table_is_content_halfway():
    shown = examples.example(LONG, FIRST_DIGIT, FIRST_SEED)
    said, turned, loss = descent(LONG)
    assert said == 7 and loss < 0.02
    assert 0.35 < np.median(turned / angles(shown.theta)[0]) < 0.7


def test_network_of_the_table_was_trained_on_thirty_times_as_many_digits():
    digits = [
        recipe.iterations * recipe.batch_size
        for recipe in (load_metrics(find(name)).recipe for name in (LONG, NAME))
    ]
    assert digits[0] == 30 * digits[1]
    assert NETWORKS[NAME].endswith(f"{find(NAME).recipe.iterations:,} steps")


def test_page_opens_on_it():
    app = visit()
    assert not app.exception and not app.error
    data = payload(app)
    assert data["label"] == 2 and data["start"] == "identity"
    assert data["network"]["size"] == 42


@pytest.mark.parametrize("column", ["RTS", "TC", "R", "P", "E"])
@pytest.mark.parametrize("weights", ["trained", "untrained"])
def test_every_distortion_and_the_untrained_network_open(column, weights):
    fields = {"labels_distortion": column, "labels_weights": weights}
    app = visit(**fields, labels_network="ST-CNN Aff", labels_digit="7")
    assert not app.exception and not app.error and not app.toast
    assert app.get("bidi_component")


def test_untrained_weights_are_those_that_a_training_begins_with():
    state = find(NAME).build(seed=0).state_dict()
    weights = _untrained(NAME)
    assert set(weights) == set(state)
    assert not weights["transformer.localisation.regression.weight"].any()


def test_network_that_is_not_there_is_told_of(monkeypatch, tmp_path):
    monkeypatch.setattr(browser_networks, "folder", lambda name="": tmp_path)
    once.made_once.clear()
    app = visit(labels_network="ST-FCN Aff", labels_distortion="P")
    once.made_once.clear()
    assert not app.exception
    assert "is not published here" in app.info[0].value
