"""A family whose B is learnt as well (end of Sect. 3.2)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from stn_core.transforms.grids import ShapeError, regular_grid
from stn_core.transforms.matrices import homogeneous
from stn_core.transforms.transform import Transform


class LearnedBasis(Transform):
    """T_θ = M_θ B with B itself a parameter, learnt for the task at hand (end of Sect. 3.2).

    M_θ is a free 2 × rank matrix, θ its entries row by row. B starts as the homogeneous regular
    grid with small random rows below it. It keeps the output size that it was made for.

    generator: draws the random rows; without one they are zero at first.

    >>> basis = LearnedBasis((4, 5), rank=6, generator=torch.Generator().manual_seed(0))
    >>> basis.B.shape, basis.num_params
    (torch.Size([6, 20]), 12)
    """

    def __init__(
        self, size: tuple[int, int], rank: int = 6, generator: torch.Generator | None = None
    ) -> None:
        super().__init__()
        if rank < 3:
            raise ValueError(f"LearnedBasis needs a rank of at least 3 (x, y, 1), got {rank}")
        self.size, self.rank = tuple(size), rank
        self.num_params = 2 * rank
        self.parameter_names = tuple(f"θ{r}{k}" for r in (1, 2) for k in range(1, rank + 1))
        self.target_names = tuple(f"B{k}" for k in range(1, rank + 1))
        start = homogeneous(regular_grid(self.size))
        rows = torch.zeros(rank - 3, start.shape[1])
        if generator is not None:
            rows.normal_(0, 0.1, generator=generator)
        self.B = nn.Parameter(torch.cat([start, rows]))

    def extra_repr(self) -> str:
        return f"size={self.size}, rank={self.rank}"

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> LearnedBasis:
        # B holds coordinates: .half() and .bfloat16() leave it in float32.
        def kept(tensor: Tensor) -> Tensor:
            applied = fn(tensor)
            wide = torch.promote_types(applied.dtype, torch.float32)
            return applied if applied.dtype == wide else tensor.to(applied.device, wide)

        return super()._apply(kept, recurse)

    def matrix(self, theta: Tensor) -> Tensor:
        return theta.unflatten(1, (2, self.rank))

    def target(self, size: tuple[int, ...], like: Tensor) -> Tensor:
        if tuple(size) != self.size:
            raise ShapeError(
                f"this LearnedBasis was made for an output of size {self.size}, got {tuple(size)}; "
                "its B has one column per output pixel"
            )
        return self.B.to(like.dtype)

    def target_at(self, points: Tensor) -> Tensor:
        """B is known at its own pixels: between them it is read linearly, and so on beyond them."""
        height, width = self.size
        x, y = points
        column, row = (x + 1) * width / 2 - 0.5, (y + 1) * height / 2 - 0.5
        left = column.floor().clamp(0, max(width - 2, 0)).long()
        top = row.floor().clamp(0, max(height - 2, 0)).long()
        right, bottom = (left + 1).clamp(max=width - 1), (top + 1).clamp(max=height - 1)
        u, v = (column - left).float(), (row - top).float()
        upper = self.B[:, top * width + left] * (1 - u) + self.B[:, top * width + right] * u
        lower = self.B[:, bottom * width + left] * (1 - u) + self.B[:, bottom * width + right] * u
        return upper * (1 - v) + lower * v

    def identity(self) -> Tensor:
        return torch.eye(2, self.rank).flatten()
