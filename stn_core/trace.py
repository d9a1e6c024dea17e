"""What a network did on the way to its answer: every warp, and the logits."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Warp(NamedTuple):
    """One spatial transformer at work (Fig. 2).

    input: U (B, C, H, W); theta: (B, P); grid: T_θ(G), (B, H', W', 2); output: V (B, C, H', W').
    """

    input: Tensor
    theta: Tensor
    grid: Tensor
    output: Tensor


class Trace(NamedTuple):
    """Every warp in order, what the classifier was given, and its logits (B, classes)."""

    warps: tuple[Warp, ...]
    classifier_input: Tensor
    logits: Tensor
