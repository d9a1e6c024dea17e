"""Networks as other people write them, run on grids that a hand has moved."""

from __future__ import annotations

import math
from unittest.mock import patch

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from stn_core.errors import InputError
from stn_core.inspecting import Inspected
from stn_core.inspecting.frames import on_the_input, sources
from stn_core.inspecting.outputs import probabilities_of
from stn_core.inspecting.poses import Pose, posed, sweep
from stn_core.sampling import sample
from stn_core.spatial_transformer import SpatialTransformer
from stn_core.transforms import (
    Affine,
    LearnedBasis,
    NonFiniteError,
    ShapeError,
    ThinPlateSpline,
    regular_grid,
)
from stn_core.watching import watch
from tests.stn_core.foreign_networks import Spline, Turned, Tutorial

CLASSES = 5


class Classifier(nn.Module):
    """A network of transformers, or of what is between them, with scores of classes."""

    def __init__(self, *parts: nn.Module) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(5), nn.Flatten(), nn.LazyLinear(CLASSES))

    def forward(self, image):
        for part in self.parts:
            image = part.stn(image) if isinstance(part, Tutorial) else part(image)
        return self.head(image) * 10


def own_spline() -> SpatialTransformer:
    theta = ThinPlateSpline().identity() + 0.1
    return SpatialTransformer(lambda u: theta.expand(len(u), 32), ThinPlateSpline())


def networks() -> dict[str, Classifier]:
    shared, ours = Spline(), own_spline()
    return {
        "edges": Classifier(Tutorial((False, False))),
        "centres": Classifier(Tutorial((True, True))),
        "centres-then-edges": Classifier(Tutorial((True, False))),
        "reflected": Classifier(Tutorial((True, True), padding_mode="reflection")),
        "bicubic": Classifier(Tutorial(mode="bicubic")),
        "spline": Classifier(Spline()),
        "rectifier": Classifier(Spline(2, 10, (32, 100), True, "border")),
        "sequence": Classifier(Spline(), nn.Conv2d(1, 2, 3, padding=1), Spline(3, 3)),
        "shared": Classifier(shared, nn.Sigmoid(), shared),
        "kornia": Classifier(Turned()),
        "ours": Classifier(ours, Spline(), ours),
    }


@pytest.fixture(params=list(networks()))
def inspected(request, generator) -> Inspected:
    size = (48, 160) if request.param == "rectifier" else (28, 28)
    return Inspected(networks()[request.param], torch.rand(3, 1, *size, generator=generator))


def read_elsewhere(network, images, grids: list) -> torch.Tensor:
    """What a network gives if F.grid_sample itself is replaced: at grids of ours, one for each
    call, None for its own."""
    plain, left = F.grid_sample, list(grids)

    def elsewhere(image, grid, mode="bilinear", padding_mode="zeros", align_corners=None):
        ours = left.pop(0)
        if ours is not None:
            shape = torch.tensor(image.shape[:1:-1])
            grid = ours * shape / (shape - 1) if align_corners else ours
        return plain(image, grid, mode, padding_mode, align_corners)

    with torch.no_grad(), patch.object(F, "grid_sample", elsewhere):
        return network(images).softmax(1)


def test_same_grid_gives_the_same_answer_and_another_that_of_a_patched_network(inspected):
    own = inspected.run(inspected.images)
    in_order = sorted(own.seen, key=lambda name: ("(2)" in name, name))
    for place, name in enumerate(in_order):
        seen = own.seen[name]
        same = inspected.run(inspected.images, {name: seen.grid})
        torch.testing.assert_close(same.probabilities, own.probabilities, atol=1e-4, rtol=0)

        fitted = seen.fitted(1)
        theta = fitted.theta + 0.1 * torch.eye(1, fitted.theta.shape[1])
        unmoved = seen.moved(fitted, fitted.theta, 1)
        torch.testing.assert_close(unmoved, seen.grid, atol=1e-6, rtol=0)
        grid = seen.moved(fitted, theta, 1)
        assert torch.equal(grid[0], seen.grid[0]) and not torch.equal(grid[1], seen.grid[1])
        moved = inspected.run(inspected.images, {name: grid})
        assert not torch.allclose(moved.probabilities[1], own.probabilities[1], atol=1e-4)
        grids = [*[None] * place, grid, *[None] * 3]
        expected = read_elsewhere(inspected.network, inspected.images, grids)
        torch.testing.assert_close(moved.probabilities, expected, atol=1e-4, rtol=0)


def test_names_follow_the_uses_of_a_shared_transformer(generator):
    images = torch.rand(1, 1, 28, 28, generator=generator)
    made = {name: set(Inspected(networks()[name], images).names) for name in ("shared", "ours")}
    assert made["shared"] == {"parts.0", "parts.0 (2)"}
    assert made["ours"] == {"parts.0", "parts.1", "parts.0 (2)"}
    ours = Inspected(networks()["ours"], images)
    assert sources(ours, images) == {
        "parts.0": None, "parts.1": "parts.0", "parts.0 (2)": "parts.1"
    }  # fmt: skip


