"""Muon makes all directions of a matrix's step equally long, whatever stands beside it."""

from __future__ import annotations

import pytest
import torch

from stn_core.muon import KernelMuon, orthogonalised

SETTINGS = {"coefficients": (3.4445, -4.7750, 2.0315), "steps": 5, "eps": 1e-7}
SIZES = ((12, 30), (30, 12), (8, 8), (40, 5), (1, 6))


@pytest.fixture
def matrices(generator):
    return [torch.randn(size, generator=generator) for size in SIZES]


def test_orthogonalised_matrices_keep_their_directions_at_nearly_equal_lengths(matrices):
    for found, matrix in zip(orthogonalised(matrices, **SETTINGS), matrices, strict=True):
        left, lengths, right = torch.linalg.svd(matrix, full_matrices=False)
        along = left.T @ found @ right.T
        away = along - along.diagonal().diag()
        assert lengths.max() > 1.5 * lengths.min() or len(lengths) == 1
        assert ((along.diagonal() > 0.6) & (along.diagonal() < 1.3)).all()
        assert away.abs().max() < 0.05


def test_matrices_are_orthogonalised_together_as_each_is_alone(matrices):
    together = orthogonalised(matrices, **SETTINGS)
    for found, matrix in zip(together, matrices, strict=True):
        (alone,) = orthogonalised([matrix], **SETTINGS)
        assert found.shape == matrix.shape and found.is_contiguous()
        torch.testing.assert_close(found, alone, rtol=0, atol=0.03)  # bfloat16's rounding


def test_a_gradient_of_zeros_moves_nothing_and_is_finite():
    (found,) = orthogonalised([torch.zeros(4, 6)], **SETTINGS)
    assert torch.equal(found, torch.zeros(4, 6))


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=str)
def test_kernels_of_any_layout_move_alike_with_the_rate_a_number_or_a_tensor(layout, generator):
    start = torch.randn(6, 4, 3, 3, generator=generator)
    gradients = torch.randn(3, 6, 4, 3, 3, generator=generator)
    moved = []
    for rate in (0.02, torch.tensor(0.02)):
        kernel = torch.nn.Parameter(start.clone().to(memory_format=layout))
        muon = KernelMuon([{"params": [kernel], "lr": 0.02}], weight_decay=0.1)
        muon.param_groups[0]["lr"] = rate
        for gradient in gradients:
            kernel.grad = gradient.clone().to(memory_format=layout)
            muon.step()
        assert kernel.stride() == start.to(memory_format=layout).stride()
        moved.append(kernel.detach())
    assert (moved[0] - start).abs().min() > 1e-5
    torch.testing.assert_close(*moved, rtol=1e-3, atol=1e-3)
