"""Tensors in safetensors files, and what is an error in one; files written as a whole.

Nothing here unpickles. A file can come from anyone: its header is held to bounds before a tensor
of it is made.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import time
from pathlib import Path
from typing import Any

from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor

from stn_core.errors import printable

TORN = re.compile(r"\..+\.[a-z0-9_]{8}")  # a file beside the one that is written, by mkstemp
TORN_SECONDS = 600.0  # after which nobody writes it any more
PICKLED = (b"PK\x03\x04", b"\x80")  # how a file of torch.save begins, or a bare pickle
MAX_MESSAGE_CHARS = 300  # characters of a file's own in a message
# What a file is read with; the networks here have some twenty tensors, large ones a thousand.
MAX_HEADER_BYTES, MAX_TENSORS, MAX_NAME_CHARS = 1_000_000, 5_000, 500


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


def remove_torn(folder: Path, seconds: float = TORN_SECONDS) -> None:
    """Delete what writers that were killed have left in a folder and below: the files beside those
    that ``write_atomically`` was to write, of so many seconds ago.

    >>> folder = tempfile.TemporaryDirectory()
    >>> torn = Path(folder.name, ".weights.safetensors.x7_y2abc")
    >>> _ = torn.write_bytes(b"torn")
    >>> remove_torn(Path(folder.name), seconds=0)
    >>> torn.exists()
    False
    """
    for path in folder.rglob(".*"):
        try:
            if TORN.fullmatch(path.name) and time.time() - path.lstat().st_mtime >= seconds:
                path.unlink()
        except OSError:
            continue  # it has just been renamed, or is not ours to delete


def save_tensors(path: Path, tensors: dict[str, Tensor], header: dict[str, Any]) -> None:
    """Tensors as safetensors, each header value as JSON. Atomic.

    >>> import torch
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

    A header value that is not JSON, as other programs write it, is plain text. what: the file's
    name in messages. Raises CheckpointError, also for a header of more than a million bytes, 5,000
    tensors, or a name of more than 500 letters.

    >>> import torch
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
        _check_header_size(path)
        with safe_open(path, framework="pt") as file:
            names = list(file.keys())
            _check_names(names)
            header = {k: _header_value(v) for k, v in (file.metadata() or {}).items()}
            return {name: file.get_tensor(name) for name in names}, header
    except Exception as error:  # whatever safetensors, JSON and torch come to by a file of anyone's
        words = printable(str(error).partition("\n")[0], MAX_MESSAGE_CHARS)  # they quote the file
        if _is_pickled(path):
            words += "; it looks like a file of torch.save: use `python -m stn_core convert`"
        raise CheckpointError(f"{what} is not a readable safetensors file: {words}") from error


def _header_value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _check_header_size(path: Path) -> None:
    """Raise ValueError for a header of which too much would be made."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
    if MAX_HEADER_BYTES < size <= path.stat().st_size:  # a longer one is no header at all
        raise ValueError(f"its header has {size:,} bytes; the limit is {MAX_HEADER_BYTES:,}")


def _check_names(names: list[str]) -> None:
    """Raise ValueError for too many tensors, or a name that is too long."""
    if len(names) > MAX_TENSORS:
        raise ValueError(f"it has {len(names):,} tensors; the limit is {MAX_TENSORS:,}")
    longest = max(map(len, names), default=0)
    if longest > MAX_NAME_CHARS:
        raise ValueError(
            f"a tensor's name has {longest:,} characters; the limit is {MAX_NAME_CHARS}"
        )


def _is_pickled(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4).startswith(PICKLED)
    except OSError:
        return False


def check_header(header: dict[str, Any], kinds: dict[str, type], what: str) -> None:
    """Raise CheckpointError for a header without a value of each kind, by their names.

    >>> try:
    ...     check_header({"step": "one"}, {"step": int, "seconds": float}, "own.safetensors")
    ... except CheckpointError as error:
    ...     print(error)
    own.safetensors has no step, seconds in its header, so it is not a complete training checkpoint
    """
    absent = [
        name
        for name, kind in kinds.items()
        if type(header.get(name)) not in ({int, float} if kind is float else {kind})
    ]
    if absent:
        raise CheckpointError(
            f"{what} has no {', '.join(absent)} in its header, so it is not a complete training "
            "checkpoint"
        )


def under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose names begin with a prefix, by the rest of their names.

    >>> import torch
    >>> under("network.", {"network.weight": torch.zeros(1), "step": torch.zeros(1)})
    {'weight': tensor([0.])}
    """
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
