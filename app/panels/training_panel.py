"""The trainings of a table: one of them is chosen, watched, and by default replayed."""

from __future__ import annotations

import streamlit as st

from app.data.plain import plain
from app.frame import links
from app.panels.replay import training_of
from app.panels.training_progress import Watching, progress
from app.stage.replay import replay
from app.tables import column_title
from app.training import processes
from app.training.job import Job, find_job, is_mine, key_of_title, list_jobs, read_order

OTHERS = ", another visitor's"
LOST_SHARE = 0.02  # of a grid inside U, below which it is lost


def training_panel(prefix: str, watching: Watching | None = None) -> None:
    """The trainings of ``distorted/rts/``, one of them in full, by default as a replay of its
    probes."""
    watching = watching or Watching(show=recording)
    _elsewhere(prefix)
    jobs = {job.key: job for job in list_jobs(prefix)}
    if not jobs:
        st.info(
            f"Nothing has been trained on {column_title(prefix)} here yet. Start with the form: "
            f"{watching.empty}"
        )
        return
    key = _choose(prefix, jobs, watching)
    job = find_job(key) or next(iter(jobs.values()))
    live = processes.is_live(job)
    every = watching.refresh_seconds if live else None
    st.fragment(progress, run_every=every)(job, live, watching)


def _choose(prefix: str, jobs: dict[str, Job], watching: Watching) -> str:
    """One of them. Its key stands in the address, also while it is the newest: what is shown is
    shown again after a reload, and to whom the link is sent. A visitor who comes back to the page
    has the one that they have watched."""
    field, known = watching.field, f"{watching.field}-known"
    asked, kept = st.query_params.get(field, ""), st.session_state.get(field)
    watched = st.session_state.setdefault(known, {})  # the last one of each prefix
    first_look = prefix not in watched
    moved = asked and asked != watched.get(prefix)  # the browser went back, say
    if (moved and (first_look or asked in jobs)) or kept not in jobs:
        linked = (
            asked
            if asked in jobs
            else key_of_title(asked.removesuffix(OTHERS), {k: jobs[k].title for k in jobs})
        )
        newest = next(iter(jobs))
        before = (key for key in (linked, kept, watched.get(prefix)) if key in jobs)
        st.session_state[field] = next(before, newest)
        if asked and first_look and not linked:
            links.refuse(field, asked, jobs[newest].title)
    key = st.selectbox(
        watching.noun,
        list(jobs),
        format_func=lambda k: jobs[k].title + _whose(jobs[k]),
        key=field,
        help="Trainings started here, by you or by others",
    )
    watched[prefix] = key
    if asked != key:
        st.query_params[field] = key
    return key


def _elsewhere(prefix: str) -> None:
    """What runs on other pages, and so keeps what is asked for here waiting."""
    others = [job for job in processes.running() if not job.prefix.startswith(prefix)]
    if others:
        names = "; ".join(f"{job.table_title}: {job.title}" for job in others)
        st.info(f"Running first, on another page: {plain(names)}.")


def _whose(job: Job) -> str:
    order = read_order(job)
    return "" if order is None or is_mine(job) else OTHERS


def recording(job: Job) -> None:
    """The replay of the training as far as it is; its right edge is live."""
    from stn_core.runs.records import RunError

    try:
        training = training_of(job)
    except RunError:
        st.caption("Training its first steps …")
        return
    if training.transformers is not None:
        last = training.recorded.snapshots[-1]
        size = training.recorded.probes.shape[2:]
        if _share_inside(training.transformers.transform, last.theta, size) < LOST_SHARE:
            st.warning(
                "The grids have left the image: V is black, and no gradient brings them back. Try "
                "a smaller learning rate."
            )
    replay([training], key="probes", token=job.key)


def _share_inside(transform, theta, size: tuple[int, int]) -> float:
    """The share of the probes' grid points inside U, of the transformer with the smallest."""
    import torch

    points = transform.grid(torch.from_numpy(theta).flatten(0, 1), tuple(size))
    inside = (points.abs() <= 1).all(-1).float().unflatten(0, theta.shape[:2])
    return inside.mean((0, 2, 3)).min().item()
