"""Networks put together: their size, their weights from a seed, and their trace (App. A.4)."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn

from stn_core import checkpoints
from stn_core.experiments import EXPERIMENTS, find
from stn_core.networks import CNN, FCN, STCNN, STFCN, Network
from stn_core.transforms import Affine, DtypeError, Projective, ThinPlateSpline
from stn_core.weights import count_parameters, hidden_matrices, solve_width

KINDS = {
    "fcn": FCN(),
    "cnn": CNN(),
    "st-fcn": STFCN(transform=Affine(), pool=2),
    "st-cnn": STCNN(transform=Affine(), pool=2),
}


def build(network, size: int = 42, seed: int = 0) -> nn.Module:
    """A small one, for (1, size, size) images."""
    generator = torch.Generator().manual_seed(seed)
    return replace(network, parameters=60_000).build((1, size, size), 10, generator)


OF_ONE_SIZE = [name for name, e in EXPERIMENTS.items() if isinstance(e.network, Network)]


@pytest.mark.parametrize("name", OF_ONE_SIZE)
def test_network_of_the_table_has_400_000_parameters_within_5_percent(name):
    network = EXPERIMENTS[name].build(seed=0)
    assert 380_000 <= sum(p.numel() for p in network.parameters()) <= 420_000


@pytest.mark.parametrize("network", KINDS.values(), ids=KINDS)
def test_same_seed_gives_the_same_weights_whatever_the_global_seed(network):
    first = build(network).state_dict()
    torch.manual_seed(2)
    again = build(network).state_dict()
    assert first.keys() == again.keys()
    assert all(torch.equal(first[name], again[name]) for name in first)


@pytest.mark.parametrize(
    ("name", "layout"),
    [
        ("distorted/r/cnn", torch.channels_last),
        ("volumes/extruded/3d-cnn", torch.channels_last_3d),
    ],
)
def test_what_a_convolution_of_read_weights_makes_has_its_channels_together(name, layout):
    experiment = EXPERIMENTS[name]
    convolution = checkpoints.load_pretrained(experiment).classifier.conv1
    assert convolution(torch.rand(2, *experiment.data.image_shape)).is_contiguous(
        memory_format=layout
    )


@pytest.mark.parametrize("network", KINDS.values(), ids=KINDS)
def test_another_seed_gives_other_weights_but_for_the_regression_layer(network):
    first, other = build(network).state_dict(), build(network, seed=1).state_dict()
    same = {name for name in first if torch.equal(first[name], other[name])}
    assert same == {name for name in first if ".regression." in name}


def test_building_does_not_seed_anything_globally():
    before = torch.initial_seed()
    build(KINDS["st-cnn"])
    assert torch.initial_seed() == before


@pytest.mark.parametrize("network", KINDS.values(), ids=KINDS)
def test_weights_fill_the_range_of_one_over_the_root_of_the_fan_in(network):
    layers = [
        (name, m)
        for name, m in build(network).named_modules()
        if isinstance(m, nn.Linear | nn.Conv2d) and not name.endswith("regression")
    ]
    for name, layer in layers:
        bound = layer.weight[0].numel() ** -0.5
        largest = layer.weight.abs().max().item()
        assert 0.8 * bound < largest <= bound, name
        assert 0 < layer.bias.abs().max() <= bound, name


@pytest.mark.parametrize("kind", [STFCN, STCNN])
@pytest.mark.parametrize(
    "transform", [Affine(), Projective(), ThinPlateSpline()], ids=["aff", "proj", "tps"]
)
def test_untrained_network_shows_the_classifier_its_input(kind, transform, generator):
    image = torch.rand(2, 1, 42, 42, generator=generator)
    trace = build(kind(transform=transform)).trace(image)
    torch.testing.assert_close(trace.classifier_input, image, atol=1e-4, rtol=0)


def test_pooling_comes_after_the_transformer(generator):
    image = torch.rand(2, 1, 42, 42, generator=generator)
    network = build(KINDS["st-cnn"])
    theta = torch.tensor([[0.9, 0.1, 0.2, -0.1, 0.8, 0.1]]).expand(2, 6)
    trace = network.trace(image, theta)
    (warp,) = trace.warps
    assert warp.input is image
    assert warp.output.shape == (2, 1, 42, 42)
    v = warp.output
    means = (v[..., ::2, ::2] + v[..., 1::2, ::2] + v[..., ::2, 1::2] + v[..., 1::2, 1::2]) / 4
    torch.testing.assert_close(trace.classifier_input, means)
    torch.testing.assert_close(trace.logits, network.classifier(means))


def test_trace_without_a_transformer_has_no_warps_and_the_image_itself(generator):
    image = torch.rand(2, 1, 42, 42, generator=generator)
    trace = build(KINDS["cnn"]).trace(image)
    assert trace.warps == ()
    assert trace.classifier_input is image


def test_given_theta_overrides_the_predicted_one(generator):
    image = torch.rand(2, 1, 42, 42, generator=generator)
    network = build(KINDS["st-fcn"])
    theta = torch.tensor([[0.5, 0, 0, 0, 0.5, 0]]).expand(2, 6)
    overridden = network.trace(image, theta)
    assert torch.equal(overridden.warps[0].theta, theta)
    assert not torch.allclose(overridden.logits, network.trace(image).logits)


@pytest.mark.parametrize("network", KINDS.values(), ids=KINDS)
def test_forward_is_the_logits_of_the_trace(network, generator):
    image = torch.rand(2, 1, 42, 42, generator=generator)
    built = build(network)
    assert torch.equal(built(image), built.trace(image).logits)


def test_half_precision_leaves_the_warp_in_float32(generator):
    image = torch.rand(2, 1, 42, 42, generator=generator)
    network = build(KINDS["st-cnn"])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        trace = network.trace(image)
    (warp,) = trace.warps
    assert {warp.theta.dtype, warp.grid.dtype, warp.output.dtype} == {torch.float32}
    assert trace.logits.dtype == torch.bfloat16


def test_two_networks_of_one_description_share_no_transform():
    description = KINDS["st-cnn"]
    transforms = [build(description).transformer.transform for _ in range(2)]
    assert len({id(t) for t in [description.transform, *transforms]}) == 3


@pytest.mark.parametrize("parameters", [1_000, 1_050, 77_777])
def test_solved_width_comes_nearest_to_the_number_of_parameters(parameters):
    def assemble(width: int) -> nn.Module:
        return nn.Linear(9, width)  # ten parameters a unit

    width = solve_width(assemble, parameters)
    assert abs(count_parameters(assemble(width)) - parameters) <= 5


def test_number_of_parameters_that_no_width_reaches_is_an_error():
    with pytest.raises(ValueError, match="no width .* 1,500 parameters within 5 %"):
        solve_width(lambda width: nn.Linear(999, width), 1_500)


def test_two_transformers_are_pooled_and_handed_on_side_by_side(generator):
    image = torch.rand(2, 1, 42, 42, generator=generator)
    description = replace(KINDS["st-fcn"], transformers=2, parameters=200_000)
    network = description.build((1, 42, 42), 10, generator)
    theta = torch.tensor([[0.9, 0.1, 0.2, -0.1, 0.8, 0.1]]).expand(2, 6)
    trace = network.trace(image, None, theta)
    assert trace.classifier_input.shape == (2, 2, 21, 21)
    pooled = [F.avg_pool2d(warp.output, 2) for warp in trace.warps]
    torch.testing.assert_close(trace.classifier_input, torch.cat(pooled, 1))
    torch.testing.assert_close(pooled[0], F.avg_pool2d(image, 2), atol=1e-5, rtol=0)  # its own
    assert torch.equal(trace.warps[1].theta, theta)


def test_hidden_matrices_are_those_between_layers_and_no_others():
    def names(kind: str) -> set[str]:
        network = build(KINDS[kind])
        found = hidden_matrices(network)
        return {name for name, parameter in network.named_parameters() if parameter in found}

    localisation = {f"transformer.localisation.body.{i}.weight" for i in (1, 3, 5)}
    assert names("fcn") == {"classifier.1.weight", "classifier.3.weight"}
    assert names("st-fcn") == localisation | {"classifier.1.weight", "classifier.3.weight"}
    assert names("cnn") == set()
    assert names("st-cnn") == {"transformer.localisation.body.hidden.weight"}


def test_every_one_of_two_localisation_networks_has_its_hidden_matrices(generator):
    description = replace(KINDS["st-fcn"], transformers=2, parameters=200_000)
    network = description.build((1, 42, 42), 10, generator)
    found = hidden_matrices(network)
    names = {name for name, parameter in network.named_parameters() if parameter in found}
    expected = {
        f"transformer.transformers.{n}.localisation.body.{i}.weight"
        for n in (0, 1)
        for i in (1, 3, 5)
    }
    assert names == expected | {"classifier.1.weight", "classifier.3.weight"}


def test_one_transformer_has_the_names_that_published_weights_have():
    name = "distorted/rts/st-fcn-aff"
    stored = load_file(checkpoints.PRETRAINED / name / checkpoints.WEIGHTS)
    built = EXPERIMENTS[name].build(seed=0).state_dict()
    assert {n: t.shape for n, t in stored.items()} == {n: t.shape for n, t in built.items()}
    assert "transformer.localisation.regression.weight" in built


EACH_ARCHITECTURE = [
    "distorted/rts/fcn",
    "distorted/rts/cnn",
    "distorted/rts/st-fcn-tps",
    "distorted/rts/st-cnn-proj",
    "addition/rts/2st-fcn-aff",
    "volumes/extruded/cnn",
    "volumes/extruded/3d-cnn",
    "volumes/extruded/st-cnn-aff",
    "volumes/extruded/st-cnn-rigid",
]


@pytest.mark.parametrize("name", EACH_ARCHITECTURE)
@pytest.mark.parametrize(
    ("dtype", "rounding"),
    [(torch.float16, 0.004), (torch.bfloat16, 0.03), (torch.float64, 1e-5)],
    ids=["float16", "bfloat16", "float64"],
)
def test_network_of_another_dtype_gives_nearly_the_same_logits(name, dtype, rounding, generator):
    experiment = find(name)
    network = experiment.build(seed=0)
    image = torch.rand(1, *experiment.data.image_shape, generator=generator)
    with torch.no_grad():
        expected = network(image)
    logits = network.to(dtype)(image.to(dtype))
    assert logits.dtype == dtype
    torch.testing.assert_close(logits.float(), expected, atol=rounding, rtol=0)
    logits.sum().backward()


@pytest.mark.parametrize("name", EACH_ARCHITECTURE)
def test_network_takes_an_empty_batch_and_refuses_integers(name):
    experiment = find(name)
    network, shape = experiment.build(seed=0), experiment.data.image_shape
    assert network(torch.zeros(0, *shape)).shape == (0, experiment.data.classes)
    with pytest.raises(DtypeError, match="must be floating-point, got torch.uint8"):
        network(torch.zeros(1, *shape, dtype=torch.uint8))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64], ids=str)
@pytest.mark.parametrize("name", ["distorted/r/cnn", "distorted/r/st-fcn-tps"])
def test_network_of_another_dtype_takes_float32_images(name, dtype, generator):
    network = find(name).build(seed=0).to(dtype)
    image = torch.rand(2, 1, 28, 28, generator=generator)
    logits = network(image)
    assert logits.dtype == dtype
    torch.testing.assert_close(logits, network(image.to(dtype)), atol=0.02, rtol=0)


def test_classifier_that_is_given_theta_reads_it():
    """Of a black image V is black wherever it is read: only θ says where that was."""
    image = torch.zeros(2, 1, 42, 42)
    places = torch.tensor([[0.5, 0, -0.5, 0, 0.5, 0], [0.5, 0, 0.5, 0, 0.5, 0]])
    plain, given = (find(f"studies/st-fcn-aff-halves{n}").build(seed=0) for n in ("", "-theta"))
    left, right = plain.trace(image, places).logits
    torch.testing.assert_close(left, right)
    trace = given.trace(image, places.requires_grad_())
    left, right = trace.logits
    assert not torch.allclose(left, right, atol=1e-3)
    trace.logits.sum().backward()
    assert places.grad.abs().sum() > 0  # the loss reaches the localisation network this way too
