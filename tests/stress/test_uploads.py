"""The files that ``python -m tests.stress.uploads`` sends: one is drawn, the others are refused."""

from __future__ import annotations

import pytest

from stn_core.checkpoints import CheckpointError
from stn_core.watched import load_warps
from tests.stress import uploads

FILES = uploads.files()


@pytest.mark.parametrize("name", FILES)
def test_file_is_refused_but_for_the_largest_that_is_drawn(name, tmp_path):
    path = tmp_path / "warps.safetensors"
    path.write_bytes(FILES[name])
    assert len(FILES[name]) <= 10_000_000
    if name == uploads.DRAWN:
        assert load_warps(path)[0].size == (512, 512)
    else:
        with pytest.raises(CheckpointError):
            load_warps(path)


def test_much_memory_fails_the_command(monkeypatch, capsys):
    async def drive(*_):
        return [200.0, uploads.MOST_MEGABYTES + 1, 300.0]

    class Process:
        pid = 0

    class Served:
        def __enter__(self):
            return "nowhere", Process()

        def __exit__(self, *_):
            pass

    monkeypatch.setattr(uploads, "drive", drive)
    monkeypatch.setattr(uploads, "server", lambda _: Served())
    assert uploads.main([]) == 1
    assert "at most 1001 MB of 1000; at the end 300 MB" in capsys.readouterr().out
