"""Sampling grids, their lattices of control points, and what is an error in them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import is_fake


class ShapeError(ValueError):
    """A tensor's shape is not the one expected.

    >>> from stn_core import Affine, ShapeError
    >>> try:
    ...     Affine().grid(torch.zeros(1, 3), (2, 2))
    ... except ShapeError as error:
    ...     print(error)
    Affine() expects theta (B, 6), got (1, 3); did you mean Attention?
    """


class DtypeError(TypeError):
    """A tensor's dtype is not a floating-point one.

    >>> from stn_core import Affine, DtypeError
    >>> try:
    ...     Affine().grid(torch.ones(1, 6, dtype=torch.int64), (2, 2))
    ... except DtypeError as error:
    ...     print(error)
    theta must be floating-point, got torch.int64: use theta.float()
    """


class NonFiniteError(ValueError):
    """A tensor has NaN or infinite entries; the message names the batch items.

    >>> from stn_core import Affine, NonFiniteError
    >>> try:
    ...     Affine().grid(torch.full((1, 6), torch.nan), (2, 2))
    ... except NonFiniteError as error:
    ...     print(error)
    theta must be finite; it is NaN or infinite in batch items 0 (1 of 1)
    """


def check_floating(name: str, tensor: Tensor, advice: str) -> None:
    """Raise :class:`DtypeError`, with advice, for a tensor that is not of floating point.

    >>> check_floating("theta", torch.zeros(1, 6), "use theta.float()")
    """
    if not tensor.is_floating_point():
        raise DtypeError(f"{name} must be floating-point, got {tensor.dtype}: {advice}")


def at_least_float32(tensor: Tensor) -> Tensor:
    """A floating-point tensor without half precision: coordinates need float32.

    bfloat16's 8 bits would be up to a tenth of a pixel off.

    >>> at_least_float32(torch.zeros(2).bfloat16()).dtype
    torch.float32
    """
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))


def is_traced(tensor: Tensor) -> bool:
    """Whether a tensor stands for others, so that no decision may depend on its numbers.

    While it is compiled or exported, under ``torch.func``'s transforms, on the meta device.

    >>> is_traced(torch.zeros(2)), is_traced(torch.zeros(2, device="meta"))
    (False, True)
    """
    return (
        torch.compiler.is_compiling()
        or torch.jit.is_tracing()
        or tensor.is_meta
        or is_fake(tensor)
        or torch._C._functorch.peek_interpreter_stack() is not None
    )


def check_finite(name: str, tensor: Tensor) -> None:
    """Raise :class:`NonFiniteError` naming the items along axis 0 that are not finite.

    Not while it is traced (``is_traced``), nor while a CUDA graph is captured: whoever runs what
    was made of it looks at the results.

    >>> check_finite("theta", torch.zeros(1, 6))
    """
    if is_traced(tensor) or tensor.is_cuda and torch.cuda.is_current_stream_capturing():
        return
    if torch.isfinite(tensor.sum()):  # a fortieth of the time that a look at every number takes
        return
    finite = torch.isfinite(tensor)
    if not finite.all():  # else it was the sum that overflowed
        items = (~finite.flatten(1).all(1)).nonzero().flatten().tolist()
        shown = ", ".join(map(str, items[:8])) + (", ..." if len(items) > 8 else "")
        raise NonFiniteError(
            f"{name} must be finite; it is NaN or infinite in batch items {shown} "
            f"({len(items)} of {len(tensor)})"
        )


def regular_grid(size: tuple[int, ...], *, device=None, dtype=torch.float32) -> Tensor:
    """The regular grid G: the normalised centres of the output pixels, x first.

    size: (H', W') or (D', H', W'). Returns (2 or 3, N) with N = H'W' or D'H'W', row by row.

    >>> regular_grid((1, 2))
    tensor([[-0.5000,  0.5000],
            [ 0.0000,  0.0000]])
    """
    axes = [(2 * torch.arange(n, device=device, dtype=dtype) + 1) / n - 1 for n in size]
    coordinates = torch.meshgrid(*axes, indexing="ij")
    return torch.stack([c.flatten() for c in reversed(coordinates)])


def lattice(side: int | tuple[int, int], *, device=None, dtype=torch.float32) -> Tensor:
    """A regular lattice of control points on [−1, 1]²: (K, 2), row by row.

    side: of a square lattice, or (rows, columns).

    >>> lattice((2, 3)).tolist()
    [[-1.0, -1.0], [0.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [0.0, 1.0], [1.0, 1.0]]
    """
    rows, columns = (side, side) if isinstance(side, int) else side
    across = torch.linspace(-1, 1, columns, device=device, dtype=dtype)
    down = torch.linspace(-1, 1, rows, device=device, dtype=dtype)
    y, x = torch.meshgrid(down, across, indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], dim=-1)
