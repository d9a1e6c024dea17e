"""Files that visitors upload, each opened under a name of ours and gone afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from stn_core.watched import Watched


@st.cache_resource(show_spinner="Opening the file …", max_entries=8)
def warps(upload: str, _content: Callable[[], bytes]) -> list[Watched]:
    """What the transformers of an uploaded file did. Raises CheckpointError."""
    from stn_core.watched import load_warps

    with uploaded_file(_content) as file:
        return load_warps(file, what="the file")


@contextmanager
def uploaded_file(content: Callable[[], bytes]) -> Iterator[Path]:
    """An upload as a file, under a name of ours."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "upload.safetensors"
        file.write_bytes(content())
        yield file
