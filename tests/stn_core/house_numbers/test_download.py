"""SVHN is downloaded for who asks, checked, and never left half."""

from __future__ import annotations

import hashlib
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from stn_core.house_numbers import download
from stn_core.house_numbers.numbers import HouseNumbersError

CONTENT = b"an archive" * 1000


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A server that has test.tar.gz, and no other part; the requests that it was sent."""
    folder, asked = tmp_path / "server", []
    folder.mkdir()
    (folder / "test.tar.gz").write_bytes(CONTENT)

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments) -> None:
            super().__init__(*arguments, directory=str(folder))

        def log_message(self, *_) -> None:
            asked.append(f"{self.command} {self.path}")

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(download, "ADDRESS", f"http://127.0.0.1:{server.server_port}/")
    monkeypatch.setitem(download.PARTS, "test", hashlib.sha256(CONTENT).hexdigest())
    monkeypatch.delenv("STN_OFFLINE", raising=False)
    yield asked
    server.shutdown()
    server.server_close()


def test_archive_is_downloaded_once_and_told_of(published, tmp_path):
    told = []
    for _ in range(2):
        path = download.download("test", tmp_path / "svhn", lambda *done: told.append(done))
        assert path.read_bytes() == CONTENT
    assert told[-1] == ("test.tar.gz", len(CONTENT), len(CONTENT))
    assert published.count("GET /test.tar.gz") == 1


def test_wrong_or_missing_archive_is_refused_and_nothing_is_left(published, tmp_path, monkeypatch):
    monkeypatch.setitem(download.PARTS, "test", "0" * 64)
    with pytest.raises(HouseNumbersError, match="came with the SHA-256 .*expected 000000000000"):
        download.download("test", tmp_path / "svhn")
    with pytest.raises(HouseNumbersError, match="train.tar.gz does not answer: .*404"):
        download.download("train", tmp_path / "svhn")
    assert list((tmp_path / "svhn").iterdir()) == []


def test_full_disk_is_seen_before_it_is_filled(published, tmp_path, monkeypatch):
    usage = type("Usage", (), {"free": 10})
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(HouseNumbersError, match="room for 0 MB"):
        download.download("test", tmp_path / "svhn")


@pytest.mark.parametrize(("answer", "taken"), [("y", True), ("", False), ("no", False)])
def test_command_says_the_size_and_asks(
    answer, taken, published, tmp_path, monkeypatch, command, capsys
):
    monkeypatch.setattr("builtins.input", lambda _: answer)
    asked = ["download", "svhn", "--parts", "test", "--to", str(tmp_path / "data")]
    assert command(asked) == 0
    assert "test.tar.gz: 0 MB" in capsys.readouterr().out
    assert (tmp_path / "data" / "svhn" / "test.tar.gz").is_file() == taken
    assert ("GET /test.tar.gz" in published) == taken


def test_other_archive_is_named_in_the_question_and_then_replaced(
    published, tmp_path, monkeypatch, command, capsys
):
    questions, folder = [], tmp_path / "data" / "svhn"
    monkeypatch.setattr("builtins.input", lambda question: questions.append(question) or "yes")
    folder.mkdir(parents=True)
    (folder / "test.tar.gz").write_bytes(b"a part of it")
    for _ in range(2):
        assert command(["download", "svhn", "--parts", "test", "--to", str(folder.parent)]) == 0
        assert (folder / "test.tar.gz").read_bytes() == CONTENT
    assert questions == ["Download, and replace test.tar.gz? [y/N] ", "Download? [y/N] "]
    assert capsys.readouterr().out.count("test.tar.gz is not SVHN's, and will be replaced") == 1


def test_nobody_who_could_answer_is_a_no(published, tmp_path, monkeypatch, command, capsys):
    def closed(question):
        raise EOFError

    monkeypatch.setattr("builtins.input", closed)
    assert command(["download", "svhn", "--parts", "test", "--to", str(tmp_path / "data")]) == 0
    told = capsys.readouterr().out
    assert "nobody can answer here; --yes" in told and "nothing was downloaded" in told
    assert "GET /test.tar.gz" not in published


def test_without_a_folder_or_a_network_the_command_says_so(command, monkeypatch, capsys, tmp_path):
    assert command(["download", "svhn"]) == 1
    assert "name a folder: --to FOLDER" in capsys.readouterr().err
    monkeypatch.setenv("STN_OFFLINE", "1")
    assert command(["download", "svhn", "--to", str(tmp_path), "--yes"]) == 1
    assert "STN_OFFLINE=1 forbids downloads" in capsys.readouterr().err
