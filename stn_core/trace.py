"""What a network did on the way to its answer: every warp, and the logits."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Warp(NamedTuple):
    """One spatial transformer at work (Fig. 2).

    input: U (B, C, H, W); theta: (B, P); grid: T_θ(G), (B, H', W', 2); output: V (B, C, H', W').

    >>> import torch
    >>> from stn_core import Affine, SpatialTransformer
    >>> transformer = SpatialTransformer(lambda u: Affine().identity().expand(len(u), 6), Affine())
    >>> transformer.warp(torch.rand(2, 1, 8, 8)).grid.shape
    torch.Size([2, 8, 8, 2])
    """

    input: Tensor
    theta: Tensor
    grid: Tensor
    output: Tensor


class Trace(NamedTuple):
    """Every warp in order, what the classifier was given, and its logits (B, classes).

    >>> import torch
    >>> from stn_core import find
    >>> network = find("addition/rts/2st-fcn-aff").build(seed=0)
    >>> trace = network.trace(torch.rand(1, 2, 42, 42))
    >>> len(trace.warps), trace.logits.shape
    (2, torch.Size([1, 19]))
    """

    warps: tuple[Warp, ...]
    classifier_input: Tensor
    logits: Tensor