def test_family_of_a_transformer_is_what_a_hand_can_use(generator):
    images = torch.rand(1, 1, 28, 28, generator=generator)
    families = {
        name: type(next(iter(Inspected(network, images).first.seen.values())).fitted().transform)
        for name, network in networks().items()
        if name in ("edges", "spline", "ours")
    }
    assert families == {"edges": Affine, "spline": LearnedBasis, "ours": ThinPlateSpline}


def test_grid_that_does_not_fit_is_refused(generator):
    inspected = Inspected(networks()["spline"], torch.rand(1, 1, 28, 28, generator=generator))
    with pytest.raises(ShapeError, match=r"the grid for 'parts.0' is \(1, 4, 4, 2\)"):
        inspected.run(inspected.images, {"parts.0": torch.zeros(1, 4, 4, 2)})
    with pytest.raises(NonFiniteError):
        inspected.run(inspected.images, {"parts.0": torch.full((1, 28, 28, 2), torch.nan)})
    parallel = watch(nn.DataParallel(inspected.network), {"parts.0": torch.zeros(1)})
    with pytest.raises(ValueError, match="watch the module that is in it"), parallel:
        pass


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (nn.Sequential(nn.Flatten(), nn.Linear(784, 10)), "neither F.grid_sample nor"),
        (Classifier(nn.Conv2d(3, 4, 3), Turned()), "raised RuntimeError for images .1, 1, 28, 28"),
        (Classifier(Turned(), nn.Threshold(2.0, float("nan"))), "output has NaN"),
    ],
    ids=["no-transformer", "channels", "not-finite"],
)
def test_network_that_cannot_be_inspected_says_why(network, words, generator):
    with pytest.raises(InputError, match=words):
        Inspected(network, torch.rand(2, 1, 28, 28, generator=generator))


def test_module_in_a_data_parallel_is_looked_at(generator):
    images = torch.rand(1, 1, 28, 28, generator=generator)
    inspected = Inspected(nn.DataParallel(networks()["spline"]), images)
    assert inspected.names == ("parts.0",)
    seen = inspected.first.seen["parts.0"]
    assert inspected.run(images, {"parts.0": seen.grid}).probabilities is not None


def test_probabilities_are_found_in_whatever_a_network_returns():
    logits = torch.tensor([[1.0, 2, 3]])
    expected = logits.softmax(1)
    for output in (logits, logits.log_softmax(1), expected, {"aux": 1, "logits": logits}):
        torch.testing.assert_close(probabilities_of(output, 1), expected)
    for output in (torch.zeros(1), torch.zeros(7, 1, 3), {}, "text", torch.zeros(1, 1)):
        assert probabilities_of(output, 1) is None


def test_softmax_of_bfloat16_stays_as_it_is(generator):
    shares = (3 * torch.randn(64, 200, generator=generator)).bfloat16().softmax(1)
    assert (shares.float().sum(1) - 1).abs().max() > 1e-3
    assert torch.equal(probabilities_of(shares, 64), shares.float())


class InPlace(nn.Module):
    def forward(self, image):
        return Turned()(image.mul_(0.5)).flatten(1)


def test_network_that_works_in_place_leaves_the_images_alone(generator):
    images = torch.rand(2, 1, 28, 28, generator=generator)
    before = images.clone()
    inspected = Inspected(InPlace(), images)
    again = inspected.run(images)
    assert torch.equal(images, before)
    torch.testing.assert_close(again.probabilities[:1], inspected.first.probabilities)


class Noisy(nn.Module):
    """Dropout that is left on, in front of two transformers."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = own_spline(), own_spline()

    def forward(self, image):
        image = F.dropout(image, 0.5, training=True)
        return self.second(self.first(image)).mean(2).flatten(1)


def test_noise_of_a_network_is_the_same_in_every_pass(generator):
    state = torch.get_rng_state()
    images = torch.rand(1, 1, 28, 28, generator=generator)
    network = Inspected(Noisy(), images)
    own = network.run(images)
    same = network.run(images, {"first": own.seen["first"].grid})
    assert torch.equal(same.probabilities, own.probabilities)
    assert sources(network, images) == {"first": None, "second": "first"}
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    "found",
    [{"first": "second", "second": "first"}, {"first": "gone", "second": "first"}],
    ids=["circle", "not-used"],
)
def test_way_back_to_the_input_that_has_no_end_gives_no_grids(found, generator):
    network = Inspected(Noisy(), torch.rand(1, 1, 28, 28, generator=generator))
    assert on_the_input(network.first, found) is None


def test_learned_basis_of_our_own_is_moved_without_a_gradient_and_keeps_its_size(generator):
    basis = LearnedBasis((20, 24), generator=generator)
    network = nn.Sequential(
        *(SpatialTransformer(lambda u: basis.identity().expand(len(u), 12), basis, size=(20, 24))
          for _ in range(2))
    )  # fmt: skip
    inspected = Inspected(network, torch.rand(1, 1, 28, 28, generator=generator))
    seen = inspected.first.seen["0"]
    fitted = seen.fitted(size=(48, 48))
    assert fitted.size_for((48, 48)) == (20, 24)
    moved = inspected.run(inspected.images, {"0": seen.moved(fitted, 0.9 * fitted.theta)})
    later = moved.seen["1"].fitted()
    torch.testing.assert_close(torch.from_numpy(later.theta.numpy())[0], basis.identity())


class Parallel(nn.Module):
    """Two crops of the image, and one of the first of them."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right, self.deeper = (Tutorial((True, True)) for _ in range(3))
        self.head = nn.Sequential(nn.Flatten(), nn.LazyLinear(CLASSES))

    def forward(self, image):
        left, right = self.left.stn(image), self.right.stn(image)
        return self.head(torch.cat([self.deeper.stn(left.relu()), right], 1))


