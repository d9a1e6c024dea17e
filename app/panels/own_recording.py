"""A recording of what the visitor's browser has trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from app.data.browser_recordings import uploaded_recording
from app.data.browser_settings import BREAKS, Settings
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
        title = f"your {'ST-FCN' if _transforms(recorded) else 'FCN'}, {plain(file.name)}"
        st.success("Choose it under *Training*.")
    return {Uploaded(file.file_id): title}


def opened(key: Uploaded) -> RecordedRun:
    """The recording of this key. Raises ValueError if it has been closed."""
    file = kept_upload.kept_file(FIELD)
    if file is None or file.file_id != key.file:
        raise ValueError("the file has been closed")
    return uploaded_recording(file.file_id, file.getvalue)


def _transforms(recorded: RecordedRun) -> bool:
    return recorded.description["experiment"].rsplit("/", 1)[1].startswith("st")


def is_shifted(recorded: RecordedRun) -> bool:
    """Whether white was subtracted at the end: what is read outside of U is as bright as ink."""
    changes = recorded.description["settings"]
    return bool(changes and changes[-1][1].get("shifted"))


def how(recorded: RecordedRun) -> str:
    """How it was trained: what was set, and what was broken from which step to which."""
    description = recorded.description
    changes: list[tuple[int, Settings]] = description["settings"]
    seed = plain(description["seed"][:20])
    if not changes:
        return f"Trained in a browser with seed {seed}."
    rates, degrees, families = (_values(changes, name) for name in ("rate", "degrees", "family"))
    said = [_first_and_last("learning rate", [f"{rate:g}" for _, rate in rates])]
    said.append(_first_and_last("rotated by up to", [f"±{most:g}°" for _, most in degrees]))
    if _transforms(recorded):
        said.append(_first_and_last("transformer", [str(family) for _, family in families]))
    words = f"Trained in a browser with seed {seed}: {', '.join(said)}."
    if len(degrees) > 1:
        words += " The digits are shown as they were rotated at the end."
    broken = [span for name in BREAKS for span in _spans(name, _values(changes, name))]
    return f"{words} **Broken: {'; '.join(broken)}.**" if broken else words


def _values(changes: list[tuple[int, Settings]], name: str) -> list[tuple[int, Any]]:
    """A setting's values, each with its first step."""
    values: list[tuple[int, Any]] = []
    for step, settings in changes:
        if name in settings and (not values or values[-1][1] != settings[name]):
            values.append((step, settings[name]))
    return values


def _first_and_last(what: str, values: list[str]) -> str:
    if not values:
        return f"{what} unknown"
    return f"{what} {values[0]}" + (f" ({values[-1]} at the end)" if len(values) > 1 else "")


def _spans(name: str, values: list[tuple[int, bool]]) -> list[str]:
    """From which step to which it was broken, in words."""
    spans = []
    for n, (first, on) in enumerate(values):
        if not on:
            continue
        if n + 1 < len(values):
            when = f" from step {first:,} to {values[n + 1][0]:,}"
        else:
            when = f" from step {first:,} on" if first else ""
        spans.append(BREAKS[name] + when)
    return spans
