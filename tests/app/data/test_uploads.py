"""What a server takes of its visitors' uploads, and what it gives back."""

from __future__ import annotations

import io
import os
import tempfile
import time
from pathlib import Path

import pytest
from PIL import Image
from starlette.exceptions import HTTPException
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from app.data import decoded, pictures, uploads


def record(name: str, size: int) -> UploadedFileRec:
    return UploadedFileRec(file_id=name, name=name, type="x/y", data=bytes(size))


@pytest.fixture
def manager(monkeypatch) -> MemoryUploadedFileManager:
    monkeypatch.setattr(uploads, "MAX_SESSION_BYTES", 3_000_000)
    monkeypatch.setattr(uploads, "MAX_SERVER_BYTES", 5_000_000)
    made = MemoryUploadedFileManager("/upload")
    uploads.bound(made)
    return made


def test_session_s_uploads_are_bounded_in_total(manager):
    for name in "abc":
        manager.add_file(session_id="ann", file=record(name, 1_000_000))
    with pytest.raises(HTTPException, match="413.*limit of 3 MB"):
        manager.add_file(session_id="ann", file=record("d", 1))
    assert len(manager.get_files("ann", list("abcd"))) == 3
    manager.remove_file("ann", "a")
    manager.add_file(session_id="ann", file=record("d", 1_000_000))


def test_uploads_of_all_sessions_are_bounded_and_given_back(manager):
    manager.add_file(session_id="ann", file=record("a", 3_000_000))
    manager.add_file(session_id="bob", file=record("b", 2_000_000))
    with pytest.raises(HTTPException, match="413.*memory for uploads is full"):
        manager.add_file(session_id="eve", file=record("c", 1))
    manager.remove_session_files("ann")
    manager.add_file(session_id="eve", file=record("c", 3_000_000))


def test_folders_that_a_killed_server_has_left_are_deleted_at_the_start(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    old, new, other = (tmp_path / n for n in (f"{uploads.PREFIX}a", f"{uploads.PREFIX}b", "other"))
    for folder in (old, new, other):
        folder.mkdir()
        (folder / "upload.safetensors").write_bytes(b"x")
    long_ago = time.time() - uploads.LEFT_SECONDS - 1
    for folder in (old, other):
        os.utime(folder, (long_ago, long_ago))
    uploads.prepare_server.__wrapped__()
    assert not old.exists() and new.exists() and other.exists()


def test_upload_is_opened_in_a_folder_of_that_name_that_is_gone_afterwards():
    with uploads.uploaded_file(lambda: b"content") as file:
        assert file.read_bytes() == b"content"
        assert file.parent.name.startswith(uploads.PREFIX)
    assert not Path(file.parent).exists()


@pytest.mark.parametrize("broken", [False, True])
def test_picture_is_decoded_once_for_all_reruns(broken, monkeypatch):
    made = []

    def read_picture(content: bytes, side: int):
        made.append(side)
        if broken:
            raise pictures.PictureError("it is broken")
        return pictures.rings()[:side]

    monkeypatch.setattr(pictures, "read_picture", read_picture)
    content = os.urandom(8)
    for _ in range(3):
        for side in (4, 5):
            if broken:
                with pytest.raises(pictures.PictureError, match="it is broken"):
                    decoded.made(pictures.read_picture, content, side)
            else:
                assert len(decoded.made(pictures.read_picture, content, side)) == side
    assert made == [4, 5]


def test_set_of_pictures_is_bounded_by_what_is_decoded_of_it(monkeypatch):
    def picture(kind: str, side: int, **options) -> bytes:
        file = io.BytesIO()
        Image.new("RGB", (side, side)).save(file, kind, **options)
        return file.getvalue()

    whole = [picture(kind, 80) for kind in ("PNG", "WEBP", "GIF")]
    monkeypatch.setattr(decoded, "MAX_SET_PIXELS", 3 * 80 * 80)
    assert decoded.count_within_bounds(whole, 10) == 3
    assert decoded.count_within_bounds([*whole, b"no picture"], 10) == 4
    assert decoded.count_within_bounds([*whole, picture("PNG", 1), whole[0]], 10) == 3
    # A JPEG is decoded small, and one that is refused is not decoded.
    assert decoded.count_within_bounds([picture("JPEG", 320)] * 12, 10) == 12
    monkeypatch.setattr(pictures, "MAX_PIXELS", 80)
    assert decoded.count_within_bounds(whole * 2, 10) == 6
