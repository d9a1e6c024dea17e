"""What a page leaves out, in a line: folders that look like runs and are none, damaged files."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from app.data.plain import plain
from app.training.job import odd_folders

SHOWN = 3  # by name


def skipped_runs() -> None:
    """Say which folders of the runs' folder are left out, and why; nothing if there is none."""
    odd = odd_folders()
    if not odd:
        return
    named = [f"{plain(name)} ({why})" for name, why in sorted(odd.items())[:SHOWN]]
    more = f" and {len(odd) - SHOWN} more" if len(odd) > SHOWN else ""
    st.caption(f"These folders are not listed as trainings: {', '.join(named)}{more}.")


def say_left_out(names: Iterable[str]) -> None:
    """Say which published networks' figures cannot be read; nothing if there is none."""
    left_out = list(names)
    if left_out:
        more = f" and {len(left_out) - SHOWN} more" if len(left_out) > SHOWN else ""
        named = ", ".join(f"`{name}/metrics.json`" for name in left_out[:SHOWN])
        st.warning(
            f"Not shown, because it cannot be read: {named}{more}. Restore it in `pretrained/`."
        )
