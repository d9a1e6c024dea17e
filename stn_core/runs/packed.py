"""A packed run, in pretrained/: one file, without what is only for going on."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from stn_core.checkpoints import write_atomically
from stn_core.runs.folder import Run
from stn_core.runs.records import (
    READ_ERRORS,
    RecordedRun,
    RunError,
    Snapshot,
    parse_history,
    read_arrays,
)

PACKED = "run.npz"  # the packed run of a published network
OF_A_SEED = r"run-seed-(\d+)\.npz"  # as ``packed_name`` has it
# Of a run that was begun before this was measured there is no pose_left, of most no learnt B.
OPTIONAL = ("pose_left", "target")


def packed_name(seed: int | str) -> str:
    """The file of a packed run of a further seed, next to the published network's.

    >>> packed_name(1)
    'run-seed-1.npz'
    """
    return f"run-seed-{seed}.npz"


def packed_runs(folder: Path) -> dict[int | None, Path]:
    """The packed runs in a folder of pretrained/ by seed, the published network's own by None.

    >>> from stn_core import find
    >>> from stn_core.checkpoints import published_folder
    >>> packed_runs(published_folder(find("distorted/r/st-cnn-aff")))[None].name
    'run.npz'
    """
    own = {None: folder / PACKED} if (folder / PACKED).is_file() else {}
    found = ((re.fullmatch(OF_A_SEED, p.name), p) for p in folder.glob(packed_name("[0-9]*")))
    others = {int(match[1]): path for match, path in found if match}
    return own | dict(sorted(others.items()))


def pack(run: Run, path: Path) -> None:
    """Pack a run into one file for pretrained/. Raises RunError if a part of it is missing.

    >>> try:
    ...     pack(Run(Path("nowhere")), Path("run.npz"))
    ... except RunError as error:
    ...     print(error)
    nowhere has no probes or no snapshots yet
    """
    recorded = run.recorded()
    columns = dict(zip(Snapshot._fields, zip(*recorded.snapshots, strict=True), strict=True))
    for name in OPTIONAL:
        if not all(part.size for part in columns[name]):
            del columns[name]
    stacked: dict[str, Any] = {name: np.stack(column) for name, column in columns.items()}
    lines = "".join(json.dumps(step._asdict()) + "\n" for step in recorded.history)
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        description=np.frombuffer(json.dumps(recorded.description).encode(), np.uint8),
        history=np.frombuffer(lines.encode(), np.uint8),
        probes=recorded.probes,
        labels=recorded.labels,
        **stacked,
    )
    write_atomically(path, buffer.getvalue())


def unpack(path: Path) -> RecordedRun:
    """Read a packed run. Raises RunError if it is not one, or is broken.

    >>> from stn_core import find
    >>> from stn_core.checkpoints import published_folder
    >>> run = unpack(published_folder(find("distorted/r/st-cnn-aff")) / PACKED)
    >>> run.labels.tolist(), run.snapshots[0].step
    ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 0)
    """
    try:
        arrays = read_arrays(path)
        names = [name for name in Snapshot._fields if name in arrays or name not in OPTIONAL]
        rows = zip(*(arrays[name] for name in names), strict=True)
        return RecordedRun(
            json.loads(arrays["description"].tobytes()),
            parse_history(arrays["history"].tobytes()),
            arrays["probes"],
            arrays["labels"],
            [Snapshot.of_arrays(dict(zip(names, row, strict=True))) for row in rows],
        )
    except READ_ERRORS as error:
        raise RunError(f"{path} is not a recorded run: {str(error)[:300]}") from error
