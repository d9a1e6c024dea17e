"""Checkpoints from elsewhere, in safetensors: by whatever names their network's tensors have.

A network of an experiment that was trained by another program fits it by names and shapes, once
the prefixes of what it was wrapped in are taken off.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from stn_core.checkpoints import (
    TRAINED,
    CheckpointError,
    check_outputs,
    load_strictly,
    load_tensors,
    under,
)
from stn_core.errors import printable
from stn_core.experiment import Experiment
from stn_core.networks import ClassificationNetwork

# Before all of a network's tensors, by DataParallel, torch.compile, and trainers that hold it.
PREFIXES = ("module.", "_orig_mod.", "model.")
ROOTS = ("transformer.", "classifier.")  # how the names of an experiment's network begin
AVERAGED = "n_averaged"  # a count that torch's AveragedModel keeps with them
MAX_MEGABYTES = 500  # in a checkpoint of one's own


def unwrapped(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """A network's tensors by its own names: without the prefixes of what it was wrapped in.

    Any prefix that all share goes where an experiment's network is below it, else ``PREFIXES``.

    >>> import torch
    >>> unwrapped({"module.weight": torch.zeros(1), "module.bias": torch.zeros(1)}).keys()
    dict_keys(['weight', 'bias'])
    """
    tensors = {n: tensor for n, tensor in tensors.items() if n.rpartition(".")[2] != AVERAGED}
    shared = ""  # the longest, since a trainer may call the network its "classifier"
    for part in next(iter(tensors), "").split(".")[:-1]:
        shared = f"{shared}{part}."
        own = under(shared, tensors)
        if len(own) == len(tensors) and all(name.startswith(ROOTS) for name in own):
            return unwrapped(own)
    for _ in tensors:  # one may be in another
        prefix = next((p for p in PREFIXES if all(n.startswith(p) for n in tensors)), None)
        if prefix is None:
            break
        tensors = under(prefix, tensors)
    return tensors


def fitting(tensors: dict[str, Tensor], experiments: Iterable[Experiment]) -> list[Experiment]:
    """The experiments whose network has tensors of these names and shapes.

    >>> from stn_core.experiments import find
    >>> experiment = find("distorted/r/cnn")
    >>> len(fitting(experiment.build(seed=0).state_dict(), [experiment]))
    1
    """
    shapes = {name: tensor.shape for name, tensor in unwrapped(tensors).items()}
    return [experiment for experiment in experiments if _shapes(experiment) == shapes]


def _shapes(experiment: Experiment) -> dict[str, torch.Size]:
    """Of its network's tensors, by name; nothing is drawn or read for them."""
    with torch.device("meta"):
        return {n: tensor.shape for n, tensor in experiment.build(seed=0).state_dict().items()}


def load_own(experiment: Experiment, path: Path, what: str | None = None) -> ClassificationNetwork:
    """The network of an experiment from anyone's safetensors file, in evaluation mode.

    A state dict, also of a wrapped network (``unwrapped``), or a training's checkpoint; a header
    that names another experiment is not heeded, since several have networks of the same shape.
    what: the file's name in messages.
    Raises CheckpointError for a file over 500 MB, with a list of what does not fit, and for weights
    so large that outputs overflow.

    >>> from stn_core.experiments import find
    >>> experiment = find("distorted/r/cnn")
    >>> import tempfile
    >>> from stn_core.checkpoints import save_tensors
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name, "weights.safetensors")
    >>> save_tensors(path, experiment.build(seed=0).state_dict(), {})
    >>> load_own(experiment, path).training
    False
    """
    tensors, _ = _own(path, what or str(path))
    network = experiment.build(seed=0)
    load_strictly(network, tensors, what or str(path))
    check_outputs(network.eval(), experiment, what or str(path))
    return network


def load_matching(
    experiments: Sequence[Experiment], path: Path, what: str
) -> tuple[Experiment, ClassificationNetwork]:
    """As ``load_own``, of the one of some experiments that the header names, or else that fits.

    Raises CheckpointError: for a header that names another experiment, and, if none fits, with a
    list of what does not fit the one that comes nearest.

    >>> from stn_core.experiments import find
    >>> experiment = find("distorted/r/cnn")
    >>> import tempfile
    >>> from stn_core.checkpoints import save_tensors
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name, "weights.safetensors")
    >>> save_tensors(path, experiment.build(seed=0).state_dict(), {})
    >>> load_matching([experiment], path, "your file")[0].name
    'distorted/r/cnn'
    """
    tensors, header = _own(path, what)
    named = header.get("experiment")
    chosen = [e for e in experiments if e.name == named] if named else fitting(tensors, experiments)
    if not chosen:
        if named:
            raise CheckpointError(
                f"{what} says it belongs to {printable(repr(named))}; expected one of "
                + ", ".join(e.name for e in experiments)
            )
        chosen = [max(experiments, key=lambda e: _in_common(tensors, e))]
    return chosen[0], load_own(chosen[0], path, what)


def _own(path: Path, what: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """A network's tensors in a state dict or a training's checkpoint, and the header."""
    if path.is_file() and path.stat().st_size > MAX_MEGABYTES * 2**20:
        raise CheckpointError(f"{what} is larger than the limit of {MAX_MEGABYTES} MB")
    tensors, header = load_tensors(path, what)
    return unwrapped(under(TRAINED, tensors) or tensors), header


def _in_common(tensors: dict[str, Tensor], experiment: Experiment) -> int:
    expected = _shapes(experiment)
    return sum(n in tensors and tensors[n].shape == shape for n, shape in expected.items())
