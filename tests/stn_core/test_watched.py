"""What the transformers of any network did, in a file."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest
from torch import nn

from app.stage.transformers import describe_transform
from stn_core.checkpoints import CheckpointError, load_tensors, save_tensors
from stn_core.localisation import ConvolutionalBody, Localisation
from stn_core.spatial_transformer import SpatialTransformer
from stn_core.transforms import (
    Affine,
    Affine3D,
    LearnedBasis,
    PiecewiseAffine,
    ThinPlateSpline,
    lattice,
)
from stn_core.watched import MAX_IMAGES, load_warps, save_warps
from stn_core.watching import watch
from tests.app.visiting import MAIN, go_to, payloads

SIZE = (14, 18)


def transformer(transform, channels=1, **options):
    body = ConvolutionalBody((channels, 28, 28))
    return SpatialTransformer(Localisation(body, transform.identity()), transform, SIZE, **options)


def watched(network, image):
    with watch(network) as warps:
        network(image)
    return warps


def test_every_family_comes_back_as_it_was(family, generator, tmp_path):
    transform = family(SIZE)
    network = transformer(transform, kernel="integer", padding="border")
    with torch.no_grad():
        network.localisation.regression.bias.add_(
            0.1 * torch.randn(transform.num_params, generator=generator)
        )
    image = torch.rand(3, 1, 28, 28, generator=generator)
    warps = watched(network, image)
    save_warps(tmp_path / "w.safetensors", network, warps)
    [found] = load_warps(tmp_path / "w.safetensors")
    assert (found.name, found.size, found.kernel) == ("", SIZE, "integer")
    assert found.padding == "border"
    torch.testing.assert_close(found.image / 255, image, atol=0.5 / 255 + 1e-6, rtol=0)
    with torch.no_grad():
        grid = found.transform.grid(found.theta, found.size)
    torch.testing.assert_close(grid, warps[""][0].grid.detach())


@pytest.mark.parametrize(
    "transform",
    [
        ThinPlateSpline((2, 10)),
        PiecewiseAffine((3, 5)),
        ThinPlateSpline(points=0.9 * lattice((2, 10))),
    ],
    ids=str,
)
def test_control_points_come_back_and_can_be_taken_hold_of(transform, generator, tmp_path):
    network = transformer(transform)
    warps = watched(network, torch.rand(1, 1, 28, 28, generator=generator))
    save_warps(tmp_path / "w.safetensors", network, warps)
    [found] = load_warps(tmp_path / "w.safetensors")
    assert repr(found.transform) == repr(transform)
    assert torch.equal(found.transform.controls, transform.controls)
    described = describe_transform(found.transform, found.size)
    targets = [handle["target"] for handle in described["handles"]]
    np.testing.assert_allclose(targets, transform.controls, atol=1e-7)
    assert len({handle["name"] for handle in described["handles"]}) == len(targets)


@pytest.mark.parametrize(
    "transform",
    [Affine(), LearnedBasis(SIZE), ThinPlateSpline(points=0.9 * lattice((2, 10)))],
    ids=["theta", "basis", "points"],
)
def test_transformers_that_share_their_tensors_are_kept_each(transform, tmp_path):
    theta = transform.identity().expand(2, -1).clone()
    network = nn.Sequential(*(SpatialTransformer(lambda u: theta, transform, SIZE) for _ in "12"))
    save_warps(tmp_path / "w.safetensors", network, watched(network, torch.rand(2, 1, *SIZE)))
    for found in load_warps(tmp_path / "w.safetensors"):
        assert repr(found.transform) == repr(transform) and torch.equal(found.theta, theta)


def test_transformers_in_depth_are_told_apart_and_features_become_pictures(tmp_path):
    network = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), transformer(Affine(), 8), nn.Upsample((28, 28)),
        transformer(Affine(), 8),
    )  # fmt: skip
    image = torch.rand(MAX_IMAGES + 5, 1, 28, 28)
    save_warps(tmp_path / "w.safetensors", network, watched(network, image))
    first, second = load_warps(tmp_path / "w.safetensors")
    assert (first.name, second.name) == ("1", "3")
    assert first.image.shape == (MAX_IMAGES, 1, 28, 28)
    assert (first.image.min(), first.image.max()) == (0, 255)


def test_what_cannot_be_drawn_is_refused(tmp_path):
    network = transformer(Affine())
    with watch(network) as warps:
        pass
    with pytest.raises(ValueError, match="was not used"):
        save_warps(tmp_path / "w", network, warps)
    network = SpatialTransformer(lambda u: Affine3D().identity().expand(len(u), -1), Affine3D())
    warps = watched(network, torch.rand(1, 1, 4, 4, 4))
    with pytest.raises(ValueError, match="to Affine3D; expected one of Attention"):
        save_warps(tmp_path / "w", network, warps)


@pytest.mark.parametrize(
    ("shape", "size", "count", "image", "output"),
    [
        ((2, 1, 480, 640), None, 2, (384, 512), (384, 512)),
        ((16, 3, 512, 512), None, 12, (512, 512), (512, 512)),
        ((2, 1, 20, 30), (700, 350), 2, (20, 30), (512, 256)),
        ((40, 1, 20, 30), None, 32, (20, 30), (20, 30)),
        ((2, 1, 2000, 2), None, 2, (512, 1), (512, 1)),
    ],
    ids=["wide", "many-bytes", "large-output", "many-images", "thin"],
)
def test_large_warps_are_shrunk_until_they_can_be_read(
    shape, size, count, image, output, generator, tmp_path
):
    network = SpatialTransformer(lambda u: Affine().identity().expand(len(u), -1), Affine(), size)
    warps = watched(network, torch.rand(shape, generator=generator))
    save_warps(tmp_path / "w.safetensors", network, warps)
    [found] = load_warps(tmp_path / "w.safetensors")
    assert found.image.shape == (count, shape[1], *image)
    assert found.size == output and found.theta.shape == (count, 6)
    average = 255 * warps[""][0].input[:count].mean()
    assert found.image.float().mean().item() == pytest.approx(average.item(), abs=1)


def test_many_large_transformers_share_the_file(tmp_path):
    network = nn.Sequential(*(
        SpatialTransformer(lambda u: Affine().identity().expand(len(u), -1), Affine())
        for _ in range(6)
    ))  # fmt: skip
    save_warps(tmp_path / "w", network, watched(network, torch.rand(4, 3, 512, 512)))
    found = load_warps(tmp_path / "w")
    assert len(found) == 6 and {len(one.image) for one in found} == {2}


@pytest.mark.parametrize(
    ("transform", "size", "words"),
    [
        (
            LearnedBasis((600, 4)),
            (600, 4),
            "cannot be drawn: expected at most 32 images of 512 pixels",
        ),
        (LearnedBasis((512, 512), rank=12), (512, 512), "more than the file limit of 10 MB"),
        (ThinPlateSpline((2, 17)), None, "cannot be drawn: expected 2 to 16 control points"),
        (ThinPlateSpline(points=torch.rand(300, 2)), None, "at most 256 control points"),
    ],
    ids=["long-basis", "large-basis", "many-points", "many-free-points"],
)
def test_what_could_not_be_read_is_refused_when_it_is_saved(transform, size, words, tmp_path):
    network = SpatialTransformer(lambda u: transform.identity().expand(len(u), -1), transform, size)
    warps = watched(network, torch.rand(2, 1, 9, 9))
    with pytest.raises(ValueError, match=words):
        save_warps(tmp_path / "w", network, warps)
    assert not (tmp_path / "w").exists()


def test_empty_batch_is_refused_when_it_is_saved(tmp_path):
    network = transformer(Affine())
    with pytest.raises(ValueError, match="the batch was empty"):
        save_warps(tmp_path / "w", network, watched(network, torch.zeros(0, 1, 28, 28)))


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_what_is_not_finite_is_drawn_at_the_ends_of_what_is(channels, tmp_path):
    network = SpatialTransformer(lambda u: Affine().identity().expand(len(u), -1), Affine())
    image = torch.linspace(-1, 3, 16).reshape(1, 1, 4, 4).repeat(2, channels, 1, 1)
    plain = watched(network, image)
    image = image.clone()
    image[0, :, 0, 0] = float("nan")  # the darkest, as it was
    image[0, :, 3, 3] = float("inf")  # the brightest
    save_warps(tmp_path / "w", network, watched(network, image))
    save_warps(tmp_path / "plain", network, plain)
    [found], [expected] = load_warps(tmp_path / "w"), load_warps(tmp_path / "plain")
    assert torch.equal(found.image, expected.image)
    assert expected.image[0, 0, 0, 0] == 0 and expected.image[0, 0, 3, 3] == 255


def test_picture_without_a_finite_number_is_black(tmp_path):
    network = SpatialTransformer(lambda u: Affine().identity().expand(len(u), -1), Affine())
    image = torch.full((1, 1, 4, 4), float("nan"))
    save_warps(tmp_path / "w", network, watched(network, image))
    [found] = load_warps(tmp_path / "w")
    assert (found.image == 0).all()


def test_no_warps_at_all_are_refused_when_they_are_saved(tmp_path):
    with pytest.raises(ValueError, match="there are no warps"):
        save_warps(tmp_path / "warps.safetensors", transformer(Affine()), {})


@pytest.mark.parametrize("channels", [1, 5])
def test_picture_of_the_largest_numbers_keeps_its_greys(channels, generator, tmp_path):
    network = transformer(Affine(), channels)
    image = (2 * torch.rand(1, channels, 28, 28, generator=generator) - 1) * 3e38
    warp = network.warp(image, Affine().identity()[None])
    save_warps(tmp_path / "warps.safetensors", network, {"": [warp]})
    [read] = load_warps(str(tmp_path / "warps.safetensors"))
    assert read.image.min() == 0 and read.image.max() == 255
    assert len(read.image.unique()) > 100


@pytest.fixture
def good(tmp_path):
    network = transformer(Affine())
    save_warps(tmp_path / "w.safetensors", network, watched(network, torch.rand(2, 1, 28, 28)))
    return tmp_path / "w.safetensors"


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (torch.rand(300, 2), "at most 256 control points"),
        (torch.zeros(3, 3), r"points \(K, 2\)"),
        (torch.full((3, 2), float("inf")), "entries in the control points"),
    ],
    ids=["many", "3d", "infinite"],
)
def test_damaged_control_points_are_refused(good, points, words):
    tensors, header = load_tensors(good)
    header["watched"][0].update(family="ThinPlateSpline", side=None)
    save_tensors(good, {**tensors, "0.points": points}, header)
    with pytest.raises(CheckpointError, match=words):
        load_warps(good)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t, h: t.update({"0.theta": torch.full((2, 6), float("nan"))}), "finite"),
        (lambda t, h: t.update({"0.theta": torch.zeros(2, 8)}), r"\(2, 6\), got \(2, 8\)"),
        (lambda t, h: t.update({"0.image": torch.zeros(2, 1, 28, 28)}), "uint8"),
        (lambda t, h: t.pop("0.image"), "0.image"),
        (lambda t, h: h[0].update(size=[14, 100_000]), "512 pixels"),
        (lambda t, h: h[0].update(size=[14]), r"two whole numbers, got \[14\]"),
        (lambda t, h: h[0].update(size=None), "two whole numbers, got None"),
        (lambda t, h: h[0].update(size=[float("inf"), 8]), r"two whole numbers, got \[inf, 8\]"),
        (lambda t, h: h[0].pop("size"), "transformer 1 has no 'size'"),
        (lambda t, h: h.__setitem__(0, 3), "cannot be drawn"),
        (lambda t, h: h[0].update(family="Module"), "family 'Module' is unknown"),
        (lambda t, h: h[0].update(family=[]), "cannot be drawn"),
        (lambda t, h: h[0].update(name="n" * 501), "name has 501 characters; the limit is 500"),
        (lambda t, h: t.update({"0.theta": torch.zeros(2, 6) + 1j}), "theta of torch.complex64"),
        (
            lambda t, h: t.update({"0.theta": torch.full((2, 6), 1e300, dtype=torch.float64)}),
            "entries in theta",
        ),
        (lambda t, h: h[0].update(family="ThinPlateSpline", side=10**6), "control points"),
        (lambda t, h: h[0].update(family="PiecewiseAffine", side=[2, 17]), "control points"),
        (lambda t, h: h[0].update(family="PiecewiseAffine", side=[2]), "control points"),
        (lambda t, h: h[0].update(family="LearnedBasis"), "basis"),
        (lambda t, h: h[0].update(kernel="none"), "unknown"),
        (lambda t, h: h.clear(), "no warps"),
    ],
)
def test_damaged_file_is_refused_and_says_why(good, change, words):
    tensors, header = load_tensors(good)
    change(tensors, header["watched"])
    save_tensors(good, tensors, header)
    with pytest.raises(CheckpointError, match=words):
        load_warps(good)


def basis_of(values: torch.Tensor):
    """A change of a file: its transformer has this learned basis, for a V of one row."""

    def change(tensors: dict, watched: list) -> None:
        watched[0].update(family="LearnedBasis", size=[1, values.shape[1]])
        tensors["0.basis"], tensors["0.theta"] = values, torch.zeros(2, 2 * len(values))

    return change


def spline(side: int, size: list[int]):
    """A change of a file: its transformer is a thin plate spline, V of this size."""

    def change(tensors: dict, watched: list) -> None:
        watched[0].update(family="ThinPlateSpline", side=side, size=size)
        tensors["0.theta"] = torch.zeros(2, 2 * side**2)

    return change


def many(tensors: dict, watched: list) -> None:
    watched *= 65


def two_large(tensors: dict, watched: list) -> None:
    spline(4, [512, 512])(tensors, watched)
    watched *= 2
    tensors.update({f"1.{name}": tensors[f"0.{name}"].clone() for name in ("image", "theta")})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (spline(16, [512, 512]), "256 rows at 512 × 512 pixels .* 67,108,864 numbers; the limit"),
        (two_large, "brings the file to 8,388,608 numbers"),
        (basis_of(torch.zeros(6000, 1)), "at most 256 rows of the basis, got 6,000"),
        (basis_of(torch.full((3, 4), 1e300, dtype=torch.float64)), "entries in the basis"),
        (many, "at most 64 transformers, got 65"),
    ],
    ids=["spline", "two-splines", "rank", "infinite", "many"],
)  # fmt: skip
def test_file_of_which_too_much_would_be_made_is_refused_with_numbers(good, change, words):
    tensors, header = load_tensors(good)
    change(tensors, header["watched"])
    save_tensors(good, tensors, header)
    with pytest.raises(CheckpointError, match=words) as caught:
        load_warps(good, "the file")
    assert len(str(caught.value)) < 300 and "\n" not in str(caught.value)


def test_largest_file_that_is_drawn_makes_no_more_than_it_is_allowed(good):
    tensors, header = load_tensors(good)
    spline(4, [512, 512])(tensors, header["watched"])
    save_tensors(good, tensors, header)
    [found] = load_warps(good)
    assert found.transform.target(found.size, torch.zeros(1)).numel() == 4 * 4 * 512 * 512


def test_what_would_make_too_much_is_refused_when_it_is_saved(tmp_path):
    transform = ThinPlateSpline(16)
    network = SpatialTransformer(
        lambda u: transform.identity().expand(len(u), -1), transform, (300, 200)
    )
    with pytest.raises(ValueError, match="'' cannot be drawn: B of 256 rows at 300 × 200 pixels"):
        save_warps(tmp_path / "w", network, watched(network, torch.rand(1, 1, 9, 9)))
    network = nn.Sequential(*(
        SpatialTransformer(lambda u: Affine().identity().expand(len(u), -1), Affine())
        for _ in range(65)
    ))  # fmt: skip
    with pytest.raises(ValueError, match="at most 64 transformers, got 65"):
        save_warps(tmp_path / "w", network, watched(network, torch.rand(1, 1, 4, 4)))
    assert not (tmp_path / "w").exists()


def test_page_shows_what_to_do_then_the_transformer_of_the_file(good):
    app = go_to(AppTest.from_file(MAIN, default_timeout=120), "network").run()
    assert not app.exception
    assert "An example, live" in app.info[0].value
    assert any("save_warps" in code.value for code in app.code)
    layouts = [data["layout"] for data in payloads(app)]
    assert layouts[0] == "large" and "strip" in layouts
    upload = ("w.safetensors", good.read_bytes(), "application/octet-stream")
    app.file_uploader(key="own-warps").set_value(upload).run()
    assert not app.exception and not app.error and not app.info
    assert app.selectbox(key="own-transformer").options == ["the network itself"]
    assert [data["layout"] for data in payloads(app)] == ["large", "strip", "bare"]
    app.number_input(key="own-image").set_value(2).run()
    assert not app.exception and not app.error
    app.file_uploader(key="own-warps").set_value(("w.safetensors", b"PK\x03\x04", "x/y")).run()
    assert not app.exception
    assert "The file could not be opened: the file is not a readable" in app.error[0].value


def test_learned_basis_of_another_size_than_u_is_drawn(good):
    tensors, header = load_tensors(good)
    basis_of(torch.rand(3, 9))(tensors, header["watched"])
    save_tensors(good, tensors, header)
    app = go_to(AppTest.from_file(MAIN, default_timeout=120), "network").run()
    upload = ("w.safetensors", good.read_bytes(), "application/octet-stream")
    app.file_uploader(key="own-warps").set_value(upload).run()
    assert not app.exception and not app.error
