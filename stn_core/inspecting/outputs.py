"""Class probabilities from whatever a network returns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from stn_core.errors import InputError

LOGITS = ("logits", "out", "output", "scores")  # names that others give them
SUM_ERROR = 1e-3  # of probabilities that are already there; of bfloat16 its rounding


def probabilities_of(output: Any, count: int) -> Tensor | None:
    """(B, classes) of an output for so many images; None if it has no scores of classes.

    Scores are a tensor (B, classes), or the first such in a tuple or a dict. Logits and their
    ``log_softmax`` go through softmax; what is a softmax already stays as it is.
    Raises InputError for scores that are not finite.

    >>> probabilities_of((torch.zeros(1, 4), "more"), 1).tolist()
    [[0.25, 0.25, 0.25, 0.25]]
    >>> probabilities_of(torch.zeros(1, 3, 8, 8), 1) is None
    True
    """
    scores = next((s for s in _tensors(output) if _are_scores(s, count)), None)
    if scores is None:
        return None
    sum_error = max(SUM_ERROR, torch.finfo(scores.dtype).eps)
    scores = scores.detach().cpu().float()
    if not scores.isfinite().all():
        raise InputError("the network's output has NaN or infinite entries")
    if (scores >= 0).all() and ((scores.sum(1) - 1).abs() < sum_error).all():
        return scores
    return scores.softmax(1)


def shape_of(output: Any) -> str:
    """What an output is, in words.

    >>> shape_of(torch.zeros(1, 3)), shape_of(None)
    ('(1, 3)', 'NoneType')
    """
    found = next(_tensors(output), None)
    return type(output).__name__ if found is None else str(tuple(found.shape))


def _tensors(output: Any):
    """Every tensor in an output, those of a usual name first."""
    if isinstance(output, Tensor):
        yield output
    elif isinstance(output, Mapping):
        named = [output[name] for name in LOGITS if name in output]
        for part in [*named, *output.values()]:
            yield from _tensors(part)
    elif isinstance(output, (tuple, list)):
        for part in output:
            yield from _tensors(part)
    elif hasattr(output, "logits"):
        yield from _tensors(output.logits)


def _are_scores(scores: Tensor, count: int) -> bool:
    return (
        scores.ndim == 2
        and len(scores) == count
        and scores.shape[1] >= 2
        and torch.is_floating_point(scores)
    )
