"""Starts ``python -m stn_core <command> ...`` as a process of its own, and finds it again.

The process's id stands in the run's folder, so that whoever looks there, another server or the next
sweep, can tell whether it still goes on and end it.
"""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil

from stn_core.checkpoints import write_atomically

PID_FILE = "process.json"
SAME_START_SECONDS = 2.0  # a process's start reads a little otherwise as the clock is corrected
NICENESS = 10  # of what is started in the background
MAX_NICENESS = 19
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # Windows has one way to end a process
_children: list[subprocess.Popen] = []  # of this process, until they have been waited for


def start(
    words: list[str],
    folder: Path,
    log: Path,
    *,
    threads: int = 1,
    gpu: int | None = None,
    detached: bool = False,
) -> subprocess.Popen:
    """Start a command with a run's folder; what it says is added to the log.

    words: the command, its name and its options but ``--run-dir`` and ``--threads``; threads: of
    the CPU; gpu: the only one, by its number among this process's own, that it sees; detached: it
    neither hears a Ctrl-C at this terminal nor takes the CPU from what somebody waits for. Raises
    OSError if it cannot be started or the folder not be written.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> child = start(["train", "distorted/r/fcn"], folder, folder / "log.txt")
    >>> find(folder).pid == child.pid, end(folder), child.wait() == 0
    (True, True, False)
    """
    command = [sys.executable, "-m", "stn_core", *words]
    command += ["--threads", str(threads), "--run-dir", str(folder)]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "OMP_WAIT_POLICY": "passive"}
    if gpu is not None:
        environment["CUDA_VISIBLE_DEVICES"] = _visible(gpu)
    with open(log, "ab") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            start_new_session=detached,
        )
    _children.append(child)
    try:
        _register(child.pid, folder)
    except OSError:
        child.kill()
        child.wait()
        raise
    if detached and os.name == "posix":
        _be_nice(child.pid)
    return child


def find(folder: Path) -> psutil.Process | None:
    """The process that was started with this folder, whoever has started it; None if it is gone.

    Its id may be another one's by now: then it did not start when the file says, neither by the
    clock nor, since the clock may have been set, in seconds after the machine.

    >>> find(Path("nowhere")) is None
    True
    """
    try:
        return identified(json.loads((folder / PID_FILE).read_bytes()))
    except (OSError, ValueError):
        return None  # the file is not there, or is not one of this


def identity(pid: int) -> dict[str, float]:
    """What tells a process from a later one with the same id. Raises psutil.NoSuchProcess.

    >>> list(identity(os.getpid()))
    ['pid', 'created', 'since_boot']
    """
    return {"pid": pid, **_started(psutil.Process(pid))}


def identified(identity: Any) -> psutil.Process | None:
    """The process of this machine with an ``identity``; None if it is gone, or it is none.

    >>> identified(identity(os.getpid())).pid == os.getpid(), identified({"pid": -1})
    (True, None)
    """
    try:
        process = psutil.Process(identity["pid"])
        started = _started(process)
        if all(abs(started[k] - identity.get(k, math.inf)) > SAME_START_SECONDS for k in started):
            return None
        return None if process.status() == psutil.STATUS_ZOMBIE else process
    except (OSError, ValueError, TypeError, KeyError, psutil.NoSuchProcess):
        return None


def end(folder: Path, how: signal.Signals = signal.SIGTERM) -> bool:
    """Send a signal to the folder's process; whether there was one.

    >>> end(Path("nowhere"))
    False
    """
    process = find(folder)
    if process is None:
        return False
    try:
        process.send_signal(how)
    except psutil.NoSuchProcess:
        return False
    return True


def reap() -> None:
    """Wait for the processes started here that have ended, so that they are gone.

    >>> reap()  # of no process: nothing to wait for
    """
    _children[:] = [child for child in _children if child.poll() is None]


def _register(pid: int, folder: Path) -> None:
    try:
        content = json.dumps(identity(pid)).encode()
    except psutil.NoSuchProcess:  # not waited for, it can be gone only where there are no zombies
        return
    write_atomically(folder / PID_FILE, content)


def _started(process: psutil.Process) -> dict[str, float]:
    """When a process was created, by the clock and since the machine was started."""
    created = process.create_time()
    return {"created": created, "since_boot": created - psutil.boot_time()}


def _visible(number: int) -> str:
    """The name that CUDA has for this process's own GPU of this number."""
    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    return given.split(",")[number] if given else str(number)


def _be_nice(pid: int) -> None:
    try:
        psutil.Process(pid).nice(min(MAX_NICENESS, os.nice(0) + NICENESS))
    except psutil.NoSuchProcess:  # it has ended already
        return
