"""Networks with transformers, exported, compiled and under ``torch.func``: the same numbers."""

from __future__ import annotations

import warnings

import onnxruntime
import pytest
import torch
from torch import nn

from stn_core.experiments import find
from stn_core.localisation import (
    BoxLocalisation,
    FullyConnectedBody,
    Localisation,
    RigidLocalisation,
)
from stn_core.sampling import bilinear_kernel
from stn_core.spatial_transformer import SpatialTransformer
from stn_core.transforms import (
    Affine,
    Affine3D,
    Attention,
    LearnedBasis,
    NonFiniteError,
    PiecewiseAffine,
)

# One of each architecture; volumes are below, in small.
NETWORKS = [
    "distorted/rts/cnn",
    "distorted/rts/st-fcn-tps",
    "distorted/rts/st-cnn-proj",
    "addition/rts/2st-fcn-aff",
]


def moved(transformer: SpatialTransformer, generator: torch.Generator) -> SpatialTransformer:
    """Its θ differs from the identity, and from image to image."""
    regression = transformer.localisation.regression
    with torch.no_grad():
        regression.weight.normal_(0, 0.1, generator=generator)
        regression.bias.add_(0.05 * torch.randn(regression.bias.shape, generator=generator))
    return transformer


def of_family(family, generator, **options) -> SpatialTransformer:
    size = (6, 5)
    transform = family(size)
    localisation = Localisation(FullyConnectedBody((2, 8, 7)), transform.identity())
    return moved(SpatialTransformer(localisation, transform, size, **options), generator)


@pytest.fixture(params=["affine", "rigid"])
def of_volumes(request, generator) -> SpatialTransformer:
    body = nn.Sequential(nn.Flatten(), nn.Linear(4 * 5 * 6, 8), nn.Tanh())
    body.features = 8
    rigid = request.param == "rigid"
    localisation = RigidLocalisation(body) if rigid else Localisation(body, Affine3D().identity())
    return moved(SpatialTransformer(localisation, Affine3D()), generator)


def built(name: str, generator) -> tuple[nn.Module, tuple[int, ...]]:
    experiment = find(name)
    network = experiment.build(seed=0).eval()
    for module in network.modules():
        if isinstance(module, SpatialTransformer):
            moved(module, generator)
    return network, experiment.data.image_shape


def exported(network: nn.Module, image: torch.Tensor, path) -> onnxruntime.InferenceSession:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch's own, about its own
        program = torch.onnx.export(
            network.eval(),
            (image,),
            dynamo=True,
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            verbose=False,
        )
    program.save(path)
    return onnxruntime.InferenceSession(path)


