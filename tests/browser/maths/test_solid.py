"""Volumes and their rotations in the browser, against the library."""

from __future__ import annotations

import numpy as np
import torch

from app.data import gallery
from app.data.volumes import extruded
from stn_core.experiments.volumes import DEPTH, SIDE
from stn_core.sampling import sample
from stn_core.transforms import (
    Affine3D,
    euler_rotation,
)

SOLID = """
    const solid = await load("maths/solid");
    const pose = given.pose && { turn: given.pose.slice(0, 9), shift: given.pose.slice(9) };
    const volume = pose && solid.extrude(given.digit, pose, given.side);
    const side = 30;
"""


def posed_digit(generator) -> tuple[dict, np.ndarray, np.ndarray, np.ndarray]:
    """What the browser is sent of a digit in a volume; the digit, its rotation and its shift."""
    image = gallery.gallery().images[312].numpy()
    turn = euler_rotation(2 * torch.rand(1, 3, generator=generator) - 1)[0].numpy()
    shift = 1.2 * torch.rand(3, generator=generator).numpy() - 0.6
    digit = {"pixels": image.flatten().tolist(), "side": 28, "depth": DEPTH}
    pose = [*turn.flatten().tolist(), *shift.tolist()]
    return {"digit": digit, "pose": pose, "side": SIDE}, image, turn, shift


def test_browser_extrudes_a_digit_as_the_library_does(modules, generator):
    given, image, turn, shift = posed_digit(generator)
    result = modules(SOLID + "return [...volume];", given)
    expected = extruded(image, turn, shift)[0, 0]
    assert expected.sum() > 100
    result = np.array(result).reshape(SIDE, SIDE, SIDE)
    np.testing.assert_allclose(result, expected, atol=1e-4)


def test_browser_reads_and_projects_a_volume_as_the_library_does(modules, generator):
    given, image, turn, shift = posed_digit(generator)
    theta = Affine3D().identity() + 0.25 * torch.randn(12, generator=generator)
    output, flat, plane = modules(
        SOLID
        + """
        const output = solid.read(volume, given.side, given.theta, side);
        const plane = solid.read(volume, given.side, given.theta, side, [(2 * 17 + 1) / side - 1]);
        return [[...output], [...solid.project(output, side)], [...plane]];
        """,
        given | {"theta": theta.tolist()},
    )
    grid = Affine3D().grid(theta[None], (30, 30, 30))
    expected = sample(extruded(image, turn, shift), grid)[0, 0]
    assert expected.sum() > 50
    np.testing.assert_allclose(np.array(output).reshape(30, 30, 30), expected, atol=1e-3)
    np.testing.assert_allclose(np.array(flat).reshape(30, 30), expected.sum(0), atol=1e-2)
    np.testing.assert_allclose(np.array(plane).reshape(30, 30), expected[17], atol=1e-3)


def test_browser_turns_about_the_axes_as_the_library_does_and_tells_by_how_much(modules):
    for degrees in ([20, -50, 110], [-170, 30, 5], [40, 90, 0], [40, -90, 0]):
        turn, result = modules(
            """
            const solid = await load("maths/solid");
            const turn = solid.rotation(given);
            return [turn, solid.rotation(solid.degreesOf(turn))];
            """,
            degrees,
        )
        expected = euler_rotation(torch.tensor([degrees], dtype=torch.float64).deg2rad())
        np.testing.assert_allclose(turn, expected.flatten(), atol=1e-9)
        np.testing.assert_allclose(result, turn, atol=1e-7)


def test_browser_takes_a_3d_theta_apart_and_puts_it_together(modules, generator):
    for mirrored in (1, -1):
        theta = Affine3D().identity() + 0.3 * torch.randn(12, generator=generator)
        theta[8:11] *= mirrored
        pose, again, inverse = modules(
            """
            const solid = await load("maths/solid");
            const pose = solid.decompose(given);
            return [pose, solid.compose(pose), solid.inverse(solid.matrixOf(given))];
            """,
            theta.tolist(),
        )
        np.testing.assert_allclose(again, theta, atol=1e-6)
        matrix = theta.view(3, 4)[:, :3]
        np.testing.assert_allclose(
            np.reshape(inverse, (3, 3)) @ matrix.numpy(), np.eye(3), atol=1e-5
        )
        assert np.sign(pose[5]) == np.sign(np.linalg.det(matrix.numpy()))
