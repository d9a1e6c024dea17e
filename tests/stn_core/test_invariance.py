"""Errors and predicted poses beyond the range of training: that they are what they claim to be."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import ndimage

from stn_core import checkpoints, invariance
from stn_core.checkpoints import CheckpointError
from stn_core.digits import Digits
from stn_core.distortions import RTS, TC, E, P, R
from stn_core.evaluation import evaluate
from stn_core.experiments import find
from stn_core.experiments.distorted import DISTORTIONS, Distorted
from stn_core.intervals import wilson
from stn_core.invariance import Curve, Pose, Recording
from stn_core.metrics import load_metrics
from stn_core.transforms import Affine, Projective, ThinPlateSpline, similarity_theta

# Each distortion held in the middle of its ranges. RTS and TC draw a place all the same.
MIDDLES = {
    "r": R(max_angle_degrees=0),
    "p": P(min_scale=0.875, max_scale=0.875, corner_std_pixels=0),
    "e": E(min_scale=0.875, max_scale=0.875, point_std_pixels=0),
}
RECORDED = [c for c in invariance.columns() if invariance.recording_path(c).is_file()]
FEW = 60


@pytest.fixture
def digits(source) -> Digits:
    return invariance.subset(source.gallery, FEW)


def clutter_of(distortion, digits: Digits):
    return invariance.draw_clutter(distortion, digits.images)


# -- poses


@pytest.mark.parametrize("name", MIDDLES)
def test_centre_is_the_distortion_with_nothing_varied(name, digits, generator):
    distortion = DISTORTIONS[name]
    expected = MIDDLES[name](digits.images, generator).images
    pose = invariance.centre(distortion)
    found = invariance.posed(distortion, digits.images, pose, clutter_of(distortion, digits))
    torch.testing.assert_close(found, expected, atol=2e-3, rtol=0)


@pytest.mark.parametrize("short", ["fcn", "st-cnn-aff"])
def test_error_at_the_centre_is_a_plain_evaluation_s(short, digits):
    experiment = find(f"distorted/r/{short}")
    network = checkpoints.load_pretrained(experiment)
    still = replace(experiment, data=Distorted(distortion=MIDDLES["r"]))
    points = invariance.measure(DISTORTIONS["r"], {short: network}, digits)
    straight = next(p for p in points if p.axis == "rotation" and p.value == 0)
    misread = straight.readings[short].misread
    assert 100 * misread / FEW == pytest.approx(evaluate(network, still, digits).measure)


def test_pose_puts_the_digit_where_scipy_puts_it(digits):
    pose = Pose(angle_degrees=30, scale=0.8, shift_pixels=-5)
    found = invariance.posed(RTS(), digits.images, pose, clutter_of(RTS(), digits))
    y, x = np.mgrid[:42, :42] - 20.5
    cos, sin = math.cos(math.radians(30)), math.sin(math.radians(30))
    x, y = (x + 5) / 0.8, y / 0.8  # canvas -> the digit, still turned clockwise on the screen
    from_x, from_y = cos * x + sin * y + 13.5, -sin * x + cos * y + 13.5
    for image, shown in zip(digits.images[::10], found[::10, 0], strict=True):
        expected = ndimage.map_coordinates(
            image.numpy() / 255, [from_y, from_x], order=1, mode="grid-constant"
        )
        np.testing.assert_allclose(shown.numpy(), expected, atol=2e-3)


def test_clutter_is_tc_s(digits):
    distortion, image = TC(patches=invariance.MAX_PATCHES), digits.images[:1]
    whole = distortion(image, torch.Generator().manual_seed(4), digits.images)
    right, down = (int(whole.pose[f"shift_{axis}_pixels"]) for axis in "xy")
    generator = torch.Generator().manual_seed(4)
    torch.randint(33, (2, 1), generator=generator)  # the place, which is drawn first
    patches = distortion.draw_patches(image, generator, digits.images)
    alone = invariance.posed(distortion, image, Pose(shift_pixels=right), patches)
    moved = alone.roll(down, 2).contiguous()
    patches.draw_on(moved.view(1, -1))
    torch.testing.assert_close(moved, whole.images, atol=2e-3, rtol=0)


def test_pose_takes_the_first_patches_and_adds_to_them(digits):
    clutter = clutter_of(TC(), digits)
    none, few, more = (
        invariance.posed(TC(), digits.images, Pose(patches=n), clutter) for n in (0, 3, 9)
    )
    for less, greater in ((none, few), (few, more)):
        assert (greater >= less).all()
        assert (greater > less).flatten(1).any(1).float().mean() > 0.9  # a patch may be blank


def test_digit_has_left_the_canvas_at_the_ends_of_the_shift(digits):
    for distortion in DISTORTIONS.values():
        axis = next(a for a in invariance.axes(distortion) if a.name == "shift")
        clutter = clutter_of(distortion, digits)
        ink = {}
        for value in (0, axis.values[0], axis.values[-1]):
            pose = replace(invariance.at(distortion, axis, value), patches=0)
            shown = invariance.posed(distortion, digits.images, pose, clutter)
            ink[value] = shown.sum().item()
        assert ink[axis.values[0]] < 0.05 * ink[0] and ink[axis.values[-1]] < 0.05 * ink[0]


def test_every_axis_goes_beyond_training_and_through_its_middle():
    for distortion in DISTORTIONS.values():
        axes = invariance.axes(distortion)
        assert [axis.name for axis in axes] == ["rotation", "scale", "shift", "clutter"]
        middle = invariance.centre(distortion)
        for axis in axes:
            low, high = axis.trained
            assert low <= getattr(middle, axis.part) <= high
            assert axis.values[-1] > high
            assert axis.name == "clutter" or axis.values[0] < low


def test_training_ranges_are_the_distortions_own(source, generator):
    images = source.gallery.images

    def ranges(distortion) -> dict:
        return {axis.name: axis.trained for axis in invariance.axes(distortion)}

    def extent(distortion, part: str) -> list[float]:
        drawn = distortion(images, generator).pose[part]
        return [drawn.min().item(), drawn.max().item()]

    assert extent(RTS(), "angle_degrees") == pytest.approx(ranges(RTS())["rotation"], abs=0.5)
    assert extent(RTS(), "scale") == pytest.approx(ranges(RTS())["scale"], abs=0.01)
    assert extent(R(), "angle_degrees") == pytest.approx(ranges(R())["rotation"], abs=1)
    assert extent(P(), "scale") == pytest.approx(ranges(P())["scale"], abs=0.01)
    assert extent(TC(), "shift_x_pixels") == pytest.approx(ranges(TC())["shift"])
    assert ranges(TC())["clutter"] == (6, 6)


# -- predicted poses


def test_theta_of_a_pose_is_told_as_that_pose():
    theta = similarity_theta(
        torch.tensor([math.radians(70)]), *(torch.tensor([v]) for v in (1.2 * 28 / 42, 0.5, 0.0))
    )
    told = invariance.predicted(Affine(), theta, canvas=42)
    expected = {"rotation": 70, "scale": 1.2, "shift": 0.5 * 21, "clutter": 0.5 * 21}
    assert {name: value.item() for name, value in told.items()} == pytest.approx(expected, rel=1e-4)


def test_families_that_do_the_same_are_told_the_same():
    affine = similarity_theta(*(torch.tensor([v]) for v in (0.6, 0.7, -0.2, 0.3)))
    projective = torch.cat([affine, torch.zeros(1, 2)], 1)
    spline = ThinPlateSpline()
    points = Affine().at(affine, spline.identity().view(-1, 2).T)
    expected = invariance.predicted(Affine(), affine, 60)
    for transform, theta in ((Projective(), projective), (spline, points.flatten(1))):
        found = invariance.predicted(transform, theta, 60)
        for name, value in expected.items():
            torch.testing.assert_close(found[name], value, atol=1e-3, rtol=1e-4)


def test_angles_that_follow_the_truth_are_told_on_its_turn():
    low, middle, high = invariance.quantiles("rotation", torch.tensor([170.0, 178, -174]), 180)
    assert 170 <= low < middle < high <= 186
    assert middle == pytest.approx(178)
    low, middle, high = invariance.quantiles("rotation", torch.tensor([170.0, 178, -174]), -180)
    assert middle == pytest.approx(-182) and low < middle < high


def test_angles_that_do_not_follow_the_truth_stay_within_half_a_turn():
    assert invariance.quantiles("rotation", torch.tensor([-5.0, 0, 5]), 180)[1] == pytest.approx(0)
    assert invariance.quantiles("rotation", torch.tensor([-9.0, -5, 0]), 180)[1] == pytest.approx(
        -5
    )


def test_quantiles_of_what_is_no_angle_are_numpy_s(generator):
    values = torch.randn(300, generator=generator)
    expected = np.quantile(values.numpy(), invariance.QUANTILES)
    assert invariance.quantiles("scale", values, 0) == pytest.approx(expected, abs=1e-5)


# -- measuring and recording


def test_every_fifth_digit_is_taken_and_never_more_than_there_are(source):
    taken = invariance.subset(source.gallery, 200)
    assert torch.equal(taken.images, source.gallery.images[::5])
    assert taken.labels.bincount().tolist() == [20] * 10
    for count in (0, 1001):
        with pytest.raises(ValueError, match="from 1 to 1,000 here"):
            invariance.subset(source.gallery, count)


@pytest.fixture
def measured(digits) -> Recording:
    """A recording of two of R's networks on a few digits."""
    names = ("fcn", "st-fcn-aff")
    networks = {n: checkpoints.load_pretrained(find(f"distorted/r/{n}")) for n in names}
    points = list(invariance.measure(R(), networks, digits))
    return invariance.recording(
        "distorted/r", points, digits=FEW, which="a few", device="CPU", seconds=1.234
    )


