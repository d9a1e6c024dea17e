"""The module of Fig. 2 as a whole: θ, grid and V, and the trace that it leaves."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from stn_core.localisation import ConvolutionalBody, FullyConnectedBody, Localisation
from stn_core.sampling import sample, tent_kernel
from stn_core.spatial_transformer import ParallelTransformers, SpatialTransformer
from stn_core.transforms import Affine, Affine3D, DtypeError, NonFiniteError
from stn_core.watching import watch

SHIFT = torch.tensor([[1.0, 0, 0.25, 0, 1, 0]])


class Constant(nn.Module):
    """A localisation network that has made up its mind."""

    def __init__(self, theta: torch.Tensor) -> None:
        super().__init__()
        self.theta = nn.Parameter(theta)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.theta.expand(len(image), -1)


@pytest.mark.parametrize("body", [FullyConnectedBody, ConvolutionalBody])
@pytest.mark.parametrize("size", [(28, 28), (26, 31), (60, 27)], ids=str)
def test_untrained_transformer_is_identity(family, body, size, generator):
    transform = family(size)
    transformer = SpatialTransformer(
        Localisation(body((2, *size)), transform.identity()), transform
    )
    image = torch.rand(2, 2, *size, generator=generator)
    torch.testing.assert_close(transformer(image), image, atol=1e-4, rtol=0)


def test_untrained_transformer_of_volumes_is_identity(generator):
    transformer = SpatialTransformer(Constant(Affine3D().identity()[None]), Affine3D())
    volume = torch.rand(2, 1, 3, 4, 5, generator=generator)
    torch.testing.assert_close(transformer(volume), volume, atol=1e-5, rtol=0)


def test_warp_holds_what_was_read_where(generator):
    image = torch.rand(2, 1, 8, 8, generator=generator)
    warp = SpatialTransformer(Constant(SHIFT), Affine()).warp(image)
    assert warp.input is image
    assert torch.equal(warp.theta, SHIFT.expand(2, 6))
    assert torch.equal(warp.grid, Affine().grid(warp.theta, (8, 8)))
    shifted = torch.zeros_like(image)
    shifted[..., :-1] = image[..., 1:]  # a quarter is one pixel of eight; 0 from outside
    torch.testing.assert_close(warp.output, shifted, atol=1e-6, rtol=0)


def test_given_theta_overrides_the_localisation_network(generator):
    image = torch.rand(2, 1, 8, 8, generator=generator)
    transformer = SpatialTransformer(Constant(SHIFT), Affine())
    warp = transformer.warp(image, Affine().identity().expand(2, 6))
    torch.testing.assert_close(warp.output, image, atol=1e-6, rtol=0)


def test_transformer_that_was_first_used_in_inference_mode_can_be_trained(family, generator):
    transform = family((28, 28))
    transformer = SpatialTransformer(
        Localisation(FullyConnectedBody((1, 28, 28)), transform.identity()), transform
    )
    image = torch.rand(2, 1, 28, 28, generator=generator)
    with torch.inference_mode():
        transformer(image)
    transformer(image).square().sum().backward()
    assert transformer.localisation.regression.weight.grad.abs().sum() > 0


def test_transformer_of_volumes_can_be_trained_after_inference_mode(generator):
    transformer = SpatialTransformer(Constant(Affine3D().identity()[None]), Affine3D())
    volume = torch.rand(1, 1, 3, 4, 5, generator=generator)
    with torch.inference_mode():
        transformer(volume)
    transformer(volume).square().sum().backward()
    assert transformer.localisation.theta.grad.isfinite().all()


def test_output_size_is_the_one_asked_for(generator):
    image = torch.rand(2, 3, 8, 9, generator=generator)
    transformer = SpatialTransformer(Constant(SHIFT), Affine(), size=(4, 5))
    assert transformer.warp(image).grid.shape == (2, 4, 5, 2)
    assert transformer(image).shape == (2, 3, 4, 5)


@pytest.mark.parametrize("kernel", ["integer", "bilinear", (tent_kernel(2), "bilinear")])
@pytest.mark.parametrize("padding", ["zeros", "border"])
def test_transformer_samples_with_its_own_kernel_and_padding(kernel, padding, generator):
    image = torch.rand(1, 1, 7, 7, generator=generator)
    theta = torch.tensor([[1.3, 0, 0.2, 0, 1.3, 0.1]])
    transformer = SpatialTransformer(Constant(theta), Affine(), kernel=kernel, padding=padding)
    expected = sample(image, Affine().grid(theta, (7, 7)), kernel, padding)
    assert torch.equal(transformer(image), expected)


def test_gradient_of_the_output_reaches_theta_and_the_image(generator):
    image = torch.rand(1, 1, 8, 8, generator=generator, requires_grad=True)
    localisation = Constant(torch.tensor([[0.9, 0.1, 0.05, -0.1, 0.9, 0.02]]))
    SpatialTransformer(localisation, Affine())(image).square().sum().backward()
    assert (localisation.theta.grad != 0).all()
    assert image.grad.abs().sum() > 0


def test_localisation_that_gives_nan_is_an_error_that_names_the_batch_items(generator):
    theta = SHIFT.repeat(3, 1)
    theta[2] = float("nan")
    transformer = SpatialTransformer(Constant(theta), Affine())
    with pytest.raises(NonFiniteError, match=r"theta .* batch items 2 \(1 of 3\)"):
        transformer(torch.rand(3, 1, 8, 8, generator=generator))


def test_half_precision_leaves_theta_grid_and_output_in_float32(generator):
    transformer = SpatialTransformer(
        Localisation(ConvolutionalBody((1, 28, 28)), SHIFT[0]), Affine()
    )
    image = torch.rand(2, 1, 28, 28, generator=generator)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        warp = transformer.warp(image)
    assert {warp.theta.dtype, warp.grid.dtype, warp.output.dtype} == {torch.float32}
    assert torch.equal(warp.output, transformer(image))


def test_half_precision_feature_maps_are_read_in_float32(generator):
    """A transformer deeper in a network is handed what autocast has made of a convolution."""
    convolution = nn.Conv2d(1, 2, 3, padding=1)
    transformer = SpatialTransformer(
        Localisation(ConvolutionalBody((2, 28, 28)), Affine().identity()), Affine()
    )
    with torch.autocast("cpu", dtype=torch.bfloat16):
        features = convolution(torch.rand(2, 1, 28, 28, generator=generator))
        warp = transformer.warp(features)
    assert features.dtype == torch.bfloat16
    assert {warp.theta.dtype, warp.grid.dtype, warp.output.dtype} == {torch.float32}
    torch.testing.assert_close(warp.output, features.float(), atol=1e-4, rtol=0)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64], ids=str)
def test_network_of_another_dtype_locates_in_it_and_reads_in_float32(family, dtype, generator):
    transform = family((28, 28))
    localisation = Localisation(FullyConnectedBody((1, 28, 28)), transform.identity())
    transformer = SpatialTransformer(localisation, transform).to(dtype)
    seen = []
    localisation.body.register_forward_hook(lambda *args: seen.append(args[2].dtype))
    image = torch.rand(2, 1, 28, 28, generator=generator).to(dtype)
    warp = transformer.warp(image)
    assert seen == [dtype] and warp.input is image
    wide = torch.promote_types(dtype, torch.float32)
    assert (warp.theta.dtype, warp.grid.dtype, warp.output.dtype) == (wide, wide, dtype)
    expected = sample(image.to(wide), transform.grid(warp.theta, (28, 28)))
    assert torch.equal(warp.output, expected.to(dtype))
    warp.output.sum().backward()
    assert localisation.regression.bias.grad.dtype == dtype


def test_localisation_of_half_precision_is_given_float32_images(generator):
    transformer = SpatialTransformer(
        Localisation(FullyConnectedBody((1, 28, 28)), Affine().identity()).bfloat16(), Affine()
    )
    image = torch.rand(2, 1, 28, 28, generator=generator)
    torch.testing.assert_close(transformer(image), image, atol=1e-4, rtol=0)


def test_images_of_integers_are_an_error_that_says_what_to_do():
    transformer = SpatialTransformer(Constant(SHIFT), Affine())
    with pytest.raises(DtypeError, match=r"image .* got torch.uint8: .* image.float\(\) / 255"):
        transformer(torch.zeros(2, 1, 8, 8, dtype=torch.uint8))
    with pytest.raises(DtypeError, match="theta must be floating-point, got torch.int64"):
        transformer.warp(torch.zeros(1, 1, 8, 8), torch.ones(1, 6, dtype=torch.int64))


def test_empty_batch_goes_through_and_back(family):
    transform = family((28, 28))
    transformer = SpatialTransformer(
        Localisation(ConvolutionalBody((1, 28, 28)), transform.identity()), transform
    )
    output = transformer(torch.zeros(0, 1, 28, 28))
    assert output.shape == (0, 1, 28, 28)
    output.sum().backward()


# -- several in parallel


def parallel(generator) -> ParallelTransformers:
    """Two that see the same, and look elsewhere."""
    thetas = Affine().identity() + 0.2 * torch.randn(2, 1, 6, generator=generator)
    return ParallelTransformers(SpatialTransformer(Constant(t), Affine()) for t in thetas)


def test_parallel_transformers_give_what_each_alone_gives_side_by_side(generator):
    both = parallel(generator)
    image = torch.rand(3, 2, 8, 8, generator=generator)
    output = both(image)
    assert output.shape == (3, 4, 8, 8) and len(both) == 2
    alone = [transformer(image) for transformer in both.transformers]
    assert torch.equal(output[:, :2], alone[0]) and torch.equal(output[:, 2:], alone[1])
    assert not torch.allclose(*alone)


def test_untrained_parallel_transformers_are_copies_of_the_input(family, generator):
    transform = family((28, 31))
    three = ParallelTransformers(
        SpatialTransformer(
            Localisation(FullyConnectedBody((2, 28, 31)), transform.identity()), transform
        )
        for _ in range(3)
    )
    image = torch.rand(2, 2, 28, 31, generator=generator)
    torch.testing.assert_close(three(image), image.repeat(1, 3, 1, 1), atol=1e-4, rtol=0)


def test_theta_given_for_one_of_two_leaves_the_other_its_own(generator):
    both = parallel(generator)
    image = torch.rand(3, 2, 8, 8, generator=generator)
    own = both.warps(image)
    first, second = both.warps(image, None, SHIFT.expand(3, 6))
    assert torch.equal(first.output, own[0].output)
    assert torch.equal(second.theta, SHIFT.expand(3, 6))
    first, second = both.warps(image, SHIFT.expand(3, 6))
    assert torch.equal(first.theta, SHIFT.expand(3, 6))
    assert torch.equal(second.output, own[1].output)


def test_more_thetas_than_transformers_are_an_error(generator):
    image = torch.rand(3, 2, 8, 8, generator=generator)
    with pytest.raises(ValueError, match="3 thetas for 2 transformers"):
        parallel(generator).warps(image, None, None, SHIFT)


def test_gradients_reach_every_one_of_several_localisation_networks(generator):
    both = parallel(generator)
    image = torch.rand(3, 2, 8, 8, generator=generator)
    both(image).square().sum().backward()
    assert all((t.localisation.theta.grad != 0).all() for t in both.transformers)


class Foreign(nn.Module):
    """A network that is not ours, with a transformer of images and two of feature maps in it."""

    def __init__(self) -> None:
        super().__init__()
        self.first = SpatialTransformer(Constant(SHIFT), Affine())
        self.conv = nn.Conv2d(1, 4, 3)
        pair = [SpatialTransformer(Constant(SHIFT), Affine(), (5, 5)) for _ in range(2)]
        self.deep = nn.Sequential(ParallelTransformers(pair), nn.Flatten(), nn.LazyLinear(3))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.deep(self.conv(self.first(image)).relu())


def test_transformers_of_any_network_can_be_watched(generator):
    network, image = Foreign(), torch.rand(2, 1, 12, 12, generator=generator)
    with watch(network) as warps:
        logits = network(image)
        network(image.flip(0))
    assert list(warps) == ["first", "deep.0.transformers.0", "deep.0.transformers.1"]
    assert all(len(found) == 2 for found in warps.values())
    first, deep = warps["first"][0], warps["deep.0.transformers.1"][0]
    assert torch.equal(first.input, image)
    assert torch.equal(first.output, sample(image, Affine().grid(SHIFT.expand(2, -1), (12, 12))))
    assert deep.input.shape == (2, 4, 10, 10) and deep.output.shape == (2, 4, 5, 5)
    assert torch.equal(network(image), logits) and len(warps["first"]) == 2  # not watched any more


def test_watching_ends_with_an_error_and_leaves_another_watcher_alone(generator):
    network = Foreign()
    with watch(network) as outer:
        with pytest.raises(RuntimeError), watch(network):
            network(torch.rand(1, 2, 12, 12, generator=generator))
        network(torch.rand(1, 1, 12, 12, generator=generator))
    assert len(outer["deep.0.transformers.0"]) == 1


class InThreads(nn.DataParallel):
    """What DataParallel does on several GPUs, here on the CPU: replicas, each with a share."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        shares = image.chunk(3)
        replicas = [self.module._replicate_for_data_parallel() for _ in range(4)]
        done = {}
        for place in (2, 0, 1):  # whichever is done first
            done[place] = replicas[place](shares[place])
        return torch.cat([done[place] for place in range(3)])


