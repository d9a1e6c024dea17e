"""Volumes (App. A.3): the digits against scipy's turned ones, the networks, and Eq. 9 and 10."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy import ndimage
from scipy.spatial.transform import Rotation

from stn_core import checkpoints, evaluation
from stn_core.experiments import EXPERIMENTS, find
from stn_core.experiments.volumes import DEPTH, SIDE, Volumes, extruded
from stn_core.recipes import Muon
from stn_core.sampling import bilinear_kernel, sample
from stn_core.training.probes import Probes
from stn_core.training.trainer import Trainer
from stn_core.transforms import (
    Affine3D,
    euler_rotation,
    regular_grid,
    rigid_theta,
    rodrigues,
)
from tests.stn_core.training.small import look

NAMES = [name for name in EXPERIMENTS if name.startswith("volumes/")]
WITH_TRANSFORMER = [name for name in NAMES if "/st-" in name]
ANGLES = [(0, 0, 0), (45, 0, 0), (0, -45, 0), (0, 0, 90), (31, -17, -64), (-45, 45, 45)]


@pytest.fixture(scope="module")
def few(source):
    return source.gallery[3::100]


def test_rotation_is_scipy_s_about_z_then_y_then_x(generator):
    angles = (torch.rand(20, 3, generator=generator) - 0.5) * 4
    expected = Rotation.from_euler("XYZ", angles.numpy()).as_matrix()
    np.testing.assert_allclose(euler_rotation(angles), expected, atol=1e-6)


def test_rigid_theta_is_scipy_s_rotation_vector_and_the_shift(generator):
    vectors, shift = torch.randn(2, 20, 3, generator=generator)
    theta = rigid_theta(vectors, shift).unflatten(1, (3, 4))
    expected = Rotation.from_rotvec(vectors.numpy()).as_matrix()
    np.testing.assert_allclose(theta[..., :3], expected, atol=1e-5)
    assert torch.equal(theta[..., 3], shift)


def test_rodrigues_is_the_exponential_with_its_gradient_on_both_sides_of_the_series(generator):
    axes = F.normalize(torch.randn(6, 3, generator=generator, dtype=torch.float64), dim=1)
    angles = torch.tensor([1e-4, 0.0316, 0.0317, 0.5, 2.0, 3.0], dtype=torch.float64)
    x, y, z = (axes * angles[:, None]).unbind(1)
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], 1).unflatten(1, (3, 3))
    cross.requires_grad_()
    weights = torch.randn(6, 3, 3, generator=generator, dtype=torch.float64)
    results = []
    for matrix in (rodrigues(cross), torch.linalg.matrix_exp(cross)):
        (gradient,) = torch.autograd.grad((matrix * weights).sum(), cross)
        # The two agree on cross-product matrices alone: compare along those.
        along = gradient - gradient.transpose(1, 2)
        results.append((matrix, along))
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-8)


def test_rigid_theta_of_nothing_is_the_identity_and_has_a_gradient():
    nothing = [torch.zeros(1, 3, dtype=torch.float64, requires_grad=True) for _ in range(2)]
    assert torch.equal(rigid_theta(*nothing)[0].float(), Affine3D().identity())
    assert torch.autograd.gradcheck(rigid_theta, nothing)


@pytest.mark.parametrize("degrees", ANGLES)
def test_digit_is_what_scipy_reads_of_the_extruded_one(degrees, few, generator):
    angles = torch.tensor([degrees] * len(few.images)) * math.pi / 180
    rotation = euler_rotation(angles.float())
    shift = 8 * torch.rand(len(few.images), 3, generator=generator) - 4
    found = extruded(few.images, rotation, shift)
    assert found.shape == (10, 1, SIDE, SIDE, SIDE)
    d, h, w = np.indices((SIDE, SIDE, SIDE), dtype=float)
    points = np.stack([w, h, d]).reshape(3, -1) - (SIDE - 1) / 2  # x, y, z
    for index in (0, 4, 7):
        block = np.repeat(few.images[index].numpy()[None] / 255, DEPTH, 0)  # (8, 28, 28)
        back = rotation[index].numpy().T @ (points - shift[index].numpy()[:, None])
        place = back[::-1] + (np.array(block.shape)[:, None] - 1) / 2  # z, y, x
        expected = ndimage.map_coordinates(block, place, order=1, mode="grid-constant")
        expected = expected.reshape(SIDE, SIDE, SIDE)
        np.testing.assert_allclose(found[index, 0], expected, atol=1e-4)


def test_digit_stays_inside_and_reaches_the_edges(source, generator):
    digits = source.gallery[:200]
    examples = Volumes().examples(digits, generator)
    upright = Volumes(max_angle_degrees=(0, 0, 0)).examples(digits, generator)
    ink = digits.images.float().sum((1, 2)) / 255 * DEPTH
    for found in (examples, upright):
        volumes = found.images
        torch.testing.assert_close(volumes.sum((1, 2, 3, 4)), ink, rtol=0.03, atol=0)
        assert volumes.min() >= 0 and volumes.max() <= 1
    ends = upright.images.amax(0)[0]
    for axis in range(3):
        along = ends.amax([other for other in range(3) if other != axis])
        assert along[:3].max() > 0.2 and along[-3:].max() > 0.2


@pytest.mark.parametrize("reach", [0, 0.5])
def test_ink_s_place_is_the_reach_s_share_of_the_free_one(few, reach):
    def middles(share: float) -> torch.Tensor:
        """Of each upright digit's ink, in voxels from the volume's middle: (B, 3)."""
        upright = Volumes(max_angle_degrees=(0, 0, 0), reach=share)
        found = upright.examples(few, torch.Generator().manual_seed(5)).images[:, 0] > 0.3
        places = [torch.nonzero(volume).float() for volume in found]
        ends = torch.stack([(p.amin(0) + p.amax(0)) / 2 for p in places])
        return ends - (SIDE - 1) / 2

    free = middles(1)
    assert free.abs().max() > 15
    torch.testing.assert_close(middles(reach), reach * free, atol=1, rtol=0)


def test_angles_are_evenly_up_to_the_largest(source, generator):
    degrees = Volumes().examples(source.gallery, generator).pose["angle_degrees"]
    for axis, largest in enumerate(Volumes().max_angle_degrees):
        share = degrees[:, axis] / largest
        assert share.abs().max() <= 1 and share.abs().mean() == pytest.approx(0.5, abs=0.03)


def test_truth_turns_the_digit_to_face_the_front(few, generator):
    examples = Volumes().examples(few, generator)
    grid = Affine3D().grid(examples.theta, (28, 28, 28))
    projection = sample(examples.images, grid).sum(2)[:, 0] / DEPTH
    facing = few.images.float() / 255
    for found, expected in zip(projection, facing, strict=True):
        together = torch.corrcoef(torch.stack([found.flatten(), expected.flatten()]))[0, 1]
        assert together > 0.93
    flat = examples.images.sum(2)[:, 0] / DEPTH
    assert flat.amax((1, 2)).max() > 1  # seen aslant, some are deeper than they are thick


def test_same_seed_gives_the_same_volumes(few):
    first, again = (
        Volumes().examples(few, torch.Generator().manual_seed(5)).images for _ in range(2)
    )
    assert torch.equal(first, again)


@pytest.mark.parametrize("axis", range(3))
def test_quarter_turn_about_each_axis_is_a_permuted_volume(axis, generator):
    volume = torch.rand(1, 2, 6, 6, 6, generator=generator)
    angles = torch.zeros(1, 3)
    angles[0, axis] = math.pi / 2
    theta = F.pad(euler_rotation(angles), (0, 1)).flatten(1)
    found = sample(volume, Affine3D().grid(theta, (6, 6, 6)))
    # x, y, z are the last, the middle and the first of the three axes.
    plane = {0: (3, 2), 1: (2, 4), 2: (4, 3)}[axis]
    turned = torch.rot90(volume, -1, plane)
    torch.testing.assert_close(found, turned, atol=1e-4, rtol=0)


def test_axes_are_x_along_the_width_y_along_the_height_z_along_the_depth():
    d, h, w = torch.meshgrid(*(torch.arange(n).float() for n in (5, 6, 7)), indexing="ij")
    volume = (100 * d + 10 * h + w)[None, None]
    pixels = torch.tensor([3.25, 2.5, 1.75])  # x, y, z
    point = (2 * pixels + 1) / torch.tensor([7, 6, 5]) - 1
    value = sample(volume, point.view(1, 1, 1, 1, 3)).item()
    assert value == pytest.approx(175 + 25 + 3.25, abs=1e-3)


def test_identity_reads_a_volume_of_three_lengths_as_it_is(generator):
    volume = torch.rand(2, 1, 4, 5, 7, generator=generator)
    grid = Affine3D().grid(Affine3D().identity().expand(2, -1), (4, 5, 7))
    torch.testing.assert_close(sample(volume, grid), volume, atol=1e-5, rtol=0)


def test_affine_warp_of_a_volume_is_scipy_s_affine_transform(generator):
    volume = torch.rand(6, 7, 9, generator=generator, dtype=torch.float64)
    matrix = torch.eye(3) + 0.2 * torch.randn(3, 3, generator=generator)
    shift = 0.3 * torch.randn(3, 1, generator=generator)
    theta = torch.cat([matrix, shift], 1).flatten()[None].double()
    found = sample(volume[None, None], Affine3D().grid(theta, (6, 7, 9)))[0, 0]
    # The same map in voxels, z first: p = L (A (q / L) + t), from the volume's middle.
    lengths = torch.tensor([9.0, 7, 6], dtype=torch.float64)
    linear = torch.diag(lengths) @ matrix.double() @ torch.diag(1 / lengths)
    moved = lengths / 2 * shift[:, 0].double()
    linear, moved = linear.flip(0, 1).numpy(), moved.flip(0).numpy()
    middle = (np.array(volume.shape) - 1) / 2
    offset = middle + moved - linear @ middle
    expected = ndimage.affine_transform(
        volume.numpy(), linear, offset, order=1, mode="grid-constant"
    )
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_trilinear_reading_is_the_literal_triple_sum(few, generator):
    examples = Volumes().examples(few[:2], generator)
    volume = F.avg_pool3d(examples.images, 4)
    grid = Affine3D().grid(examples.theta, (7, 7, 7))
    literal = sample(volume, grid, bilinear_kernel)
    torch.testing.assert_close(sample(volume, grid), literal, atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", WITH_TRANSFORMER)
def test_untrained_transformer_projects_the_volume_as_it_is(name, few, generator):
    volumes = Volumes().examples(few, generator).images
    trace = find(name).build(seed=0).trace(volumes)
    assert torch.equal(trace.warps[0].theta, Affine3D().identity().expand(10, -1))
    plain = find("volumes/extruded/cnn").build(seed=0).trace(volumes)
    torch.testing.assert_close(trace.classifier_input, plain.classifier_input, atol=1e-4, rtol=1e-4)
    assert trace.logits.shape == (10, 10)
    assert trace.warps[0].grid.shape == (10, 30, 30, 30, 3)


@pytest.mark.parametrize("name", WITH_TRANSFORMER)
def test_theta_by_hand_is_used_in_place_of_the_predicted_one(name, few, generator):
    examples = Volumes().examples(few, generator)
    trace = find(name).build(seed=0).trace(examples.images, examples.theta)
    assert torch.equal(trace.warps[0].theta, examples.theta)
    grid = regular_grid((30, 30, 30)).T.reshape(30, 30, 30, 3)
    assert not torch.allclose(trace.warps[0].grid[0], grid, atol=0.1)


def test_rigid_network_keeps_lengths(few, generator):
    network = find("volumes/extruded/st-cnn-rigid").build(seed=0)
    torch.nn.init.normal_(network.transformer.localisation.regression.weight, generator=generator)
    volumes = Volumes().examples(few, generator).images
    matrix = network.trace(volumes).warps[0].theta.unflatten(1, (3, 4))[..., :3]
    eye = torch.eye(3).expand(10, 3, 3)
    torch.testing.assert_close(matrix @ matrix.mT, eye, atol=1e-4, rtol=0)
    assert not torch.allclose(matrix, eye, atol=0.1)


@pytest.mark.parametrize("name", NAMES)
def test_network_of_volumes_is_trained_watched_and_evaluated(name, source):
    few = source.gallery[::250]
    experiment = find(name)
    trainer = Trainer(experiment, source, seed=0, device=torch.device("cpu"))
    trainer.advance()
    snapshot = look(trainer, source)
    assert snapshot.theta.shape == ((10, 1, 12) if "/st-" in name else (10, 0, 0))
    assert snapshot.logits.shape == (10, 10)
    measured = evaluation.evaluate(trainer.network, experiment, few)
    assert measured.predictions.shape == (4,) and 0 <= measured.measure <= 100
    assert math.isfinite(trainer.record().loss)


def test_wide_filters_live_by_muon_and_die_by_adamw(source):
    def silent(optimiser: Muon) -> int:
        """How many of f_loc's second convolution no volume makes positive, after 40 steps."""
        experiment = find("volumes/extruded/st-cnn-rigid").with_recipe("thorough")
        recipe = replace(experiment.recipe, optimiser=optimiser, iterations=40, batch_size=8)
        experiment = replace(experiment, recipes=(recipe,))
        trainer = Trainer(experiment, source, seed=0, device=torch.device("cpu"))
        seen = []
        body = trainer.network.transformer.localisation.body
        measured = Probes(experiment, source.gallery, trainer.device).measured_examples
        while trainer.step < recipe.iterations:
            trainer.advance()
        body.conv2.register_forward_hook(lambda _, __, output: seen.append(output))
        with torch.no_grad():
            trainer.network(measured.images)
        return int((seen[0] <= 0).all(dim=(0, 2, 3, 4)).sum())

    quick, thorough, _ = find("volumes/extruded/st-cnn-rigid").recipes
    assert quick.localisation_optimiser == thorough.optimiser == Muon(kernels=True)
    assert silent(Muon()) >= 10 and silent(Muon(kernels=True)) <= 4


def test_evaluation_tells_from_how_far_aside_the_digits_are_seen(few):
    first = find("volumes/extruded/st-cnn-rigid")
    measured = evaluation.evaluate(first.build(0), first, few)
    lying, seen = measured.facing_degrees
    assert 20 < lying < 50 and seen == pytest.approx(lying)  # untrained: the identity
    plain = find("volumes/extruded/cnn")
    assert evaluation.evaluate(plain.build(0), plain, few).facing_degrees is None


@pytest.mark.parametrize("name", WITH_TRANSFORMER)
def test_published_transformer_turns_the_digits_towards_the_front(name, source):
    experiment = find(name)
    network = checkpoints.load_pretrained(experiment)
    some = source.gallery[::10]
    lying, seen = evaluation.evaluate(network, experiment, some).facing_degrees
    assert seen < 0.75 * lying
