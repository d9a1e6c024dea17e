"""A checkpoint for anyone's network: in whatever it was wrapped, with buffers of any dtype."""

from __future__ import annotations

from itertools import accumulate
from os.path import commonprefix
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from stn_core.checkpoints import CheckpointError
from stn_core.conversion import state_dict
from stn_core.errors import InputError, printable
from stn_core.foreign_checkpoints import PREFIXES
from stn_core.tensor_files import load_tensors

MAX_LISTED = 5  # tensors of a kind in a message
COUNTER = "num_batches_tracked"  # of batch normalisation: evaluation does without


def load_weights(network: nn.Module, path: Path, what: str | None = None) -> None:
    """Put the weights of a ``.pt`` or ``.safetensors`` file into a network.

    A ``.pt`` file is read with ``weights_only=True``. The state dict can be in another by a usual
    name ("state_dict", "model", ...), and its names can begin with "module." (see
    ``conversion.state_dict``). what: the file's name in messages. Raises InputError for a file that
    cannot be read, and with a list of the tensors that do not fit.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "model.pt"
    >>> torch.save({"state_dict": {"module.weight": torch.ones(1, 2)}}, path)
    >>> network = nn.Linear(2, 1)
    >>> try:
    ...     load_weights(network, path, "model.pt")
    ... except InputError as error:
    ...     print(error)
    model.pt does not fit the network: missing bias
    """
    what = what or str(path)
    expected = network.state_dict()
    tensors = _fitted_names(_tensors(path, what), expected)
    missing = [n for n in expected if n not in tensors and n.rpartition(".")[2] != COUNTER]
    surplus = [n for n in tensors if n not in expected]
    misshapen = [
        f"{name} is {tuple(tensor.shape)}, expected {tuple(expected[name].shape)}"
        for name, tensor in tensors.items()
        if name in expected and not is_lazy(expected[name])
        and tensor.shape != expected[name].shape
    ]  # fmt: skip
    kinds = [
        [f"missing {printable(name)}" for name in missing],
        [f"unexpected {printable(name)}" for name in surplus],
        misshapen,
    ]
    if any(kinds):
        shown = [
            "; ".join(kind[:MAX_LISTED])
            + (f"; and {len(kind) - MAX_LISTED} more" if len(kind) > MAX_LISTED else "")
            for kind in kinds
            if kind
        ]
        raise InputError(f"{what} does not fit the network: {'; '.join(shown)}")
    network.load_state_dict(tensors, strict=False)


def _tensors(path: Path, what: str) -> dict[str, Tensor]:
    if not path.is_file():
        raise InputError(f"there is no file {path}")
    try:
        if path.suffix == ".safetensors":
            return state_dict(load_tensors(path, what)[0])
        return state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except CheckpointError as error:
        raise InputError(f"{what}: {error}") from error
    except Exception as error:  # whatever a broken pickle comes to
        raise InputError(
            f"{what} is not a checkpoint that is safe to read "
            f"({printable(str(error).splitlines()[0] if str(error) else type(error).__name__)}); "
            "save `network.state_dict()` with torch.save"
        ) from error


def _fitted_names(tensors: dict[str, Tensor], expected: dict[str, Tensor]) -> dict[str, Tensor]:
    """By the network's own names, which may begin like those that ``state_dict`` takes off."""
    shared = commonprefix([name.split(".")[:-1] for name in expected])  # modules that hold all
    for prefix in ("", *PREFIXES, *accumulate(f"{module}." for module in shared)):
        named = {f"{prefix}{name}": tensor for name, tensor in tensors.items()}
        if expected.keys() & named.keys():
            return named
    return tensors
