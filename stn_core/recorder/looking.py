"""A network at work on fixed images, without a trace in it (Sect. 3.4)."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from stn_core.trace import Warp
from stn_core.watching import GridSample, modules_of, watch

MAX_CLASSES = 100  # of an output that is taken for logits


class Look(NamedTuple):
    """What a network made of some images. warps: the last of each transformer, by its name;
    logits: (B, classes), None of an output of any other form.

    >>> look(nn.Flatten(), torch.zeros(2, 1, 4, 4)).logits.shape
    torch.Size([2, 16])
    """

    warps: dict[str, Warp | GridSample]
    logits: Tensor | None


def look(network: nn.Module | Callable[..., Any], images: Tensor) -> Look:
    """Call a network on images (B, C, H, W), in evaluation mode, on its own device.

    Afterwards it is as before: the mode of each module, its buffers, and the states of torch's,
    NumPy's and Python's generators of random numbers. Works under inference mode and autocast.
    Raises ValueError for a network with lazy layers that have no weights yet.

    >>> layer = nn.Dropout()
    >>> _ = look(layer, torch.zeros(1, 1, 4, 4))
    >>> layer.training
    True
    """
    modules = modules_of(network)
    tensors = [t for module in modules.values() for t in module.parameters(recurse=False)]
    if any(map(is_lazy, tensors)):
        raise ValueError(
            "the network has lazy layers without weights; call it once on a batch before it is "
            "recorded, as its optimiser needs it too"
        )
    floating = next((t for t in tensors if t.is_floating_point()), torch.zeros(0))
    # Not under inference mode: a grid that the network keeps for later could not be trained with.
    with (
        _in_evaluation(modules),
        _same_randomness(floating.device),
        torch.inference_mode(False),
        torch.no_grad(),
        watch(network) as warps,
    ):
        # A copy: the network may work in place, and the images are for the next look too.
        output = network(images.to(floating.device, floating.dtype, copy=True))
    return Look({n: found[-1] for n, found in warps.items() if found}, _logits(output, images))


def _logits(output: Any, images: Tensor) -> Tensor | None:
    """Of an output, or of the first part of one, that may be a classifier's."""
    first = output[0] if isinstance(output, tuple | list) and output else output
    if not isinstance(first, Tensor) or not first.is_floating_point() or first.ndim != 2:
        return None
    rows, classes = first.shape
    fits = rows == len(images) and 2 <= classes <= MAX_CLASSES
    return first.detach().float().cpu() if fits else None


@contextmanager
def _in_evaluation(modules: dict[str, nn.Module]) -> Iterator[None]:
    """Meanwhile no module is in training mode: dropout does nothing, and no mean is updated."""
    modes = {module: module.training for module in modules.values()}
    try:
        for module in modes:
            module.training = False
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode


@contextmanager
def _same_randomness(device: torch.device) -> Iterator[None]:
    """Afterwards the generators of random numbers go on as if nothing had been drawn."""
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    accelerator = device.type in ("cuda", "mps")
    places = [device] if accelerator else []
    kind = device.type if accelerator else "cuda"
    try:
        with torch.random.fork_rng(places, device_type=kind):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
