"""Transformers of networks as other people write them, watched with no change to them."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from stn_core.sampling import bicubic_kernel, sample
from stn_core.spatial_transformer import SpatialTransformer
from stn_core.transforms import Affine, Affine3D, LearnedBasis
from stn_core.watched import load_warps, save_warps
from stn_core.watching import watch
from tests.stn_core.foreign_networks import InRealThreads, Spline, Turned, Tutorial, Volumes
from tests.stn_core.test_spatial_transformer import InThreads


def read(call):
    """V by our sampler, at the recorded grid and at that of the recorded θ."""
    size = tuple(call.output.shape[2:])
    grids = call.grid, call.transform.grid(call.theta, size)
    return [sample(call.input, grid, call.kernel, call.padding) for grid in grids]


def assert_reads(call, output, atol=1e-4):
    torch.testing.assert_close(call.output, output.detach().float(), atol=0, rtol=0)
    with torch.no_grad():
        for ours in read(call):
            torch.testing.assert_close(ours, call.output, atol=atol, rtol=0)


def only(warps):
    [(name, [call])] = warps.items()
    return name, call


def images(generator, *shape):
    return torch.rand(shape or (3, 1, 28, 28), generator=generator)


@pytest.mark.parametrize(
    ("network", "shape", "family"),
    [
        (Tutorial((False, False)), (3, 1, 28, 28), Affine),
        (Tutorial((True, True)), (3, 1, 28, 28), Affine),
        (Tutorial((True, False)), (3, 1, 20, 28), Affine),
        (Tutorial((False, True)), (3, 1, 28, 20), Affine),
        (Tutorial(padding_mode="reflection"), (3, 1, 28, 28), LearnedBasis),
        (Tutorial((True, True), padding_mode="reflection"), (3, 1, 28, 28), LearnedBasis),
        (Spline(), (3, 1, 28, 28), LearnedBasis),
        (Spline(2, 10, (32, 100), True, "border"), (4, 1, 48, 160), LearnedBasis),
        (Turned(), (3, 1, 28, 28), Affine),
        (Volumes(), (2, 1, 6, 8, 10), Affine3D),
    ],
    ids=[
        "edges", "centres", "centres-then-edges", "edges-then-centres", "reflected",
        "reflected-at-centres", "spline", "rectifier", "kornia", "volumes",
    ],
)  # fmt: skip
def test_v_is_read_again_by_our_sampler(network, shape, family, generator):
    image = images(generator, *shape)
    network(image)  # lazy layers
    with watch(network) as warps, torch.inference_mode():
        network(image)
    name, call = only(warps)
    assert name == type(network).__name__
    assert torch.equal(call.input, image) and type(call.transform) is family
    assert_reads(call, network.output)


@pytest.mark.parametrize("grid", ["affine", "halves"])
def test_nearest_pixels_are_those_that_were_read(grid, generator):
    def network(image):
        size = (3, 1, 14, 14) if grid == "halves" else (3, 1, 28, 28)
        theta = torch.eye(2, 3) if grid == "halves" else torch.tensor([[0.8, 0.3, 0], [-0.2, 1, 0]])
        made = F.affine_grid(theta.expand(3, 2, 3), size, align_corners=False)
        return F.grid_sample(image, made, mode="nearest", align_corners=False)

    image = images(generator)
    with watch(network) as warps:
        output = network(image)
    name, call = only(warps)
    assert (name, call.kernel) == ("network", "integer")
    assert_reads(call, output, 0)


def test_changed_grid_is_no_longer_its_theta_s(generator):
    def network(image, change):
        grid = F.affine_grid(0.5 * torch.eye(2, 3)[None], (1, 1, 8, 8), align_corners=False)
        if change == "in place":
            grid += 0.25
        elif change == "viewed":
            grid = grid.contiguous().view(-1).view(1, 8, 8, 2)
        else:
            grid = grid.sin()
        return F.grid_sample(image, grid, align_corners=False)

    image = images(generator, 1, 1, 8, 8)
    with watch(network) as warps:
        for change in ("viewed", "in place", "sine"):
            network(image, change)
    viewed, shifted, bent = (calls[0] for calls in warps.values())
    assert viewed.theta.tolist() == [[0.5, 0, 0, 0, 0.5, 0]]
    torch.testing.assert_close(shifted.theta, torch.tensor([[0.5, 0, 0.25, 0, 0.5, 0.25]]))
    assert isinstance(bent.transform, LearnedBasis)
    assert 0.01 < bent.affine.residual.item() < 0.1
    torch.testing.assert_close(bent.affine.theta[0, 0].item(), 0.49, atol=0.01, rtol=0)


def test_theta_of_a_grid_that_was_made_on_another_device_is_found(monkeypatch, generator):
    image = images(generator, 1, 1, 8, 8)
    with watch(Tutorial()) as warps:
        grid = F.affine_grid(0.5 * torch.eye(2, 3)[None], (1, 1, 8, 8), align_corners=False)
        F.grid_sample(image, grid, align_corners=False)
    _, call = only(warps)
    moved = replace(call, **{name: getattr(call, name).to("meta") for name in call.TENSORS})
    # "meta" stands for CUDA; like there, only tensors of one device can be compared.
    monkeypatch.setattr(torch, "equal", lambda one, other: one.device == other.device)
    assert isinstance(moved.transform, Affine)
    assert moved.theta.device == moved.grid.device


def test_calls_are_named_and_numbered_in_their_order(generator):
    shared = Spline()
    network = nn.Sequential(Turned(), nn.Upsample((28, 28)), shared, Spline(3, 3), shared)
    image = images(generator)
    network(image)
    with watch(network) as warps:
        network(image)
        network(image.flip(0))
    assert list(warps) == ["0", "2", "3", "2 (2)"]
    assert all(len(calls) == 2 for calls in warps.values())
    assert torch.equal(warps["3"][0].input, warps["2"][0].output)
    assert torch.equal(warps["2 (2)"][1].input, warps["3"][1].output)
    network(image)
    assert len(warps["2"]) == 2  # not watched any more


def test_method_of_a_network_that_is_called_alone_is_watched(generator):
    network, image = Tutorial(), images(generator)
    network(image)
    with watch(network) as warps:
        outputs = [network.stn(image), network.stn(image.flip(0))]
    assert list(warps) == ["Tutorial"]
    for call, output in zip(warps["Tutorial"], outputs, strict=True):
        assert_reads(call, output)


def test_our_own_transformer_is_recorded_once(generator):
    own = SpatialTransformer(lambda u: Affine().identity().expand(len(u), 6), Affine())
    network, image = nn.Sequential(Spline(), own), images(generator)
    network(image)
    with watch(network) as warps:
        network(image)
    assert [(name, len(found)) for name, found in warps.items()] == [("0", 1), ("1", 1)]
    with watch(lambda u: own(u)) as warps:
        own(image)
    assert {name: len(found) for name, found in warps.items()} == {"own": 1}


@pytest.mark.parametrize(
    ("dtype", "autocast"),
    [(torch.float16, False), (torch.bfloat16, False), (torch.bfloat16, True)],
    ids=str,
)
def test_half_precision_is_recorded_in_float32(dtype, autocast, generator):
    network, image = Tutorial(), images(generator)
    network(image)
    if not autocast:
        network, image = network.to(dtype), image.to(dtype)
    with watch(network) as warps, torch.no_grad(), torch.autocast("cpu", dtype, enabled=autocast):
        network(image)
    _, call = only(warps)
    assert {t.dtype for t in (call.input, call.theta, call.grid, call.output)} == {torch.float32}
    assert isinstance(call.transform, Affine)
    assert_reads(call, network.output, 30 * torch.finfo(dtype).eps)


def test_what_is_changed_in_place_afterwards_is_kept_as_it_was(generator):
    def network(image):
        output = F.grid_sample(image, torch.zeros(1, 2, 2, 2), align_corners=False)
        image.zero_()
        return output.neg_()

    image = images(generator, 1, 1, 4, 4)
    before = image.clone()
    with watch(network) as warps:
        output = network(image)
    _, call = only(warps)
    assert torch.equal(call.input, before) and torch.equal(call.output, -output)


@pytest.mark.parametrize("parallel", [InThreads, InRealThreads])
def test_replicas_are_put_together(parallel, generator):
    network, image = Tutorial((True, True)), images(generator, 7, 1, 28, 28)
    expected = network(image)
    parallel = parallel(network)
    with watch(parallel) as outer, watch(parallel) as warps:
        torch.testing.assert_close(parallel(image), expected)
        parallel(image[:6])
    assert [len(c.input) for c in outer["module"]] == [7, 6]
    assert len(outer) == 1 and "_replicate_for_data_parallel" not in network.__dict__
    assert list(warps) == ["module"] and [len(c.input) for c in warps["module"]] == [7, 6]
    call = warps["module"][0]
    assert torch.equal(call.input, image) and isinstance(call.transform, Affine)
    torch.testing.assert_close(call.output, network.output, atol=1e-5, rtol=0)
    assert_reads(call, call.output)


def test_watching_ends_with_an_error_and_leaves_another_watcher_alone(generator):
    network, image = nn.Sequential(nn.Sequential(nn.ReLU(), nn.ReLU()), Spline()), images(generator)
    network(image)
    with watch(network) as outer:
        with pytest.raises(RuntimeError), watch(network) as inner:
            network(image[0, 0])
        network(image)
    network(image)
    assert not inner and [len(found) for found in outer.values()] == [1]


def test_calls_of_a_function_are_numbered_and_torch_s_own_is_seen(generator):
    image, grid = images(generator), torch.rand(3, 5, 5, 2, generator=generator)

    def network(image):
        first = F.grid_sample(image, grid, "bicubic", align_corners=False)
        return first, torch.grid_sampler(first, grid, 0, 1, True)

    with watch(network) as warps:
        outputs = network(image)
    assert list(warps) == ["network", "network (2)"]
    (bicubic,), (own,) = warps.values()
    assert_reads(own, outputs[1])
    ours = sample(image, bicubic.grid, bicubic_kernel, bicubic.padding)
    torch.testing.assert_close(ours, outputs[0], atol=1e-4, rtol=0)


def test_compiled_network_is_watched_as_it_was_written(generator):
    network, image = Spline(), images(generator)
    expected = network(image)
    compiled = torch.compile(nn.Sequential(network), backend="eager")
    with watch(compiled) as warps:
        assert torch.equal(compiled(image), expected)
    assert list(warps) == ["0"]


@pytest.mark.parametrize(
    ("network", "shape", "size"),
    [
        (Tutorial((True, True)), (5, 1, 28, 28), (28, 28)),
        (Spline(2, 10, (32, 100), True, "border"), (4, 3, 48, 160), (32, 100)),
        (Spline(3, 3, (600, 400)), (9, 1, 28, 28), (512, 341)),
    ],
    ids=["tutorial", "rectifier", "large"],
)
def test_file_holds_what_was_watched(network, shape, size, generator, tmp_path):
    image = images(generator, *shape)
    network(image)
    with watch(network) as warps, torch.no_grad():
        network(image)
    save_warps(tmp_path / "w.safetensors", network, warps)
    [found] = load_warps(tmp_path / "w.safetensors")
    name, call = only(warps)
    count = len(found.image)
    assert (found.name, found.size, found.padding) == (name, size, call.padding)
    with torch.no_grad():
        grid = found.transform.grid(found.theta, found.size)
    grids = F.interpolate(call.grid[:count].movedim(-1, 1), size, mode="bilinear").movedim(1, -1)
    torch.testing.assert_close(grid, grids, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("network", "shape", "words"),
    [
        (Tutorial(mode="bicubic"), (1, 1, 28, 28), "'Tutorial' reads its image in bicubic mode"),
        (Volumes(), (1, 1, 4, 4, 4), "'Volumes' belongs to Affine3D"),
        (
            lambda u: F.grid_sample(u, u.new_full((1, 2, 2, 2), torch.nan), align_corners=True),
            (1, 1, 4, 4),
            "'lambda' cannot be drawn: the grid must be finite",
        ),
        (nn.ReLU(), (1, 1, 4, 4), "there are no warps"),
    ],
    ids=["bicubic", "volumes", "not-finite", "none"],
)
def test_what_a_file_cannot_hold_is_refused(network, shape, words, generator, tmp_path):
    image = images(generator, *shape)
    network(image)
    with watch(network) as warps:
        network(image)
    with pytest.raises(ValueError, match=words):
        save_warps(tmp_path / "w", network, warps)
