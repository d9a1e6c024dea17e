"""A pickled checkpoint of PyTorch's to safetensors, in a process of its own.

A pickle can run code when it is opened. This one is read with ``weights_only=True``, which admits
tensors and plain containers alone, by a process that has bounds on its memory and its time.
"""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor

from stn_core.checkpoints import CheckpointError, save_tensors
from stn_core.errors import printable
from stn_core.foreign_checkpoints import MAX_MEGABYTES, unwrapped

MAX_MEMORY_MEGABYTES = 4_000  # of address space beyond what the process has at first
MAX_SECONDS = 120
# Where others keep it, the network that was trained before its average.
WRAPPERS = (
    *("state_dict", "model_state_dict", "model_state", "model", "network_state_dict", "network"),
    *("net_state_dict", "net", "weights", "params", "parameters"),
    *("averaged_model", "model_ema", "ema_model", "ema_state_dict", "ema", "swa", "checkpoint"),
)
ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
REFUSED = re.compile(r"(?:GLOBAL|global|class) ([\w.]+\.\w+)")  # in torch's words


def convert(source: Path, destination: Path, experiment: str | None = None) -> list[str]:
    """Write the state dict of a ``.pt`` file as safetensors. Gives its tensors, in words.

    experiment: the name to be written into the header, of the experiment whose network it is.
    Raises CheckpointError, which says why; nothing is written then, nor over an older file.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> torch.save({"state_dict": {"weight": torch.zeros(2, 3)}}, folder / "model.pt")
    >>> convert(folder / "model.pt", folder / "model.safetensors")
    ['weight (2, 3) float32']
    """
    _bounded(source)
    if not destination.parent.is_dir():
        raise CheckpointError(f"the folder {destination.parent} does not exist; create it first")
    command = [sys.executable, "-m", "stn_core.conversion", str(source), str(destination)]
    try:
        done = subprocess.run(
            [*command, experiment or ""], capture_output=True, text=True, timeout=MAX_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise CheckpointError(f"{source} took more than {MAX_SECONDS} seconds to read") from error
    if done.returncode:
        words = done.stderr.strip().splitlines() or [
            f"the reading process ended with code {done.returncode}"
        ]
        raise CheckpointError(f"{source} cannot be converted: {words[-1]}")
    return done.stdout.splitlines()


def _bounded(source: Path) -> None:
    """Raise CheckpointError for what is no file, or holds too much, before it is opened."""
    if not source.is_file():
        raise CheckpointError(f"there is no file {source}")
    if source.suffix == ".safetensors":
        raise CheckpointError(f"{source} is already a safetensors file; it needs no conversion")
    size = source.stat().st_size
    if zipfile.is_zipfile(source):  # what torch.save writes; packed, it may hold more than it is
        try:
            with zipfile.ZipFile(source) as file:
                size = max(size, sum(part.file_size for part in file.infolist()))
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise CheckpointError(f"{source} is a damaged archive: {error}") from error
    if size > MAX_MEGABYTES * 2**20:
        raise CheckpointError(
            f"{source} holds {size / 2**20:,.0f} MB; the limit is {MAX_MEGABYTES} MB"
        )


def state_dict(loaded: Any) -> dict[str, Tensor]:
    """The tensors of what was pickled: a state dict, ``unwrapped``.

    It may be in another, by a usual name, or by any name if it is the only one there.
    Raises CheckpointError if there is none.

    >>> state_dict({"model": {"module.weight": torch.zeros(1)}, "epoch": 3})
    {'weight': tensor([0.])}
    """
    while isinstance(loaded, dict):
        inner = next((n for n in WRAPPERS if isinstance(loaded.get(n), dict)), None)
        if inner is None:
            dicts = [n for n, part in loaded.items() if _holds_tensors(part)]
            if len(dicts) != 1:
                break
            inner = dicts[0]
        loaded = loaded[inner]
    if not isinstance(loaded, dict) or not loaded:
        empty = "an empty " if isinstance(loaded, dict) else ""
        raise CheckpointError(f"expected a state dict, got {empty}{type(loaded).__name__}")
    odd = [printable(n) for n, t in loaded.items() if not (isinstance(n, str) and _is_plain(t))]
    if odd:
        raise CheckpointError(
            f"expected a state dict, dense tensors by name; these are not: {', '.join(odd[:5])}"
        )
    # Tensors that share memory, as tied weights do, are written one by one.
    return {name: tensor.detach().clone() for name, tensor in unwrapped(loaded).items()}


def _holds_tensors(part: Any) -> bool:
    """Whether it is a dict of tensors by name, which an optimiser's state is not."""
    return (
        isinstance(part, dict)
        and bool(part)
        and all(isinstance(n, str) and isinstance(t, Tensor) for n, t in part.items())
    )


def _is_plain(tensor: Any) -> bool:
    """Whether it is a tensor with its numbers: not sparse, quantised or on the meta device."""
    return (
        isinstance(tensor, Tensor)
        and tensor.layout == torch.strided
        and not (tensor.is_meta or tensor.is_quantized)
    )


def _main(source: str, destination: str, experiment: str) -> None:
    _limit_memory()
    try:
        loaded = torch.load(source, map_location="cpu", weights_only=True)
    except OSError as error:
        raise CheckpointError(f"it cannot be opened: {error}") from error
    except Exception as error:  # whatever a broken or hostile pickle comes to
        raise CheckpointError(
            f"it is not a checkpoint that is safe to read ({_reason(error)}); "
            "save `network.state_dict()`"
        ) from error
    tensors = state_dict(loaded)
    try:
        save_tensors(Path(destination), tensors, {"experiment": experiment} if experiment else {})
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{destination} cannot be written: {error}") from error
    for name, tensor in tensors.items():
        print(f"{printable(name)} {tuple(tensor.shape)} {str(tensor.dtype).removeprefix('torch.')}")


def _reason(error: Exception) -> str:
    """Why torch has refused a pickle: the class that it names, or else that it is none."""
    if named := REFUSED.search(ESCAPES.sub("", str(error))):
        return f"it holds an object of {named[1]}"
    return "it is damaged, or not a file of torch.save"


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # not on this system
        return
    status = Path("/proc/self/statm")
    if status.exists():
        held = int(status.read_text().split()[0]) * resource.getpagesize()
        most = held + MAX_MEMORY_MEGABYTES * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == "__main__":
    try:
        _main(*sys.argv[1:])
    except CheckpointError as error:
        sys.exit(str(error))