def test_recording_has_every_value_and_comes_back_as_it_was(measured, pretrained):
    for network in measured.networks.values():
        for axis in measured.axes:
            curve = network.curves[axis.name]
            assert len(curve.misread) == len(axis.values)
            assert all(0 <= count <= FEW for count in curve.misread)
    assert measured.networks["fcn"].curves["rotation"].predicted is None
    assert len(measured.networks["st-fcn-aff"].curves["scale"].predicted) == 18
    path = invariance.save(measured)
    assert path == pretrained / "distorted/r/invariance.json"
    assert invariance.load("distorted/r") == measured


def test_reach_is_the_stretch_around_the_centre_that_stays_low(measured):
    counts = (9, 0, 9, *(1,) * 20, 0, 9)  # of 60: 15 %, 0 %, 15 %, 1.7 % ..., 0 %, 15 %
    fcn = measured.networks["fcn"]
    curves = {**fcn.curves, "rotation": replace(fcn.curves["rotation"], misread=counts)}
    found = replace(measured, networks={"fcn": replace(fcn, curves=curves)})
    assert invariance.reach(found, "fcn", "rotation", 10) == (-135, 165)
    assert invariance.reach(found, "fcn", "rotation", 15) == (-180, 180)
    assert invariance.reach(found, "fcn", "rotation", 1) is None


