"""Weights in safetensors, and the folder of a published network.

Nothing here unpickles. A checkpoint names its experiment in its header and is loaded strictly:
every tensor must be there, with its shape, and no other.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any, Protocol, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from stn_core.experiment import Experiment
from stn_core.networks import ClassificationNetwork

# The published networks: the project's own, which an installed package has not, or one's copy.
PRETRAINED = Path(
    os.environ.get("STN_PRETRAINED") or Path(__file__).resolve().parents[1] / "pretrained"
)
TRAINED = "network."  # before a network's tensors in a training's checkpoint
PICKLED = (b"PK\x03\x04", b"\x80")  # how a file of torch.save begins, or a bare pickle
MAX_MESSAGE_CHARS = 300  # characters of a file's own in a message
MAX_LISTED = 10  # tensors of a kind in a message
WEIGHTS, METRICS, CARD = "weights.safetensors", "metrics.json", "README.md"


N = TypeVar("N", bound=nn.Module)


class CheckpointError(ValueError):
    """A checkpoint is missing, unreadable, or not of this network; the message says which.

    >>> try:
    ...     load_tensors(Path("nowhere.safetensors"))
    ... except CheckpointError as error:
    ...     print(error)
    there is no checkpoint at nowhere.safetensors
    """


def write_atomically(path: Path, content: bytes) -> None:
    """Write beside ``path``, then rename: a reader sees the old file or the new one.

    Raises OSError (a full disk, say) and leaves the old file as it was.

    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name, "weights.safetensors")
    >>> write_atomically(path, b"as a whole")
    >>> path.read_bytes()
    b'as a whole'
    """
    if not path.parent.is_dir():  # else the error names a file that nobody knows
        raise FileNotFoundError(f"the folder {path.parent} does not exist; create it first")
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(beside, 0o644)
        os.replace(beside, path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def save_tensors(path: Path, tensors: dict[str, Tensor], header: dict[str, Any]) -> None:
    """Tensors as safetensors, each header value as JSON. Atomic.

    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name, "weights.safetensors")
    >>> save_tensors(path, {"weight": torch.zeros(2)}, {"step": 3})
    >>> load_tensors(path)[1]
    {'step': 3}
    """
    tensors = {name: t.detach().cpu().contiguous() for name, t in tensors.items()}
    write_atomically(path, save(tensors, {k: json.dumps(v) for k, v in header.items()}))


def load_tensors(path: Path, what: str | None = None) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors of a safetensors file, on the CPU, and its header.

    what: the file's name in messages. Raises CheckpointError.

    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name, "weights.safetensors")
    >>> save_tensors(path, {"weight": torch.zeros(2)}, {"step": 3})
    >>> load_tensors(path)
    ({'weight': tensor([0., 0.])}, {'step': 3})
    """
    what = what or str(path)
    if not path.is_file():
        raise CheckpointError(f"there is no checkpoint at {what}")
    try:
        with safe_open(path, framework="pt") as file:
            header = {k: json.loads(v) for k, v in (file.metadata() or {}).items()}
            return {name: file.get_tensor(name) for name in file.keys()}, header  # noqa: SIM118
    except (SafetensorError, OSError, ValueError, RecursionError) as error:
        words = str(error)[:MAX_MESSAGE_CHARS]  # they quote the file
        if _is_pickled(path):
            words += "; it looks like a file of torch.save: `python -m stn_core convert` makes a "
            "safetensors file of it"
        raise CheckpointError(f"{what} is not a readable safetensors file: {words}") from error


def _is_pickled(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4).startswith(PICKLED)
    except OSError:
        return False


def under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose names begin with a prefix, by the rest of their names.

    >>> under("network.", {"network.weight": torch.zeros(1), "step": torch.zeros(1)})
    {'weight': tensor([0.])}
    """
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}


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
    ] + [
        f"{name} is {tensors[name].dtype}, expected floating-point"
        for name in common
        if not tensors[name].is_floating_point()
    ]
    broken = [
        f"{name} has NaN or infinite entries"
        for name in common
        if tensors[name].is_floating_point() and not torch.isfinite(tensors[name]).all()
    ]
    kinds = [
        [f"missing {name}" for name in missing],
        [f"unexpected {name}" for name in surplus],
        misshapen,
        broken,
    ]
    if any(kinds):
        shown = (
            "; ".join(k[:MAX_LISTED]) + ("; ..." if len(k) > MAX_LISTED else "") for k in kinds if k
        )
        raise CheckpointError(f"{what} does not fit this network: {'; '.join(shown)}")
    network.load_state_dict({name: t.float() for name, t in tensors.items()})


def load_trained(
    experiment: Experiment, path: Path
) -> tuple[ClassificationNetwork, dict[str, Any]]:
    """The network in a training's checkpoint, on the CPU, in evaluation mode; and the header.

    Raises CheckpointError.

    >>> from stn_core.experiments import find
    >>> experiment = find("distorted/r/cnn")
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name, "weights.safetensors")
    >>> tensors = experiment.build(seed=0).state_dict()
    >>> save_tensors(path, {f"{TRAINED}{n}": t for n, t in tensors.items()}, {"step": 3})
    >>> network, header = load_trained(experiment, path)
    >>> header["step"]
    3
    """
    tensors, header = load_tensors(path)
    network = experiment.build(seed=0)
    load_strictly(network, under(TRAINED, tensors), str(path))
    return network.eval(), header


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
