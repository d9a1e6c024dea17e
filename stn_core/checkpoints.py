"""Weights in safetensors, and the folder of a published network.

Nothing here unpickles. A checkpoint names its experiment in its header and is loaded strictly:
every tensor must be there, with its shape, and no other.
"""

from __future__ import annotations

import copy
import hashlib
from pathlib import Path
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor, nn

from stn_core.errors import printable
from stn_core.experiment import Experiment
from stn_core.networks import ClassificationNetwork
from stn_core.pretrained import pretrained_folder
from stn_core.spatial_transformer import SpatialTransformer, TransformersInDepth
from stn_core.tensor_files import (
    CheckpointError,
    check_header,
    load_tensors,
    save_tensors,
    under,
    write_atomically,
)

__all__ = ["CheckpointError", "load_tensors", "save_tensors", "under", "write_atomically"]

PRETRAINED = pretrained_folder()
TRAINED = "network."  # before a network's tensors in a training's checkpoint
MAX_LISTED = 10  # tensors of a kind in a message
# Of θ and of logits: a product of two of these is below float32's end. Ten layers of a network that
# reads house numbers have a bound of 1e15, of which no image comes near.
MAX_OUTPUT = 1e18
WEIGHTS, METRICS, CARD = "weights.safetensors", "metrics.json", "README.md"


N = TypeVar("N", bound=nn.Module)


def load_strictly(network: nn.Module, tensors: dict[str, Tensor], what: str) -> None:
    """Copy tensors into a network, as float32.

    Raises CheckpointError that lists the tensors that are missing, surplus, misshapen, of no
    floating-point dtype, or not finite.

    >>> try:
    ...     load_strictly(nn.Linear(1, 1), {"weight": torch.zeros(2, 1)}, "own.safetensors")
    ... except CheckpointError as error:
    ...     print(error)
    own.safetensors does not fit this network: missing bias; weight is (2, 1), expected (1, 1)
    """
    expected = network.state_dict()
    missing = sorted(expected.keys() - tensors.keys())
    surplus = sorted(tensors.keys() - expected.keys())
    common = sorted(expected.keys() & tensors.keys())
    misshapen = [
        f"{name} is {tuple(tensors[name].shape)}, expected {tuple(expected[name].shape)}"
        for name in common
        if tensors[name].shape != expected[name].shape
    ]
    values = {} if misshapen else {name: _in_float32(tensors[name]) for name in common}
    odd = [
        f"{name} is {tensors[name].dtype}, expected floating-point"
        for name, value in values.items()
        if value is None
    ]
    broken = [
        f"{name} has NaN or infinite entries"
        for name, value in values.items()
        if value is not None and not torch.isfinite(value).all()
    ]
    kinds = [
        [f"missing {printable(name)}" for name in missing],
        [f"unexpected {printable(name)}" for name in surplus],
        misshapen,
        odd,
        broken,
    ]
    if any(kinds):
        shown = (
            "; ".join(k[:MAX_LISTED]) + ("; ..." if len(k) > MAX_LISTED else "") for k in kinds if k
        )
        raise CheckpointError(f"{what} does not fit this network: {'; '.join(shown)}")
    network.load_state_dict(values)


def _in_float32(tensor: Tensor) -> Tensor | None:
    """A tensor as a network has it; None of integers, complex numbers, and of what torch cannot
    convert."""
    try:
        return tensor.float() if tensor.is_floating_point() else None
    except RuntimeError:  # float4, so far
        return None


def check_outputs(network: ClassificationNetwork, experiment: Experiment, what: str) -> None:
    """Raise CheckpointError for weights with which θ or the logits of an image may overflow.

    Layer by layer, no activation is larger than that of the weights' magnitudes on a white image.

    >>> from stn_core.experiments import find
    >>> experiment = find("distorted/r/cnn")
    >>> check_outputs(experiment.build(seed=0), experiment, "own.safetensors")
    """
    bound = copy.deepcopy(network)
    largest = 0.0
    for tensor in bound.state_dict().values():
        largest = max(largest, tensor.abs_().max().item())
    white = torch.ones(1, *experiment.data.image_shape)
    transformers = [m for m in bound.modules() if isinstance(m, SpatialTransformer)]
    identities = [m.transform.identity()[None] for m in transformers]
    with torch.inference_mode():
        if isinstance(bound.transformer, TransformersInDepth):  # each reads what is made before it
            trace = bound.trace(white, *identities)
            inputs, logits = [warp.input for warp in trace.warps], trace.logits
        else:
            read = experiment.build(seed=0).trace(white, *identities).classifier_input
            if white.ndim == 5:
                read.fill_(max(white.shape[2:]))  # the classifier reads the sum of its depth
            inputs, logits = [white] * len(transformers), bound.classifier(read)
        located = [m.localisation(u) for m, u in zip(transformers, inputs, strict=True)]
        outputs = [logits, *located]
    if largest > MAX_OUTPUT or not all((o.abs() <= MAX_OUTPUT).all() for o in outputs):
        raise CheckpointError(
            f"{what} has weights of up to {largest:.1e}; the network's outputs overflow with them"
        )


