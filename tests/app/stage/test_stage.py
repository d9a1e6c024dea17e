"""What the browser is told of a family is enough to draw T_θ(G)."""

from __future__ import annotations

import base64

import numpy as np
import pytest
import torch

from app.stage import large, transformers

SIZE = (9, 14)


def decoded(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), np.float32)


def grid_as_in_the_browser(told: dict, theta: np.ndarray, target: str) -> np.ndarray:
    """grid.js in NumPy: M_θ = slope · θ + offset, then M_θ B, then the division."""
    rows, columns = told["rows"], told["columns"]
    slope = decoded(told["slope"]).reshape(rows, columns, -1)
    matrix = slope @ theta + decoded(told["offset"]).reshape(rows, columns)
    points = matrix @ decoded(told[target]).reshape(columns, -1)
    return (points[:2] / points[2] if told["divide"] else points).T


def test_browser_has_all_it_needs_to_make_the_grid(family, generator):
    transform = family(SIZE)
    theta = transform.identity() + 0.1 * torch.randn(transform.num_params, generator=generator)
    told = transformers.describe_transform(transform, SIZE)
    expected = transform.grid(theta[None], SIZE)[0].detach().reshape(-1, 2)
    found = grid_as_in_the_browser(told, theta.numpy(), "target")
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-4)


def test_lattice_of_the_identity_reaches_from_edge_to_edge_and_starts_at_the_first_corner(family):
    transform = family((64, 64))  # a learned basis knows its own pixels alone
    told = transformers.describe_transform(transform, (64, 64))
    points = grid_as_in_the_browser(told, transform.identity().numpy(), "latticeTarget")
    assert len(points) == told["lattice"]["lines"] * told["lattice"]["samples"]
    np.testing.assert_allclose(points[0], [-1, -1], atol=0.02)
    np.testing.assert_allclose(points.min(0), [-1, -1], atol=0.02)
    np.testing.assert_allclose(points.max(0), [1, 1], atol=0.02)


def test_every_parameter_has_a_name_and_a_range_around_its_identity(family):
    transform = family(SIZE)
    told = transformers.describe_transform(transform, SIZE)
    for values in (told["names"], told["ranges"], told["identity"]):
        assert len(values) == transform.num_params
    for (low, high), identity in zip(told["ranges"], told["identity"], strict=True):
        assert low < identity < high


@pytest.mark.parametrize(
    "theta",
    [None, "abc", [1, 2], [1, 0, 0, 0, 1, "0"], [1, 0, 0, 0, 1, float("nan")], {"0": 1}],
    ids=["nothing", "text", "too-short", "a-string-in-it", "a-nan-in-it", "a-mapping"],
)
def test_theta_from_a_browser_is_checked(theta):
    assert not large.is_theta(theta, 6)


def test_six_finite_numbers_are_an_affine_theta():
    assert large.is_theta([1, 0, 0.5, 0, 1, -0.5], 6)