def test_recording_of_other_weights_is_outdated(measured, monkeypatch):
    assert measured.outdated() == []
    monkeypatch.setattr(
        checkpoints, "weights_digest", lambda e: "0" if e.name.endswith("/fcn") else "1"
    )
    other = replace(measured.networks["st-fcn-aff"], weights="1")
    mixed = replace(measured, networks={**measured.networks, "st-fcn-aff": other})
    assert mixed.outdated() == ["fcn"]


@pytest.mark.parametrize("content", ["", "{}", '{"column": 1}', "[]"])
def test_broken_recording_is_an_error_that_names_the_file(pretrained, content):
    path = invariance.recording_path("distorted/r")
    path.parent.mkdir(parents=True)
    path.write_text(content)
    with pytest.raises(CheckpointError, match=r"invariance\.json cannot be read"):
        invariance.load("distorted/r")


def test_what_is_no_column_is_an_error_that_names_those_there_are():
    with pytest.raises(ValueError, match="no column 'rts'; there are: distorted/r, distorted/rts"):
        invariance.distortion_of("rts")


def test_printed_errors_are_shares_of_the_digits(measured):
    told = "\n".join(invariance.lines(measured))
    assert "error in percent on a few" in told
    count = measured.networks["fcn"].curves["clutter"].misread[0]
    assert f"{100 * count / FEW:.1f}" in told
    assert "trained with -90 to 90" in told and "trained with only 1" in told


