"""An affine θ as a pose, and an input at a pose, against the library."""

from __future__ import annotations

import numpy as np
import torch

from app.data import examples
from stn_core.transforms import (
    decompose_affine,
    invert_affine,
)
from tests.browser.maths.cases import source


def test_browser_takes_affine_theta_apart_as_the_library_does_and_puts_it_together(
    modules, generator
):
    theta = torch.randn(200, 6, generator=generator)
    names = ("angle_degrees", "scale_x", "scale_y", "shear", "shift_x", "shift_y")
    poses = torch.stack([decompose_affine(theta)[name] for name in names], dim=1)
    before = poses[torch.randperm(200, generator=generator)]
    result = modules(
        """
        const { compose, decompose, invert } = await load("maths/pose");
        const taken = given.theta.map((theta, i) => decompose(theta, given.poses[i]));
        const other = given.theta.map((theta, i) => decompose(theta, given.before[i]));
        return {
            composed: given.poses.map(compose),
            taken,
            again: taken.map(compose),
            other: other.map(compose),
            inverse: given.theta.map(invert),
        };
        """,
        {"theta": theta.tolist(), "poses": poses.tolist(), "before": before.tolist()},
    )
    np.testing.assert_allclose(result["composed"], theta, atol=1e-4)
    np.testing.assert_allclose(result["taken"], poses, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(result["again"], theta, atol=1e-6)
    np.testing.assert_allclose(result["other"], theta, atol=1e-6)
    np.testing.assert_allclose(result["inverse"], invert_affine(theta.double()), rtol=1e-4)


def test_browser_keeps_to_the_way_in_which_a_pose_is_written(modules):
    """As a slider moves, the others stay, through mirrors, half turns and flat grids."""
    start = [30.0, 0.8, 0.7, 0.2, 0.1, -0.1]
    ways = [
        [[degrees, *start[1:]] for degrees in range(30, 181, 10)],
        [[degrees, *start[1:]] for degrees in range(30, -181, -10)],
        [[30, scale / 10, *start[2:]] for scale in range(8, -13, -1)],
        [[30, 0.8, scale / 10, *start[3:]] for scale in range(7, -13, -1)],
        [[*start[:3], shear / 5, *start[4:]] for shear in range(-10, 11)],
    ]
    result = modules(
        """
        const { compose, decompose } = await load("maths/pose");
        return given.map((way) => {
            let before = way[0];
            return way.map((pose) => (before = decompose(compose(pose), before)));
        });
        """,
        ways,
    )
    for way, poses in zip(ways, result, strict=True):
        degrees = np.array(poses)[:, 0] - np.array(way)[:, 0]
        np.testing.assert_allclose((degrees + 180) % 360 - 180, 0, atol=1e-6)
        np.testing.assert_allclose(np.array(poses)[:, 1:], np.array(way)[:, 1:], atol=1e-6)


def test_browser_lays_an_input_as_the_server_does(modules, generator):
    picture = torch.randint(256, (28, 28), generator=generator, dtype=torch.uint8)
    pose = [1.1, 0.3, 0.2, -0.4, 0.9, -0.1]
    result = modules(
        """
        const [{ poseGrid }, { sample }, { kernel }] =
            await Promise.all(["maths/pose", "maths/sampling", "maths/kernels"].map(load));
        const reading = { kernel: kernel("bilinear"), padding: "zeros" };
        return [...sample(given.source, poseGrid(given.pose, given.size), reading)];
        """,
        {"source": source(picture[None]), "pose": pose, "size": [42, 30]},
    )
    moved = examples.Movable(image=picture.numpy(), pose=np.eye(2, 3), size=(42, 30), whole=False)
    expected = examples.render(moved, pose)[0, 0]
    np.testing.assert_allclose(np.array(result).reshape(42, 30) / 255, expected, atol=1e-3)