def test_grids_are_multiplied_out_on_the_input(generator):
    images = torch.rand(1, 1, 28, 28, generator=generator)
    network = Inspected(Parallel(), images)
    left, right, deeper = network.names
    found = sources(network, images)
    assert found == {left: None, right: None, deeper: left}
    names, fitted = on_the_input(network.first, found)
    matrices = {n: network.first.seen[n].fitted().theta.view(2, 3) for n in names}
    square = {n: torch.cat([m, torch.tensor([[0.0, 0, 1]])]) for n, m in matrices.items()}
    torch.testing.assert_close(fitted.theta[1].view(2, 3), matrices[right], atol=1e-4, rtol=0)
    expected = (square[left] @ square[deeper])[:2]
    torch.testing.assert_close(fitted.theta[2].view(2, 3), expected, atol=1e-4, rtol=0)


def test_bent_grids_are_taken_through_each_other(generator):
    images = F.interpolate(torch.rand(1, 1, 5, 5, generator=generator), (64, 64), mode="bicubic")
    network = Inspected(Classifier(Spline(4, 4, (64, 64)), Spline(3, 3, (64, 64))), images)
    found = sources(network, images)
    assert list(found.values()) == [None, "parts.0"]
    _, fitted = on_the_input(network.first, found)
    grid = fitted.transform.at(fitted.theta[1:], regular_grid((16, 16)))
    read = sample(images, grid.view(1, 16, 16, 2))
    twice = network.first.seen["parts.1"].output
    inside = (slice(None), slice(None), slice(3, -3), slice(3, -3))
    expected = F.interpolate(twice, (16, 16), mode="bilinear", antialias=False)
    assert (read[inside] - expected[inside]).abs().max() < 0.05


def test_input_is_posed_about_its_middle():
    image = torch.zeros(1, 1, 9, 17)
    image[..., 4, 12] = 1  # four pixels to the right of the middle
    down = posed(image, Pose(degrees=90))
    assert down[0, 0, 8, 8] > 0.99 and down.sum() < 1.01  # four below it, though it is not square
    left = posed(image, Pose(shift_x=-4 / 17))
    assert left[0, 0, 4, 8] > 0.99
    near = posed(image, Pose(scale=0.5))
    assert near[0, 0, 4, 10] > 0.4
    assert torch.allclose(posed(image + 3, Pose(degrees=30)), posed(image, Pose(degrees=30)) + 3)


def test_sweep_follows_probabilities_and_the_nearest_affine_theta(generator):
    network = Inspected(networks()["kornia"], torch.rand(1, 1, 28, 28, generator=generator))
    swept = sweep(network, network.images, Pose(), "rotation", network.names[0])
    assert swept.probabilities.shape == (len(swept.values), CLASSES)
    middle = len(swept.values) // 2
    torch.testing.assert_close(
        swept.probabilities[middle], network.first.probabilities[0], atol=1e-4, rtol=0
    )
    assert swept.theta["angle_degrees"].shape == (len(swept.values),)


class TurnedByPixels(nn.Module):
    """A wide image, read with a frame that is turned by 30° on the screen."""

    def forward(self, image):
        height, width = image.shape[2:]
        cos, sin = math.cos(math.pi / 6), math.sin(math.pi / 6)
        theta = torch.tensor([[cos, -sin * height / width, 0.1], [sin * width / height, cos, 0]])
        grid = F.affine_grid(theta.expand(len(image), 2, 3), image.shape, align_corners=False)
        return F.grid_sample(image, grid, align_corners=False).mean(2).flatten(1)


def test_angle_of_theta_is_that_on_the_screen_for_an_image_that_is_not_square(generator):
    network = Inspected(TurnedByPixels(), torch.rand(1, 1, 60, 120, generator=generator))
    swept = sweep(network, network.images, Pose(), "rotation", network.names[0])
    expected = {"angle_degrees": 30.0, "scale_x": 1.0, "scale_y": 1.0, "shear": 0.0, "shift_x": 0.1}
    for part, value in expected.items():
        found = swept.theta[part]
        torch.testing.assert_close(found, torch.full_like(found, value), atol=1e-4, rtol=0)