def test_command_measures_a_column_and_keeps_it(command, capsys, tmp_path, monkeypatch):
    folder = tmp_path / "pretrained"
    for name in ("fcn", "st-fcn-aff"):
        published = checkpoints.PRETRAINED / f"distorted/r/{name}"
        (folder / f"distorted/r/{name}").mkdir(parents=True)
        weights = (published / checkpoints.WEIGHTS).read_bytes()
        (folder / f"distorted/r/{name}" / checkpoints.WEIGHTS).write_bytes(weights)
        (folder / f"distorted/r/{name}" / checkpoints.METRICS).write_text("{}")
    monkeypatch.setattr(checkpoints, "PRETRAINED", folder)
    assert command(["invariance", "distorted/r", "--digits=40"]) == 0
    out = capsys.readouterr().out
    assert "40 of the 1,000 gallery digits" in out
    found = invariance.load("distorted/r")
    assert (found.digits, list(found.networks)) == (40, ["fcn", "st-fcn-aff"])
    assert found.outdated() == []


def test_command_measures_again_only_what_has_changed(command, capsys, tmp_path, monkeypatch):
    weights = {
        name: tmp_path / "distorted/r" / name / checkpoints.WEIGHTS
        for name in ("fcn", "st-fcn-aff")
    }
    for name, path in weights.items():
        path.parent.mkdir(parents=True)
        published = checkpoints.PRETRAINED / f"distorted/r/{name}" / checkpoints.WEIGHTS
        path.write_bytes(published.read_bytes())
        path.with_name(checkpoints.METRICS).write_text("{}")
    monkeypatch.setattr(checkpoints, "PRETRAINED", tmp_path)

    def measure(digits: int) -> tuple[str, Recording]:
        assert command(["invariance", "distorted/r", f"--digits={digits}"]) == 0
        return capsys.readouterr().out, invariance.load("distorted/r")

    _, first = measure(20)
    fcn = find("distorted/r/fcn")
    checkpoints.save_weights(fcn.build(1), fcn, weights["fcn"])
    told, second = measure(20)
    assert "2 networks, 1 of them measured before" in told
    assert second.outdated() == [] and list(second.networks) == list(first.networks)
    assert second.networks["st-fcn-aff"] == first.networks["st-fcn-aff"]
    assert second.networks["fcn"] != first.networks["fcn"]
    told, _ = measure(30)  # other digits: all anew
    assert "measured before" not in told
    invariance.recording_path("distorted/r").write_text("{")
    told, _ = measure(20)
    assert "measured before" not in told


def test_column_without_networks_is_an_error(command, capsys, pretrained):
    assert command(["invariance", "distorted/r"]) == 1
    assert "no network of distorted/r is published yet" in capsys.readouterr().err


# -- what is shipped


def test_main_columns_are_recorded():
    assert {"distorted/rts", "distorted/r", "distorted/tc"} <= set(RECORDED)


@pytest.mark.parametrize("column", RECORDED)
def test_shipped_recording_is_of_the_shipped_weights(column):
    path = invariance.recording_path(column)
    assert path.stat().st_size < 300_000
    found = invariance.load(column)
    assert found.column == column
    assert found.outdated() == []
    assert {"fcn", "cnn", "st-fcn-aff", "st-cnn-aff"} <= set(found.networks)
    assert found.axes == invariance.axes(invariance.distortion_of(column))
    assert found.centre == invariance.centre(invariance.distortion_of(column))
    assert json.loads(path.read_text())["seed"] == invariance.SEED


@pytest.mark.parametrize("column", RECORDED)
def test_shipped_curves_say_within_training_what_the_metrics_say(column):
    """At the centre a network errs no more than over the whole range, but for chance."""
    found = invariance.load(column)
    axis = found.axis("clutter")
    for name, measured in found.networks.items():
        experiment = find(f"{column}/{name}")
        curve: Curve = measured.curves["clutter"]
        misread = curve.misread[axis.values.index(found.centre.patches)]
        low, _ = wilson(misread, found.digits)
        assert low <= load_metrics(experiment).error_percent_test + 0.5
