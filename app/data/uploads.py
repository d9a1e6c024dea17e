"""Files that visitors upload, each opened under a name of ours and gone afterwards."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from starlette.exceptions import HTTPException
from streamlit.runtime import Runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFileRec

    from stn_core.watched import Watched

MAX_SESSION_BYTES = 64_000_000  # that a session's uploads may have together
MAX_SERVER_BYTES = 512_000_000  # and those of all sessions
PREFIX = "stn-upload-"  # of a temporary folder's name
LEFT_SECONDS = 3_600.0  # then such a folder is of a server that was killed


@cache
def prepare_server() -> None:
    """Once for each server: bound what it takes, and delete what one that was killed has left."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            if time.time() - folder.stat().st_mtime > LEFT_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue  # another server has
    if Runtime.exists():
        manager = Runtime.instance().uploaded_file_mgr
        if isinstance(manager, MemoryUploadedFileManager):
            bound(manager)


def bound(manager: MemoryUploadedFileManager) -> None:
    """Have a manager refuse a file with which a session's uploads, or all, would be too large.

    No page sees such a file; the field that it was given to says that it could not be sent.
    """
    add = manager.add_file

    def add_within_bounds(session_id: str, file: UploadedFileRec) -> None:
        held = {
            session: sum(len(one.data) for one in list(files.values()))
            for session, files in list(manager.file_storage.items())
        }
        own, size = held.get(session_id, 0), len(file.data)
        if own + size > MAX_SESSION_BYTES:
            raise HTTPException(
                413,
                f"your uploads are larger than the limit of {MAX_SESSION_BYTES // 10**6} MB "
                "per visit",
            )
        if sum(held.values()) + size > MAX_SERVER_BYTES:
            raise HTTPException(413, "the server's memory for uploads is full; try again later")
        add(session_id, file)

    manager.add_file = add_within_bounds  # type: ignore[method-assign]


@st.cache_resource(show_spinner="Opening the file …", max_entries=8)
def warps(upload: str, _content: Callable[[], bytes]) -> list[Watched]:
    """What the transformers of an uploaded file did. Raises CheckpointError."""
    from stn_core.watched import load_warps

    with uploaded_file(_content) as file:
        return load_warps(file, what="the file")


@contextmanager
def uploaded_file(content: Callable[[], bytes]) -> Iterator[Path]:
    """An upload as a file, under a name of ours."""
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder:
        file = Path(folder) / "upload.safetensors"
        file.write_bytes(content())
        yield file
