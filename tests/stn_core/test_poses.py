"""θ from angles and shifts, and back."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from stn_core.transforms import (
    Affine,
    Affine3D,
    decompose_affine,
    facing_degrees,
    invert_affine,
    similarity_theta,
)
from tests.stn_core.reference_grids import around_identity


def homogeneous(theta: torch.Tensor) -> np.ndarray:
    """Affine θ (B, 6) as 3 × 3 matrices."""
    last = np.broadcast_to([0.0, 0, 1], (len(theta), 1, 3))
    return np.concatenate([theta.numpy().reshape(-1, 2, 3), last], axis=1)


def test_inverse_of_an_affine_theta_is_the_inverse_matrix(generator):
    theta = around_identity(Affine(), 10, generator)
    expected = np.linalg.inv(homogeneous(theta))
    np.testing.assert_allclose(homogeneous(invert_affine(theta)), expected, atol=1e-9)


def test_affine_theta_is_put_together_again_from_its_decomposition(generator):
    theta = around_identity(Affine(), 20, generator, spread=0.4)
    parts = {name: value.numpy() for name, value in decompose_affine(theta).items()}
    for index, matrix in enumerate(homogeneous(theta)):
        part = {name: value[index] for name, value in parts.items()}
        angle = np.deg2rad(part["angle_degrees"])
        rotation = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        shear = [[1, part["shear"]], [0, 1]]
        together = rotation @ np.array(shear) @ np.diag([part["scale_x"], part["scale_y"]])
        np.testing.assert_allclose(matrix[:2, :2], together, atol=1e-9)
        np.testing.assert_allclose(matrix[:2, 2], [part["shift_x"], part["shift_y"]])


def test_similarity_is_decomposed_into_what_it_was_made_of():
    angle, scale = torch.tensor([0.5, -1.2]), torch.tensor([0.7, 1.2])
    x, y = torch.tensor([0.1, -0.3]), torch.tensor([0.2, 0.0])
    parts = decompose_affine(similarity_theta(angle, scale, x, y))
    expected = {
        "angle_degrees": torch.rad2deg(angle),
        "scale_x": scale,
        "scale_y": scale,
        "shear": torch.zeros(2),
        "shift_x": x,
        "shift_y": y,
    }
    torch.testing.assert_close(parts, expected, atol=1e-5, rtol=1e-5)


def test_positive_angle_turns_from_x_towards_y():
    quarter = similarity_theta(*torch.tensor([[np.pi / 2], [1], [0], [0]]).float())
    right = quarter.reshape(2, 3) @ torch.tensor([1.0, 0, 1])
    torch.testing.assert_close(right, torch.tensor([0.0, 1]), atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    ("about", "degrees", "aside"),
    [("x", 30, 30), ("y", -50, 50), ("z", 70, 0), ("x", 120, 120), ("zx", (40, 25), 25)],
)
def test_depths_are_as_far_apart_as_the_turn_that_is_not_about_them(about, degrees, aside):
    turn = torch.as_tensor(Rotation.from_euler(about, degrees, degrees=True).as_matrix()).float()
    shift = torch.tensor([[0.1], [0.2], [-0.3]])
    turned = torch.cat([turn @ torch.diag(torch.tensor([0.4, 0.5, 2])), shift], 1).view(1, 12)
    straight = Affine3D().identity().unsqueeze(0)
    for pair in ((turned, straight), (straight, turned)):
        assert facing_degrees(*pair).item() == pytest.approx(aside, abs=1e-4)
