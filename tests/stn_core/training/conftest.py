"""What the tests of training share: a run's folder, and a checkpoint at every record."""

from __future__ import annotations

import pytest

from stn_core.runs.folder import Run
from stn_core.training import recording


@pytest.fixture
def run(tmp_path) -> Run:
    return Run(tmp_path / "run")


@pytest.fixture
def checkpoint_at_every_record(monkeypatch) -> None:
    monkeypatch.setattr(recording, "CHECKPOINT_SECONDS", -1.0)
