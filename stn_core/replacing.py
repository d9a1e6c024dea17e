"""A folder of pretrained/ is replaced as a whole: what was there stays until the new one is there.

It is written beside its place, under a name that nobody reads, and then renamed. What a kill leaves
between the two renames is found by ``checkpoints.published_folder``.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stn_core.checkpoints import set_aside


@contextmanager
def replaced(folder: Path) -> Iterator[Path]:
    """A copy of the folder to write to, which takes its place unless an error is raised.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp()) / "fcn"
    >>> with replaced(folder) as new:
    ...     _ = (new / "metrics.json").write_text("{}")
    >>> [path.name for path in folder.iterdir()]
    ['metrics.json']
    """
    before, new = set_aside(folder), folder.with_name(f".{folder.name}.new")
    if before.is_dir():  # an earlier replacement was killed
        if folder.exists():
            shutil.rmtree(before)
        else:
            before.rename(folder)
    shutil.rmtree(new, ignore_errors=True)
    if folder.is_dir():
        shutil.copytree(folder, new)
    else:
        new.mkdir(parents=True)
    try:
        yield new
    except BaseException:
        shutil.rmtree(new)
        raise
    if folder.is_dir():
        folder.rename(before)
    try:
        new.rename(folder)
    except BaseException:
        if before.is_dir():
            before.rename(folder)
        raise
    shutil.rmtree(before, ignore_errors=True)
