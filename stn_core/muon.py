"""Muon for weight matrices and for convolutions' kernels, each filter a row (Jordan et al., 2024).

The optimiser is torch's own, which orthogonalises in bfloat16. Where the device is slower at that
than at float32, and where only it knows the learning rate (``cuda_graphs``), the step is made here;
there of all matrices together: one by one they are 25 small kernels each, which take a GPU longer
than the network's own step.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

BUFFER = "momentum_buffer"  # as torch names it
RMS = 0.2  # AdamW's step, which the matrices' is matched to (Liu et al., 2025)


class KernelMuon(torch.optim.Muon):
    """torch's Muon, which takes matrices alone, for kernels (O, I, ...) too, as (O, I·...).

    Rates as AdamW's. A group's rate is a number, or a tensor of one number on its device. dtype: in
    which it orthogonalises, bfloat16 or float32.

    >>> kernel = torch.nn.Parameter(torch.zeros(4, 1, 3, 3))
    >>> muon = KernelMuon([{"params": [kernel], "lr": 1e-3}], weight_decay=0.01)
    >>> kernel.grad = torch.ones_like(kernel)
    >>> muon.step()
    >>> bool((kernel < 0).all())
    True
    """

    dtype = torch.bfloat16

    def __init__(self, groups: list[dict], *, weight_decay: float) -> None:
        with _as_matrices(groups):
            super().__init__(groups, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw")

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # none is taken
        if isinstance(self.param_groups[0]["lr"], Tensor):
            self._step_here(together=True)
        elif self.dtype is torch.float32:
            self._step_here(together=False)
        else:
            with _as_matrices(self.param_groups):
                super().step()

    def _step_here(self, *, together: bool) -> None:
        """torch's step; its own would wait for the rates, and take the matrices one by one.

        together: padded to one size, which spares a GPU launches and costs a CPU products.
        """
        settings = self.defaults
        parameters = [p for group in self.param_groups for p in group["params"]]
        gradients = [p.grad.flatten(1) for p in parameters]
        for parameter, gradient in zip(parameters, gradients, strict=True):
            if BUFFER not in self.state[parameter]:
                self.state[parameter][BUFFER] = torch.zeros_like(gradient)
        buffers = [self.state[parameter][BUFFER] for parameter in parameters]
        torch._foreach_lerp_(buffers, gradients, 1 - settings["momentum"])
        ahead = list(torch._foreach_lerp(gradients, buffers, settings["momentum"]))  # Nesterov's
        batches = [ahead] if together else [[matrix] for matrix in ahead]
        updates = (
            update
            for batch in batches
            for update in orthogonalised(
                batch,
                coefficients=settings["ns_coefficients"],
                steps=settings["ns_steps"],
                eps=settings["eps"],
                dtype=self.dtype,
            )
        )
        for group in self.param_groups:
            data = [p.data for p in group["params"]]
            moves = [next(updates).view_as(p) for p in data]
            torch._foreach_mul_(moves, [RMS * math.sqrt(max(len(p), p[0].numel())) for p in data])
            torch._foreach_mul_(moves, group["lr"])
            torch._foreach_mul_(data, 1 - group["lr"] * group["weight_decay"])
            torch._foreach_sub_(data, moves)


def orthogonalised(
    matrices: list[Tensor],
    *,
    coefficients: tuple[float, float, float],
    steps: int,
    eps: float,
    dtype: torch.dtype = torch.bfloat16,
) -> list[Tensor]:
    """Each matrix with its singular values brought near to 1 (Newton–Schulz).

    They may be of any sizes: all are padded with zeros to one, and zeros stay zeros. float32.

    >>> muon = KernelMuon([{"params": [torch.nn.Parameter(torch.ones(2, 3))]}], weight_decay=0)
    >>> settings = {"coefficients": muon.defaults["ns_coefficients"], "steps": 5, "eps": 1e-7}
    >>> (made,) = orthogonalised([torch.tensor([[9.0, 0, 0], [0, 5, 0]])], **settings)
    >>> bool(torch.allclose(torch.linalg.svdvals(made), torch.ones(2), atol=0.4))
    True
    """
    a, b, c = coefficients
    wide = [m if m.shape[0] <= m.shape[1] else m.T for m in matrices]
    rows, columns = (max(m.shape[axis] for m in wide) for axis in (0, 1))
    size = (len(wide), rows, columns)
    x = torch.zeros(size, dtype=dtype, device=matrices[0].device)
    corners = [x[i, : m.shape[0], : m.shape[1]] for i, m in enumerate(wide)]
    torch._foreach_copy_(corners, wide)
    x /= torch.linalg.vector_norm(x, dim=(1, 2), keepdim=True).clamp(min=eps)
    for _ in range(steps):
        gram = x @ x.mT
        gram = torch.baddbmm(gram, gram, gram, beta=b, alpha=c)
        x = torch.baddbmm(x, gram, x, beta=a)
    orthogonal = []
    for padded, flat, matrix in zip(x.float(), wide, matrices, strict=True):
        part = padded[: flat.shape[0], : flat.shape[1]]
        orthogonal.append((part if flat is matrix else part.T).contiguous())
    return orthogonal


@contextmanager
def _as_matrices(groups: list[dict]) -> Iterator[None]:
    """Meanwhile kernels and their gradients are matrices; what is done to a kernel stays."""
    kernels = [(p, p.data, p.grad) for g in groups for p in g["params"] if p.ndim > 2]
    for parameter, data, grad in kernels:
        parameter.data = data.flatten(1)
        parameter.grad = None if grad is None else grad.flatten(1)
    try:
        yield
    finally:
        for parameter, data, grad in kernels:
            if parameter.data_ptr() != data.data_ptr():  # flatten has made a copy
                data.copy_(parameter.data.view_as(data))
            parameter.grad = None
            parameter.data, parameter.grad = data, grad
