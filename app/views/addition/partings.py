"""When two transformers part ways in a training."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import streamlit as st

from app.data import networks, recordings
from app.data.faults import reason
from app.panels import downloads
from app.views.addition.choices import PREFIX
from app.views.addition.division import OWNS, division_words, owned


def partings() -> None:
    """When two transformers have parted ways in every recorded training, and how far."""
    from stn_core.experiments import find

    lines, rows = [], []
    for name in recordings.recorded_names(PREFIX):
        short = name.partition("@")[0]
        if find(f"{PREFIX}{short}").network.transformers < 2:
            continue
        try:
            recording = recordings.recorded(f"{PREFIX}{name}")
        except RuntimeError as error:
            st.error(f"This recording cannot be read: {reason(error)}")
            continue
        left = [snapshot.pose_left for snapshot in recording.snapshots]
        step = parted(left, [snapshot.step for snapshot in recording.snapshots])
        seed = recording.description["seed"]
        lines.append(
            f"| {networks.network_title(short)} | {seed} | "
            f"{'never' if step is None else f'{step:,}'} | {division_words(left[-1], left[0][0])} |"
        )
        rows.append(parting(f"{PREFIX}{short}", seed, step, left))
    if not rows:
        return
    st.header("When the transformers divide the work", anchor=False)
    head = "| | seed | divided from step | at the end |\n|---|---:|---:|---|\n"
    st.markdown(head + "\n".join(lines), unsafe_allow_html=True)
    st.caption(
        f"A transformer follows a channel if its V has at least {100 * OWNS:.0f} percentage points "
        "less pose variation of that digit than U. Which transformer follows which channel is "
        "chance. *Replay* shows the curves."
    )
    downloads.buttons(
        ("Division of work as CSV", "partings.csv", lambda: downloads.as_csv(rows),
         "One line per recorded training"),
        ("Division of work as JSON", "partings.json", lambda: json.dumps(rows), "The same"),
    )  # fmt: skip


def parting(experiment: str, seed: int, step: int | None, left: Sequence[np.ndarray]) -> dict:
    """A row of the table for a file, with the channels that each transformer follows at the end.

    step: None of two that have not parted; left: (N, C) at every step.
    """
    after = {
        f"transformer_{n + 1}_looks_after": " ".join(str(c + 1) for c in sorted(channels))
        for n, channels in enumerate(owned(left[-1], left[0][0]))
    }
    return {"experiment": experiment, "seed": seed, "parted_at_step": step} | after


def parted(left: Sequence[np.ndarray], steps: Sequence[int]) -> int | None:
    """From which step on two transformers look after one channel each, to the end; else None.

    left: (N, C) at every step, the first before the training, when V is U.
    """
    last = None
    for shares, step in zip(reversed(left), reversed(steps), strict=True):
        first, second = owned(shares, left[0][0])
        if not len(first) == len(second) == 1 or first == second:
            return last
        last = step
    return last
