"""What a page leaves out, in a line: folders that look like runs and are none."""

from __future__ import annotations

import streamlit as st

from app.training.job import odd_folders

SHOWN = 3  # by name


def skipped_runs() -> None:
    """Say which folders of the runs' folder are left out, and why; nothing if there is none."""
    odd = odd_folders()
    if not odd:
        return
    named = [f"`{_plain(name)}` ({why})" for name, why in sorted(odd.items())[:SHOWN]]
    more = f" and {len(odd) - SHOWN} more" if len(odd) > SHOWN else ""
    st.caption(f"Left out of the trainings here: {', '.join(named)}{more}.")


def _plain(name: str) -> str:
    """A file's name that Markdown can quote."""
    return name.encode("utf-8", "replace").decode().replace("`", "'")
