"""A process of its own is found by its pid file, by whoever looks, and taken for no other one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from stn_core import launcher

PATIENCE_SECONDS = 60
ENDLESS = ["train", "distorted/r/fcn", "--iterations", "1000000", "--device", "cpu"]


@pytest.fixture
def folder(tmp_path) -> Path:
    """A run's folder, in which nothing goes on any more after the test."""
    yield tmp_path
    launcher.end(tmp_path, signal.SIGKILL)
    launcher.reap()


def wait_until(condition) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.02)


def started(folder: Path, **how) -> subprocess.Popen:
    return launcher.start(ENDLESS, folder, folder / "log.txt", **how)


def test_process_is_found_by_its_folder_and_ended_by_it(folder):
    child = started(folder)
    assert launcher.find(folder).pid == child.pid
    assert launcher.end(folder)
    assert child.wait(PATIENCE_SECONDS) != 0
    assert launcher.find(folder) is None and not launcher.end(folder)


def test_process_is_told_its_folder_and_one_thread_and_its_words_are_in_the_log(folder):
    child = launcher.start(["list"], folder, folder / "log.txt")
    assert child.wait(PATIENCE_SECONDS) == 2  # `list` knows neither
    words = (folder / "log.txt").read_text()
    assert f"unrecognized arguments: --threads 1 --run-dir {folder}" in words


def test_process_is_found_after_its_starter_is_gone(folder):
    starter = (
        "import sys\nfrom pathlib import Path\nfrom stn_core import launcher\n"
        "folder = Path(sys.argv[1])\n"
        "launcher.start(sys.argv[2:], folder, folder / 'log.txt', detached=True)\n"
    )
    subprocess.run([sys.executable, "-c", starter, str(folder), *ENDLESS], check=True)
    process = launcher.find(folder)
    assert process.cmdline()[1:4] == ["-m", "stn_core", "train"]
    assert launcher.end(folder, signal.SIGKILL)
    wait_until(lambda: launcher.find(folder) is None)


def test_another_process_with_the_same_id_is_not_taken_for_it(folder):
    own = psutil.Process()
    for seconds_ago, is_it in ((0, True), (3600, False)):
        registered = {"pid": own.pid, "created": own.create_time() - seconds_ago}
        (folder / launcher.PID_FILE).write_text(json.dumps(registered))
        assert (launcher.find(folder) is not None) == is_it
    assert not launcher.end(folder, signal.SIGKILL)  # or this test would not go on


def test_folder_without_a_process_has_none(folder):
    assert launcher.find(folder) is None
    assert not launcher.end(folder)


def test_process_that_has_ended_is_gone_though_nobody_has_waited_for_it(folder):
    child = started(folder)
    os.kill(child.pid, signal.SIGKILL)
    wait_until(lambda: launcher.find(folder) is None)
    assert psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE
    launcher.reap()
    assert not psutil.pid_exists(child.pid)


def test_detached_process_is_nice_and_hears_no_ctrl_c_of_this_terminal(folder):
    child = started(folder, detached=True)
    assert psutil.Process(child.pid).nice() == min(19, os.nice(0) + launcher.NICENESS)
    assert os.getsid(child.pid) == child.pid != os.getsid(0)


@pytest.mark.parametrize(("given", "seen"), [(None, "1"), ("4,7", "7"), ("GPU-a,GPU-b", "GPU-b")])
def test_process_sees_the_one_gpu_of_this_process_s_own(given, seen, folder, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if given is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", given)
    child = started(folder, gpu=1)
    environment = psutil.Process(child.pid).environ()
    assert environment["CUDA_VISIBLE_DEVICES"] == seen
    assert environment["OMP_NUM_THREADS"] == "1"


def test_process_whose_folder_cannot_be_written_does_not_go_on(folder, monkeypatch):
    def full(*_) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(launcher, "write_atomically", full)
    before = {child.pid for child in psutil.Process().children()}
    with pytest.raises(OSError, match="No space left"):
        started(folder)
    assert {child.pid for child in psutil.Process().children()} <= before


def test_process_is_found_after_the_clock_was_set(folder, monkeypatch):
    launcher._register(os.getpid(), folder)
    assert launcher.find(folder).pid == os.getpid()
    boot = psutil.boot_time()
    created = psutil.Process().create_time()
    monkeypatch.setattr(psutil, "boot_time", lambda: boot - 3600)  # both read by the new clock
    monkeypatch.setattr(psutil.Process, "create_time", lambda _: created - 3600)
    assert launcher.find(folder).pid == os.getpid()
    monkeypatch.setattr(psutil.Process, "create_time", lambda _: created - 2 * 3600)
    assert launcher.find(folder) is None


@pytest.mark.parametrize("content", ["", "[]", "{", '{"pid": "x"}', '{"pid": -1}', '{"pid": 9e99}'])
def test_damaged_process_file_is_of_no_process(content, folder):
    (folder / launcher.PID_FILE).write_text(content)
    assert launcher.find(folder) is None and not launcher.end(folder)
