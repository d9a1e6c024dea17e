"""Who may write into a run's folder: one training at a time, for as long as its process lives.

The owner holds a lock (``flock``) on the folder's file ``lock``. The system gives it back when the
process ends, however that happens, and not before: a process that was stopped (SIGSTOP, a laptop's
lid) still owns the folder when it goes on, whatever the clock says by then.

It also touches the file ``heartbeat`` every second. Where files cannot be locked, on some network
file systems, this alone says whether a training lives; there a process that was stopped for longer
than ``DEAD_AFTER_SECONDS`` may be taken for dead, and ``owned`` warns of it.
"""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stn_core.runs.records import RunError

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]

LOCK, HEARTBEAT = "lock", "heartbeat"
HEARTBEAT_SECONDS = 1.0
DEAD_AFTER_SECONDS = 6.0  # without a heartbeat, the training is gone
TRIES, TRY_SECONDS = 20, 0.05  # for a lock: whoever looks at it holds it for a moment


def is_alive(folder: Path) -> bool:
    """Whether a training owns the folder. A heartbeat from the future is as good as none.

    >>> is_alive(Path("nowhere"))
    False
    """
    return _beats(folder) or _is_locked(folder)


@contextmanager
def owned(folder: Path) -> Iterator[None]:
    """Own the folder, which is made if it is not there. Raises RunError if another training does.

    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> with owned(Path(folder.name)):
    ...     print(is_alive(Path(folder.name)))
    True
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle = _locked(folder)
    try:
        if _beats(folder):
            raise _another(folder)
        with _beating(folder / HEARTBEAT):
            yield
    finally:
        os.close(handle)  # and with it the lock is gone


def _another(folder: Path) -> RunError:
    return RunError(
        f"{folder} is being trained by another process; wait for it, or choose another folder"
    )


def _locked(folder: Path) -> int:
    """The open file that holds the lock. Raises RunError if another process has it."""
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        for _ in range(TRIES):
            if _try_lock(handle, folder):
                return handle
            time.sleep(TRY_SECONDS)
        raise _another(folder)
    except BaseException:
        os.close(handle)
        raise


def _try_lock(handle: int, folder: Path) -> bool:
    """Whether nobody else has the lock now; True, with a warning, where there are no locks."""
    try:
        if fcntl is None:
            raise OSError("this system has no flock")
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        warnings.warn(
            f"{folder} cannot be locked ({error}), so a second training could start in it. Do not "
            "start two trainings in this folder, or use a local disk",
            RuntimeWarning,
            stacklevel=2,
        )
    return True


def _is_locked(folder: Path) -> bool:
    """Whether a process has the lock; False where there are no locks."""
    if fcntl is None:
        return False
    try:
        handle = os.open(folder / LOCK, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
    return False


def _beats(folder: Path) -> bool:
    """Whether the heartbeat is of just now, by a clock that has not been set since."""
    try:
        age = time.time() - (folder / HEARTBEAT).stat().st_mtime
    except OSError:
        return False
    return abs(age) < DEAD_AFTER_SECONDS


@contextmanager
def _beating(path: Path) -> Iterator[None]:
    done = threading.Event()
    path.touch()

    def beat() -> None:
        while not done.wait(HEARTBEAT_SECONDS):
            try:
                path.touch()
            except OSError:
                continue  # the disk may be full for a while: the training says so itself

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        path.unlink(missing_ok=True)
