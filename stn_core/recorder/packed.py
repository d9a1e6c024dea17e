"""A recorder's folder as one file, to be shipped or passed on."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from stn_core.recorder.probes import BASIS, PROBES, RECORDER, SNAPSHOTS
from stn_core.runs.records import READ_ERRORS, RunError
from stn_core.tensor_files import write_atomically

PACKED = "recording.zip"
PARTS = (RECORDER, "status.json", "history.jsonl", PROBES, BASIS, f"{SNAPSHOTS}/[0-9]*.npz")


def pack(folder: Path, path: Path) -> None:
    """Write what a reader needs of a recorder's folder as a zip file.

    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> for name in ("mine", "there"):
    ...     Path(folder.name, name).mkdir()
    >>> _ = Path(folder.name, "mine", RECORDER).write_text("{}")
    >>> pack(Path(folder.name, "mine"), Path(folder.name, PACKED))
    >>> unpack(Path(folder.name, PACKED), Path(folder.name, "there"))
    >>> Path(folder.name, "there", RECORDER).read_text()
    '{}'
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for part in PARTS:
            for found in sorted(folder.glob(part)):
                file.write(found, found.relative_to(folder).as_posix())
    write_atomically(path, buffer.getvalue())


def unpack(path: Path, folder: Path) -> None:
    """Write the files of a packed folder into another one. Raises RunError if it is damaged.

    >>> try:
    ...     unpack(Path("nowhere"), Path("there"))
    ... except RunError as error:
    ...     print(str(error)[:27])
    nowhere is not a recording:
    """
    try:
        with zipfile.ZipFile(path) as file:
            file.extractall(folder)
    except READ_ERRORS as error:
        raise RunError(f"{path} is not a recording: {str(error)[:300]}") from error