def assert_exported(network: nn.Module, shape: tuple[int, ...], generator, path) -> None:
    """The same logits or images from ONNX, for one and for five images."""
    session = exported(network, torch.rand(3, *shape, generator=generator), path)
    for count in (1, 5):
        image = torch.rand(count, *shape, generator=generator)
        [output] = session.run(None, {session.get_inputs()[0].name: image.numpy()})
        with torch.no_grad():
            expected = network(image)
        torch.testing.assert_close(torch.from_numpy(output), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", NETWORKS)
def test_network_is_the_same_in_onnx_for_any_batch(name, generator, tmp_path):
    assert_exported(*built(name, generator), generator, tmp_path / "network.onnx")


@pytest.mark.parametrize(
    "family",
    [lambda size: PiecewiseAffine(), lambda size: LearnedBasis(size)],
    ids=["piecewise", "learnt"],
)
def test_family_is_the_same_in_onnx_for_any_batch(family, generator, tmp_path):  # the others: above
    transformer = of_family(family, generator)
    assert_exported(transformer, (2, 8, 7), generator, tmp_path / "transformer.onnx")


@pytest.mark.parametrize(
    ("kernel", "padding"),
    [("integer", "zeros"), (bilinear_kernel, "border")],
    ids=["integer", "sum"],
)
def test_kernel_is_the_same_in_onnx_for_any_batch(kernel, padding, generator, tmp_path):
    transformer = of_family(lambda size: Affine(), generator, kernel=kernel, padding=padding)
    assert_exported(transformer, (2, 8, 7), generator, tmp_path / "transformer.onnx")


def test_volumes_are_the_same_in_onnx_for_any_batch(of_volumes, generator, tmp_path):
    assert_exported(of_volumes, (1, 4, 5, 6), generator, tmp_path / "volumes.onnx")


def test_box_localisation_is_the_same_in_onnx_for_any_batch(generator, tmp_path):
    localisation = BoxLocalisation(
        (1, 20, 20), start=0.5, smallest=0.2, largest=0.9, generator=generator
    )
    transformer = SpatialTransformer(localisation, Attention(), (9, 9))
    assert_exported(transformer, (1, 20, 20), generator, tmp_path / "box.onnx")


@pytest.mark.parametrize("used", [False, True], ids=["fresh", "used"])
def test_exported_program_leaves_nothing_of_itself_in_the_network(family, used, generator):
    transformer = of_family(family, generator)
    image = torch.rand(3, 2, 8, 7, generator=generator)
    if used:
        transformer(image)  # it remembers B
    program = torch.export.export(
        transformer, (image,), dynamic_shapes=({0: torch.export.Dim("batch")},)
    )
    one = torch.rand(1, 2, 8, 7, generator=generator)
    torch.testing.assert_close(program.module()(one), transformer(one), atol=1e-6, rtol=0)
    transformer(image).square().sum().backward()


# -- compiled (by inductor too: by hand, since it wants a C++ compiler and a minute)


@pytest.fixture
def compiled():
    """Compiles as one graph, without any break."""
    torch._dynamo.reset()
    yield lambda network: torch.compile(network, fullgraph=True, backend="eager")
    torch._dynamo.reset()


@pytest.mark.parametrize("name", NETWORKS)
def test_network_compiles_as_one_graph(name, compiled, generator):
    network, shape = built(name, generator)
    for count in (3, 5):
        image = torch.rand(count, *shape, generator=generator)
        torch.testing.assert_close(compiled(network)(image), network(image), atol=1e-5, rtol=0)


def test_family_compiles_as_one_graph_and_trains(family, compiled, generator):
    transformer = of_family(family, generator)
    image = torch.rand(3, 2, 8, 7, generator=generator)
    gradients = []
    for run in (compiled(transformer), transformer):
        transformer.zero_grad()
        run(image).square().sum().backward()
        gradients.append(transformer.localisation.regression.weight.grad.clone())
    torch.testing.assert_close(*gradients, atol=1e-5, rtol=1e-4)


def test_volumes_compile_as_one_graph(of_volumes, compiled, generator):
    volume = torch.rand(2, 1, 4, 5, 6, generator=generator)
    torch.testing.assert_close(compiled(of_volumes)(volume), of_volumes(volume))


# -- under torch.func


def per_sample_gradients(network: nn.Module, images: torch.Tensor) -> dict[str, torch.Tensor]:
    def loss(parameters: dict[str, torch.Tensor], image: torch.Tensor) -> torch.Tensor:
        return torch.func.functional_call(network, parameters, (image[None],)).square().sum()

    parameters = dict(network.named_parameters())
    return torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0))(parameters, images)


def assert_per_sample(network: nn.Module, images: torch.Tensor) -> None:
    found = per_sample_gradients(network, images)
    for item, image in enumerate(images):
        network.zero_grad()
        network(image[None]).square().sum().backward()
        for name, parameter in network.named_parameters():
            torch.testing.assert_close(found[name][item], parameter.grad, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", NETWORKS)
def test_network_has_per_sample_gradients(name, generator):
    network, shape = built(name, generator)
    assert_per_sample(network, torch.rand(3, *shape, generator=generator))


def test_family_has_per_sample_gradients_and_trains_afterwards(family, generator):
    assert_per_sample(of_family(family, generator), torch.rand(3, 2, 8, 7, generator=generator))


def test_volumes_have_per_sample_gradients(of_volumes, generator):
    assert_per_sample(of_volumes, torch.rand(2, 1, 4, 5, 6, generator=generator))


# -- without numbers


def test_shapes_are_known_without_numbers(family, generator):
    transformer = of_family(family, generator).to("meta")
    assert transformer(torch.empty(4, 2, 8, 7, device="meta")).shape == (4, 2, 6, 5)


def test_finiteness_is_checked_again_after_a_trace(family, compiled, generator):
    transformer = of_family(family, generator)
    image = torch.rand(2, 2, 8, 7, generator=generator)
    compiled(transformer)(image)
    per_sample_gradients(transformer, image)
    transformer.localisation.regression.bias.data[0] = float("nan")
    with pytest.raises(NonFiniteError, match="theta"):
        transformer(image)