@pytest.mark.parametrize("deep", [False, True], ids=["whole", "part"])
def test_images_of_all_replicas_are_watched_in_their_order(deep, generator):
    transformer = SpatialTransformer(Constant(SHIFT), Affine())
    network = (
        nn.Sequential(InThreads(transformer), nn.Flatten()) if deep else InThreads(transformer)
    )
    images = [torch.rand(count, 1, 6, 6, generator=generator) for count in (7, 6)]
    with watch(network) as warps:
        for image in images:
            network(image)
    [recorded] = warps.values()
    assert [torch.equal(w.input, i) for w, i in zip(recorded, images, strict=True)] == [True, True]
    for warp, image in zip(recorded, images, strict=True):
        expected = transformer.warp(image)
        assert all(map(torch.equal, warp, expected))
    network(images[0])
    assert len(recorded) == 2


def test_replicas_of_a_network_watched_inside_of_its_parallel_one_lose_no_image(generator):
    network = InThreads(SpatialTransformer(Constant(SHIFT), Affine()))
    with watch(network.module) as warps:
        network(torch.rand(6, 1, 6, 6, generator=generator))
    assert sum(len(warp.input) for warp in warps[""]) == 6


def test_parallel_network_on_one_device_is_watched_as_any(generator):
    network = nn.DataParallel(SpatialTransformer(Constant(SHIFT), Affine()))
    image = torch.rand(3, 1, 6, 6, generator=generator)
    with watch(network) as warps:
        network(image)
    assert list(warps) == ["module"] and torch.equal(warps["module"][0].input, image)


@pytest.mark.parametrize(
    ("network", "error", "words"),
    [
        (3, TypeError, "expected a module or a callable, got int"),
        (nn.Sequential(torch.jit.ScriptModule()), ValueError, "'0' was compiled by torch.jit"),
    ],
    ids=["number", "scripted"],
)
def test_what_cannot_be_watched_is_refused(network, error, words):
    with pytest.raises(error, match=words), watch(network):
        pass
