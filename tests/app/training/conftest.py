"""What every test of trainings has: a folder of runs of its own, and visitors and processes to
pretend."""

from __future__ import annotations

import signal
import threading

import pytest

from app.training import dispatcher, visitors
from stn_core import launcher
from tests.app.training.trainings import PATIENCE_SECONDS, Idle


def unless_by_the_thread(work):
    """Done when a test asks for it, and only then."""
    return lambda: None if threading.current_thread().name == "dispatcher" else work()


@pytest.fixture(autouse=True)
def runs_of_its_own(tmp_path, monkeypatch):
    folder, children = tmp_path / "runs", []
    monkeypatch.setenv("STN_RUNS", str(folder))
    monkeypatch.setattr(launcher, "_children", children)
    monkeypatch.setattr(visitors, "_sessions", {})
    monkeypatch.setattr(dispatcher, "_troubles", {})
    # A page that another test has opened in this process has started the dispatcher's thread.
    for name in ("look", "prune"):
        monkeypatch.setattr(dispatcher, name, unless_by_the_thread(getattr(dispatcher, name)))
    yield folder
    for child in children:
        child.send_signal(signal.SIGKILL)
        child.wait(PATIENCE_SECONDS)


@pytest.fixture
def as_visitor(monkeypatch):
    """Become a visitor of this name, who is here."""

    def become(name: str) -> None:
        monkeypatch.setattr(visitors, "me", lambda: name)
        monkeypatch.setitem(visitors._sessions, name, name)

    become("ann")
    return become


@pytest.fixture
def without_processes(monkeypatch):
    """Nothing is really started: a place is taken as long as nothing has been said."""
    idle = Idle()
    for name in ("start", "find", "end"):
        monkeypatch.setattr(launcher, name, getattr(idle, name))
    return idle
