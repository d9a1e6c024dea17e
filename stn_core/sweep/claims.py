"""Which process trains a cell, where several machines share a folder: a claim is a file.

A claim is ``claims/N.json`` in the run's folder. It is made with O_EXCL, which creates a file for
one process only, on network file systems too; the claim with the highest N counts. Only its owner
writes it again, every ``BEAT_SECONDS``, with a higher count. Whoever looks at it takes the owner
for dead

- at once, if it is a process of this machine that is gone;
- else when the count has not changed for ``DEAD_SECONDS`` of the looker's own clock, so the
  machines' clocks need not agree.

Then the next claim is N + 1. An owner that was only suspended sees a higher one, and has lost.
An owner that releases its claim also writes whether the training failed: a process that was killed
leaves no word of that in the run's folder.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import time
from pathlib import Path

from stn_core import launcher
from stn_core.checkpoints import write_atomically

CLAIMS = "claims"
BEAT_SECONDS = 5.0
DEAD_SECONDS = 60.0


class Claim:
    """A claim of this process, which a thread renews until it is released.

    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> claim = Claims().take(Path(folder.name))
    >>> claim.path.name, claim.is_lost()
    ('1.json', False)
    >>> claim.release()
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._owner = {"host": _host(), **launcher.identity(os.getpid())}
        self._count = 0
        self._ended = threading.Event()
        self._write()
        self._thread = threading.Thread(target=self._beat, daemon=True)
        self._thread.start()

    def is_lost(self) -> bool:
        """Whether another process has taken the cell over."""
        return last_claim(self.path.parent.parent) not in (None, self.path)

    def release(self, *, failed: bool = False) -> None:
        """Leave the cell to whoever wants it. failed: its training did, see ``last_failed``."""
        self._ended.set()
        self._thread.join()
        with contextlib.suppress(OSError):  # then it is dead to others after a while
            self._write(released=True, failed=failed)

    def _beat(self) -> None:
        while not self._ended.wait(BEAT_SECONDS):
            self._count += 1
            with contextlib.suppress(OSError):  # the file server may be away for a while
                self._write()

    def _write(self, *, released: bool = False, failed: bool = False) -> None:
        ended = {"released": released, "failed": failed}
        record = {**self._owner, "count": self._count, **ended}
        write_atomically(self.path, json.dumps(record).encode())


class Claims:
    """Claims cells for this process; remembers since when the others' claims have not changed.

    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> first = Claims().take(Path(folder.name))
    >>> Claims().take(Path(folder.name)) is None
    True
    >>> first.release()
    >>> second = Claims().take(Path(folder.name))
    >>> second.path.name, first.is_lost()
    ('2.json', True)
    >>> second.release()
    """

    def __init__(self) -> None:
        self._seen: dict[Path, tuple[bytes, float]] = {}

    def take(self, run_folder: Path) -> Claim | None:
        """Claim a run's folder, which is made if it is not there; None if another process has."""
        folder = run_folder / CLAIMS
        folder.mkdir(parents=True, exist_ok=True)
        last = last_claim(run_folder)
        if last is not None and self._is_held(last):
            return None
        path = folder / f"{1 if last is None else int(last.stem) + 1}.json"
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
        except FileExistsError:  # another process was faster
            return None
        return Claim(path)

    def _is_held(self, path: Path) -> bool:
        try:
            content = path.read_bytes()
        except OSError:
            return True
        record = _record(content)
        if record.get("released"):
            return False
        if record.get("host") == _host():
            return launcher.identified(record) is not None
        now = time.monotonic()
        seen, since = self._seen.get(path, (b"", now))
        if content != seen or path not in self._seen:
            self._seen[path] = content, now
            return True
        return now - since < DEAD_SECONDS


def last_claim(run_folder: Path, own: Claim | None = None) -> Path | None:
    """The claim that counts; with one's own, the one before.

    >>> last_claim(Path("nowhere")) is None
    True
    """
    claims = (run_folder / CLAIMS).glob("[0-9]*.json")
    others = (path for path in claims if own is None or path != own.path)
    return max(others, key=lambda path: int(path.stem), default=None)


def last_failed(run_folder: Path, own: Claim | None = None) -> bool:
    """Whether the training of the last claim, but for one's own, ended in a failure.

    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> Claims().take(Path(folder.name)).release(failed=True)
    >>> last_failed(Path(folder.name))
    True
    """
    last = last_claim(run_folder, own)
    try:
        return last is not None and _record(last.read_bytes()).get("failed") is True
    except OSError:
        return False


def _record(content: bytes) -> dict:
    """What a claim says; nothing while it is being made."""
    try:
        value = json.loads(content)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _host() -> str:
    """This machine; of containers that share its name, this one."""
    try:
        return f"{socket.gethostname()} {os.readlink('/proc/self/ns/pid')}"
    except OSError:  # not on Linux
        return socket.gethostname()
