"""Muon makes all directions of a matrix's step equally long, whatever stands beside it."""

from __future__ import annotations

import pytest
import torch

from stn_core.muon import KernelMuon, orthogonalised
from stn_core.recipes import Muon
from stn_core.runs.folder import Run
from stn_core.training import trainer
from stn_core.training.network import train_steps
from tests.stn_core.training.small import assert_same_run, small

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
        optimiser = KernelMuon([{"params": [kernel], "lr": 0.02}], weight_decay=0.1)
        optimiser.param_groups[0]["lr"] = rate
        for gradient in gradients:
            kernel.grad = gradient.clone().to(memory_format=layout)
            optimiser.step()
        assert kernel.stride() == start.to(memory_format=layout).stride()
        moved.append(kernel.detach())
    assert (moved[0] - start).abs().min() > 1e-5
    torch.testing.assert_close(*moved, rtol=1e-3, atol=1e-3)


def test_in_float32_a_step_is_the_one_in_bfloat16_but_for_its_rounding(generator):
    start = [torch.randn(size, generator=generator) for size in ((12, 30), (6, 4, 3, 3))]
    gradients = [torch.randn(p.shape, generator=generator) for p in start]
    moved = []
    for dtype in (torch.bfloat16, torch.float32):
        parameters = [torch.nn.Parameter(p.clone()) for p in start]
        optimiser = KernelMuon([{"params": parameters, "lr": 0.02}], weight_decay=0.1)
        optimiser.dtype = dtype
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient.clone()
        optimiser.step()
        moved.append([p.detach() for p in parameters])
    for half, single, before in zip(*moved, start, strict=True):
        assert (single - before).abs().min() > 1e-6 and not torch.equal(half, single)
        torch.testing.assert_close(half, single, rtol=0, atol=1e-3)


def test_resumed_run_orthogonalises_in_the_type_that_it_was_begun_in(source, tmp_path, monkeypatch):
    runs = [Run(tmp_path / name) for name in ("undisturbed", "run")]
    experiment = small(optimiser=Muon(), localisation_optimiser=None)
    monkeypatch.setattr(trainer, "faster_dtype", lambda device: torch.float32)
    list(train_steps(experiment, source, run=runs[0]))
    for step in train_steps(experiment, source, run=runs[1]):
        if step.step == 4:
            runs[1].control("stop")
    assert runs[1].description()["newton_schulz"] == "float32"
    monkeypatch.setattr(trainer, "faster_dtype", lambda device: torch.bfloat16)
    list(train_steps(experiment, source, run=runs[1], resume=True))
    assert_same_run(*runs)
