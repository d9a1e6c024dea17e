"""A basis B that is learnt (end of Sect. 3.2)."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage

from stn_core.transforms import (
    LearnedBasis,
    ShapeError,
    regular_grid,
)
from tests.stn_core.reference_grids import SIZES, regular


def test_learned_basis_is_a_parameter_that_gradients_reach(generator):
    transform = LearnedBasis((4, 5), rank=5, generator=generator)
    theta = torch.randn(3, 10, generator=generator)
    transform.grid(theta, (4, 5)).sum().backward()
    # T = M_θ B, so the derivative of the sum by B_kn is the sum of column k of M_θ over rows.
    expected = theta.unflatten(1, (2, 5)).sum((0, 1))[:, None].expand(5, 20)
    assert [name for name, _ in transform.named_parameters()] == ["B"]
    torch.testing.assert_close(transform.B.grad, expected)


def test_learned_basis_starts_with_the_homogeneous_grid_above_small_random_rows(generator):
    transform = LearnedBasis((4, 5), rank=6, generator=generator)
    B = transform.B.detach()
    np.testing.assert_allclose(B[:2], regular(4, 5).reshape(-1, 2).T, atol=1e-6)
    assert (B[2] == 1).all()
    assert 0.05 < B[3:].std() < 0.2
    assert (LearnedBasis((4, 5), rank=6).B[3:] == 0).all()


@pytest.mark.parametrize("size", [*SIZES, (1, 5), (1, 1)], ids=str)
def test_learned_basis_is_its_own_b_at_the_pixel_centres(size, generator):
    transform = LearnedBasis(size, generator=generator)
    found = transform.target_at(regular_grid(size, dtype=torch.float64))
    torch.testing.assert_close(found.float(), transform.B, atol=1e-5, rtol=0)


def test_learned_basis_is_linear_between_its_pixels(generator):
    transform = LearnedBasis((5, 9), generator=generator)
    # Within the outer centres: beyond them SciPy does not go on along a line.
    place = torch.rand(2, 50, generator=generator, dtype=torch.float64) * torch.tensor([[8.0], [4]])
    points = (2 * place + 1) / torch.tensor([[9.0], [5]]) - 1
    found = transform.target_at(points).detach()
    for row, expected in zip(transform.B.detach().unflatten(1, (5, 9)), found, strict=True):
        read = ndimage.map_coordinates(row.numpy(), place.flip(0).numpy(), order=1)
        np.testing.assert_allclose(expected, read, atol=1e-5)


def test_learned_basis_goes_on_along_a_line_beyond_its_pixels(generator):
    transform = LearnedBasis((4, 6), generator=generator)
    B = transform.B.detach().unflatten(1, (4, 6))
    right = torch.tensor([[1.0], [1 / 4]])  # half a pixel beyond the last centre, in the third row
    expected = B[:, 2, 5] + 0.5 * (B[:, 2, 5] - B[:, 2, 4])
    torch.testing.assert_close(transform.target_at(right)[:, 0].detach(), expected)
    above = torch.tensor([[-1 / 6], [-1.25]])  # a whole pixel above the first centre
    expected = 2 * B[:, 0, 2] - B[:, 1, 2]
    torch.testing.assert_close(transform.target_at(above)[:, 0].detach(), expected)


def test_learned_basis_refuses_another_size_than_its_own():
    transform = LearnedBasis((4, 5))
    with pytest.raises(ShapeError, match=r"made for an output of size \(4, 5\), got \(5, 4\)"):
        transform.grid(transform.identity()[None], (5, 4))


def test_learned_basis_of_too_low_a_rank_is_refused():
    with pytest.raises(ValueError, match="rank of at least 3"):
        LearnedBasis((4, 4), rank=2)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_half_precision_leaves_the_learned_basis_its_coordinates(dtype, generator):
    transform = LearnedBasis((5, 9), generator=generator)
    before = transform.B.detach().clone()
    assert torch.equal(transform.to(dtype).B, before)
    assert transform.double().B.dtype == torch.float64
