"""Which precision is taken, and where."""

from __future__ import annotations

import pytest
import torch

from stn_core import precision
from stn_core.box_search import encoder, recording
from stn_core.experiments import find_colocalisation
from stn_core.experiments.crops import ENCODER


@pytest.mark.parametrize(
    ("half", "dtype"), [(0.2, torch.bfloat16), (1.2, torch.bfloat16), (17.0, torch.float32)]
)
def test_type_that_the_device_multiplies_faster_is_taken(half, dtype, monkeypatch):
    seconds = {torch.float32: 1.0, torch.bfloat16: half}
    monkeypatch.setattr(precision, "_product_seconds", lambda dtype, device: seconds[dtype])
    assert precision.faster_dtype.__wrapped__(torch.device("cpu")) is dtype


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_boxes_are_searched_in_the_type_that_the_device_is_faster_in(dtype, monkeypatch):
    for module in (encoder, recording):
        monkeypatch.setattr(module, "faster_dtype", lambda device: dtype)
    network = ENCODER.build(seed=0)
    crops = torch.rand(2, 1, 28, 28)
    with torch.autocast("cpu", torch.bfloat16, enabled=dtype is torch.bfloat16):
        layers = [layer.flatten(1).float() for layer in network.classifier.activations(crops)]
    encoded = encoder.Encoder(network, normalised=False)(crops)
    assert torch.equal(encoded, torch.cat(layers, 1))
    cell = find_colocalisation("colocalisation/tc/1")
    described = recording.describe(cell, seed=0, set_seed=0, threads=1)
    assert described["precision"] == {torch.bfloat16: "bfloat16", torch.float32: "float32"}[dtype]
