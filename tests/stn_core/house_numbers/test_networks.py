"""The networks of Table 2: the paper's own sizes, and transformers in depth (App. A.5)."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from stn_core import Affine
from stn_core.departures import collect
from stn_core.experiments.house_numbers import NETWORKS, PAPER, PAPER_NETWORKS, SHORT, SHORT_LOOSE
from stn_core.house_numbers.composition import multiplied_out, views
from stn_core.house_numbers.data import HouseNumbers
from stn_core.house_numbers.networks import HouseNumberSTCNN
from stn_core.objectives import SequenceCrossEntropy
from stn_core.sampling import sample
from stn_core.weights import count_parameters

IMAGES = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([[1, 9, 10, 10, 10], [4, 0, 2, 10, 10]])


def built(network):
    return network.build((3, 64, 64), 11, torch.Generator().manual_seed(1)).eval()


def test_paper_s_cnn_has_the_layers_of_a_5():
    network = built(PAPER_NETWORKS["cnn"])
    shapes = [tuple(p.shape) for p in network.parameters() if p.ndim > 1]
    assert shapes[:7] == [
        (48, 3, 5, 5), (64, 48, 5, 5), (128, 64, 5, 5), (160, 128, 5, 5),
        (192, 160, 5, 5), (192, 192, 5, 5), (192, 192, 5, 5),
    ]  # fmt: skip
    assert shapes[7:] == [(3072, 3072)] * 3 + [(55, 3072)]  # 192 of 4 × 4, and five fc[11]
    assert [s[1:] for s in network.classifier.shapes] == [
        (64, 64), (32, 32), (32, 32), (16, 16), (16, 16), (8, 8), (4, 4), (4, 4)
    ]  # fmt: skip


def test_localisation_networks_are_those_of_a_5():
    single = built(PAPER_NETWORKS["st-cnn-single"]).transformer
    assert [tuple(p.shape) for p in single.parameters() if p.ndim > 1] == [
        (32, 3, 5, 5), (32, 32, 5, 5), (32, 32 * 32 * 32), (32, 32), (6, 32)
    ]  # fmt: skip
    for transformer, inputs in zip(
        built(PAPER_NETWORKS["st-cnn-multi"]).transformer,
        (3 * 64 * 64, 48 * 32 * 32, 64 * 32 * 32, 128 * 16 * 16),
        strict=True,
    ):
        shapes = [tuple(p.shape) for p in transformer.parameters() if p.ndim > 1]
        assert shapes == [(32, inputs), (32, 32), (6, 32)]


@pytest.mark.parametrize("size", [64, 128])
@pytest.mark.parametrize("name", PAPER_NETWORKS)
def test_paper_s_networks_are_traced(name, size):
    """At their own widths, on the meta device: shapes, and no arithmetic."""
    with torch.device("meta"):
        network = PAPER_NETWORKS[name].assemble((3, size, size), 11).eval()
        trace = network.trace(torch.empty(2, 3, size, size))
    assert trace.logits.shape == (2, 5, 11)
    assert len(trace.warps) == {"cnn": 0, "st-cnn-single": 1, "st-cnn-multi": 4}[name]


def test_paper_s_multi_takes_a_step():
    network = built(PAPER_NETWORKS["st-cnn-multi"]).train()
    optimiser = torch.optim.SGD(network.parameters(), 0.01, weight_decay=0.0005)
    trace, objective = network.trace(IMAGES), SequenceCrossEntropy()
    objective.loss(trace, LABELS).backward()
    assert all(torch.isfinite(p.grad).all() for p in network.parameters())
    for transformer in network.transformer:
        assert transformer.localisation.regression.weight.grad.abs().sum() > 0
    optimiser.step()


@pytest.mark.parametrize("name", NETWORKS)
def test_transformers_that_do_nothing_leave_the_cnn(name):
    """A fresh network is its CNN: every transformer starts as the identity."""
    network, plain = built(NETWORKS[name]), built(NETWORKS["cnn"])
    plain.classifier.load_state_dict(network.classifier.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(network(IMAGES), plain(IMAGES), atol=1e-4, rtol=1e-4)


def test_each_transformer_reads_what_the_convolution_before_it_made():
    network = built(HouseNumberSTCNN(depth=4))
    theta = torch.tensor([[0.8, 0.1, 0.1, -0.1, 0.9, 0]]).expand(2, 6)
    with torch.no_grad():
        trace = network.trace(IMAGES, None, theta)
        first, second, third, _ = trace.warps
        made = nn.functional.max_pool2d(network.classifier.convolutions[0](first.output), 2).relu()
        torch.testing.assert_close(second.input, made)
        assert torch.equal(second.theta, theta)
        grid = Affine().grid(theta, (32, 32))
        torch.testing.assert_close(second.output, sample(made, grid))
        torch.testing.assert_close(
            third.input, network.classifier.convolutions[1](second.output).relu()
        )
    with pytest.raises(ValueError, match="5 thetas for 4 transformers"):
        network.trace(IMAGES, *[theta] * 5)


def test_one_s_own_theta_at_every_place_changes_what_is_read():
    network = built(HouseNumberSTCNN(depth=4))
    zoom = torch.tensor([[0.5, 0, 0, 0, 0.5, 0]]).expand(2, 6)
    with torch.no_grad():
        plain = network(IMAGES)
        for n in range(4):
            thetas = [zoom if m == n else None for m in range(n + 1)]
            assert not torch.allclose(network.trace(IMAGES, *thetas).logits, plain, atol=1e-4)


def test_multiplied_out_thetas_read_the_image_as_one_after_the_other():
    """Smooth enough an image, and T1 then T2 is the one grid A1·A2."""
    y, x = torch.meshgrid(torch.linspace(-1, 1, 64), torch.linspace(-1, 1, 64), indexing="ij")
    image = torch.stack([x, y, x * y])[None] * 0.5 + 0.5
    network = built(HouseNumberSTCNN(depth=4))
    first = torch.tensor([[0.7, 0.2, 0.1, -0.2, 0.6, -0.1]])
    second = torch.tensor([[0.8, -0.1, 0.0, 0.1, 0.9, 0.05]])
    with torch.no_grad():
        warps = network.trace(image, first, second).warps
        once = views(image, [first])[0]
        twice = sample(once, Affine().grid(second, (64, 64)))
        seen = views(image, multiplied_out([warp.theta for warp in warps]))
    torch.testing.assert_close(seen[0], once)
    inside = (slice(None), slice(None), slice(4, -4), slice(4, -4))
    torch.testing.assert_close(seen[1][inside], twice[inside], atol=2e-3, rtol=0)


def test_dropout_is_for_all_layers_but_the_first():
    network = built(replace(NETWORKS["cnn"], dropout=1.0)).train()
    assert network.classifier.convolved(0, IMAGES).abs().sum() > 0
    assert network.classifier.convolved(1, network.classifier.convolved(0, IMAGES)).sum() == 0


def test_trained_networks_have_the_same_reader():
    readers = {count_parameters(built(network).classifier) for network in NETWORKS.values()}
    assert len(readers) == 1


def test_training_is_a_departure_with_the_recipes_own_numbers():
    (mark,) = [
        mark
        for mark in collect()["stn_core.experiments.house_numbers"]
        if mark.where == "App. A.5, training"
    ]
    decay = PAPER.optimiser.weight_decay
    assert f"{PAPER.iterations:,} steps of {PAPER.batch_size}" in mark.paper
    assert f"weight decay of {decay:g}" in mark.paper and "average of 2 trainings" in mark.paper
    for recipe in (SHORT, SHORT_LOOSE):
        assert recipe.method in mark.ours
        assert f"{recipe.iterations:,} × {recipe.batch_size}" in mark.ours


def test_words_say_what_crops_of_a_size_are_trained_on():
    words = {side: HouseNumbers(side=side).words.training for side in (64, 128)}
    assert words[64] == "of house numbers: SVHN's train and extra, and renderings"
    assert words[128] == "of house numbers: SVHN's train, and renderings"
