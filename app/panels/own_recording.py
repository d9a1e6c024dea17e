"""A recording of what the visitor's browser has trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.data.browser_recordings import uploaded_recording
from app.data.plain import plain
from app.data.run_keys import RunKey, Uploaded
from app.panels import kept_upload

if TYPE_CHECKING:
    from stn_core.runs.records import RecordedRun

FIELD = "own-recording"
PREFIX = "distorted/r/"  # what a browser trains on
MEASURED_ON = 500  # digits, by *Train in your browser*


def choose_recording() -> dict[RunKey, str]:
    """A recording in a popover: its key and title; empty without one."""
    with st.popover(
        "Open a recording", width="content", help="Plays what you trained in your browser"
    ):
        st.markdown("Upload a recording that **Train in your browser** gave you.")
        file = kept_upload.upload("Recording", ["safetensors"], key=FIELD, bare=True)
        if file is None:
            return {}
        try:
            recorded = uploaded_recording(file.file_id, file.getvalue)
        except ValueError as error:
            st.error(f"The recording could not be opened: {plain(error)}")
            return {}
        short = recorded.description["experiment"].rsplit("/", 1)[1]
        title = f"your {'ST-FCN' if short.startswith('st') else 'FCN'}, {plain(file.name)}"
        st.success("Choose it under *Training*.")
    return {Uploaded(file.file_id): title}


def opened(key: Uploaded) -> RecordedRun:
    """The recording of this key. Raises ValueError if it has been closed."""
    file = kept_upload.kept_file(FIELD)
    if file is None or file.file_id != key.file:
        raise ValueError("the file has been closed")
    return uploaded_recording(file.file_id, file.getvalue)