def load_trained(
    experiment: Experiment, path: Path
) -> tuple[ClassificationNetwork, dict[str, Any]]:
    """The network in a training's checkpoint, on the CPU, in evaluation mode; and the header.

    Raises CheckpointError, also for a header without a step and its seconds.

    >>> from stn_core.experiments import find
    >>> experiment = find("distorted/r/cnn")
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name, "weights.safetensors")
    >>> tensors, header = experiment.build(seed=0).state_dict(), {"step": 3, "seconds": 0.1}
    >>> save_tensors(path, {f"{TRAINED}{n}": t for n, t in tensors.items()}, header)
    >>> network, header = load_trained(experiment, path)
    >>> header["step"]
    3
    """
    tensors, header = load_tensors(path)
    check_header(header, {"step": int, "seconds": float}, str(path))
    network = experiment.build(seed=0)
    load_strictly(network, under(TRAINED, tensors), str(path))
    check_outputs(network.eval(), experiment, str(path))
    return network, header


def as_shipped(network: N) -> N:
    """The network itself, its weights rounded as ``save_weights`` does.

    >>> as_shipped(nn.Linear(1, 1)).weight.dtype  # rounded, not halved
    torch.float32
    """
    for tensor in network.state_dict().values():
        tensor.copy_(tensor.half())
    return network


def save_weights(network: nn.Module, experiment: Experiment, path: Path) -> None:
    """float16 weights, the experiment's name in the header.

    >>> from stn_core.experiments import find
    >>> experiment = find("distorted/r/cnn")
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name, "weights.safetensors")
    >>> save_weights(experiment.build(seed=0), experiment, path)
    >>> load_tensors(path)[1]
    {'experiment': 'distorted/r/cnn'}
    """
    tensors = {name: t.half() for name, t in network.state_dict().items()}
    save_tensors(path, tensors, {"experiment": experiment.name})


class Named(Protocol):
    """An experiment, or whatever else is published under its name.

    >>> class Study:
    ...     name = "studies/mine"
    >>> published_folder(Study()).name
    'mine'
    """

    @property
    def name(self) -> str:
        """The folder in pretrained/."""


def published_folder(experiment: Named) -> Path:
    """Where an experiment's published network is, or would be.

    >>> from stn_core.experiments import find
    >>> published_folder(find("distorted/r/cnn")).name
    'cnn'
    """
    folder = PRETRAINED / experiment.name
    before = set_aside(folder)
    return before if before.is_dir() and not folder.exists() else folder


def set_aside(folder: Path) -> Path:
    """Where a published folder is while another one takes its place (``replacing``).

    >>> set_aside(Path("pretrained/distorted/r/fcn")).name
    '.fcn.before'
    """
    return folder.with_name(f".{folder.name}.before")


def load_pretrained(experiment: Experiment) -> ClassificationNetwork:
    """The published network of an experiment, in float32, on the CPU, in evaluation mode.

    Raises CheckpointError if there is none, or if it is another experiment's.

    >>> from stn_core.experiments import find
    >>> network = load_pretrained(find("distorted/r/cnn"))
    >>> network(torch.zeros(1, 1, 28, 28)).shape
    torch.Size([1, 10])
    """
    if not PRETRAINED.is_dir():
        raise CheckpointError(
            f"there are no published networks at {PRETRAINED}. They are in the project's folder "
            "pretrained/, which is not installed with the package; set STN_PRETRAINED to a copy of "
            "it"
        )
    path = published_folder(experiment) / WEIGHTS
    tensors, header = load_tensors(path)
    if header.get("experiment") != experiment.name:
        raise CheckpointError(
            f"{path} holds {header.get('experiment')!r}, expected {experiment.name!r}"
        )
    network = experiment.build(seed=0)
    load_strictly(network, tensors, str(path))
    return network.eval()


def begin_with(network: ClassificationNetwork, experiment: Experiment) -> None:
    """Give a classifier those weights of a published one that have its names and its shapes.

    Transformers are left at the identity. Raises CheckpointError as ``load_pretrained`` does, or
    if there is none such.

    >>> from stn_core.experiments import find
    >>> network = find("distorted/r/fcn").build(seed=1)
    >>> begin_with(network, find("distorted/p/fcn"))
    >>> published = load_pretrained(find("distorted/p/fcn"))
    >>> all(map(torch.equal, network.parameters(), published.parameters()))
    True
    """
    own = network.classifier.state_dict()
    published = load_pretrained(experiment).classifier.state_dict()
    taken = {name: t for name, t in published.items() if name in own and t.shape == own[name].shape}
    if not taken:
        raise CheckpointError(f"no weight of {experiment.name} has its place in this classifier")
    network.classifier.load_state_dict(taken, strict=False)


def is_published(experiment: Experiment) -> bool:
    """Whether its weights and their figures are there.

    >>> from stn_core.experiments import find
    >>> is_published(find("distorted/r/cnn"))
    True
    """
    folder = published_folder(experiment)
    return (folder / WEIGHTS).is_file() and (folder / METRICS).is_file()


def weights_digest(experiment: Experiment) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of a published network's weights.

    >>> from stn_core.experiments import find
    >>> len(weights_digest(find("distorted/r/cnn")))
    16
    """
    weights = (published_folder(experiment) / WEIGHTS).read_bytes()
    return hashlib.sha256(weights).hexdigest()[:16]
