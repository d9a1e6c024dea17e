"""Watch a training: its progress, its curves, its grids; pause, stop and resume it."""

from __future__ import annotations

import time
from collections.abc import Callable

import streamlit as st

import jobs
import loading
from jobs import Job, JobError
from replay_panel import training_of
from stage.replay import replay
from tables import column_title
from training_form import LEARNING_RATES

REFRESH_SECONDS = 1.0
LOST_SHARE = 0.02  # of a grid inside U, below which it is lost


def training_panel(prefix: str, show: Callable[[Job], None] | None = None) -> None:
    """The trainings of ``distorted/rts/``, one of them in full; show: draws what it has recorded,
    by default the replay of its probes."""
    for job in jobs.running():
        if job.prefix != prefix:
            st.info(f"Running on {job.place}: {job.title}. Choose {job.place} to see it.")
    found = jobs.jobs(prefix)
    if not found:
        st.info(
            f"No training on {column_title(prefix)} has been started here yet. Start one "
            "with the form: after some ten seconds the first grids are there to be watched. It "
            "goes on if you leave this page, and its network can be chosen under *Explore*."
        )
        return
    keys = {job.key: job for job in found}
    if st.session_state.get("run") not in keys:
        st.session_state.pop("run", None)
    key = st.selectbox(
        "Training", list(keys), format_func=lambda k: keys[k].title, key="run", bind="query-params"
    )
    job = keys.get(key, found[0])
    live = jobs.is_starting(job) or loading.run(str(job.folder)).is_alive()
    st.fragment(_watch, run_every=REFRESH_SECONDS if live else None)(job, live, show or _recording)


def _watch(job: Job, live: bool, show: Callable[[Job], None]) -> None:
    run = loading.run(str(job.folder))
    starting, alive = jobs.is_starting(job), run.is_alive()
    if live and not (alive or starting):
        st.rerun(scope="app")  # it has ended: stop refreshing
    try:
        description = run.description()
    except RuntimeError:
        if starting:
            _starting(job, "Starting: it takes some ten seconds until the first step …")
        else:
            words = jobs.last_words(job) or "none"
            st.error(f"This training ended before it began. Its last words: `{words}`")
        return
    status, history, snapshots = run.status(), run.history(), run.snapshots()
    iterations = description["recipe"]["iterations"]
    if starting:
        _starting(job, "Resuming from the last checkpoint: it takes some ten seconds …")
    else:
        _progress(status, iterations, history, snapshots)
        if status.message:
            (st.error if status.state == "failed" else st.info)(status.message)
        _buttons(job, run, status)
    show(job)


def _starting(job: Job, words: str) -> None:
    st.progress(0.0, text=words)
    if st.button("Cancel", key="job-cancel"):
        jobs.cancel(job)


def _progress(status, iterations: int, history: list, snapshots: list) -> None:
    state = "interrupted" if status.interrupted else status.state
    words = [state, f"step {status.step:,} of {iterations:,}"]
    if history and state == "running":
        recent = history[-20:]
        steps = recent[-1].step - (recent[0].step if len(recent) > 1 else 0)
        seconds = recent[-1].seconds - (recent[0].seconds if len(recent) > 1 else 0)
        rate = steps / max(seconds, 1e-9)
        left = time.gmtime((iterations - status.step) / max(rate, 1e-9))
        words += [f"{rate:.0f} steps a second", f"{time.strftime('%H:%M:%S', left)} left"]
    if snapshots:
        words.append(f"**{snapshots[-1].measure:.1f} %** error on digits it has not seen")
    st.progress(min(1.0, status.step / iterations), text=" · ".join(words))
    if status.interrupted:
        st.warning(
            "Its process has ended without a word (killed, or the machine went down). *Resume* "
            "goes on from its last checkpoint, which is up to half a minute older."
        )


def _buttons(job: Job, run, status) -> None:
    if status.state == "finished":
        return
    first, second = st.columns(2)
    if not status.alive:
        with first:
            if st.button("Resume", width="stretch", key="job-resume"):
                try:
                    jobs.resume(job)
                except JobError as error:
                    st.error(str(error))
                else:
                    st.rerun(scope="app")
        return
    paused = status.state == "paused"
    with first:
        if st.button("Go on" if paused else "Pause", width="stretch", key="job-pause"):
            run.control("run" if paused else "pause")
    with second:
        if st.button("Stop", width="stretch", key="job-stop"):
            run.control("stop")
    if paused:
        _rate(run)


def _rate(run) -> None:
    """A paused training can go on with another peak rate."""
    began = run.description()["recipe"]["learning_rate"]
    rate = run.asked_rate() or began
    choices = sorted({*LEARNING_RATES, rate})
    chosen = st.select_slider(
        f"Learning rate to go on with (it began with {began:g})", choices, value=rate,
        format_func=lambda v: f"{v:g}", key=f"job-rate-{run.folder.name}",
    )  # fmt: skip
    if chosen != rate:
        run.control("pause", learning_rate=chosen)


def _recording(job: Job) -> None:
    """The replay of the training as far as it is; its right edge is live."""
    try:
        training = training_of(job.prefix, job.key, job.title, 0)
    except RuntimeError:
        st.caption("The first steps …")
        return
    if training.transformers is not None:
        last = training.recorded.snapshots[-1]
        size = training.recorded.probes.shape[2:]
        if _share_inside(training.transformers.transform, last.theta, size) < LOST_SHARE:
            st.warning(
                "The grids have left the image: V is black and nothing pulls them back. Try a "
                "smaller learning rate."
            )
    replay([training], key="probes", token=job.key)


def _share_inside(transform, theta, size: tuple[int, int]) -> float:
    """The share of the probes' grid points inside U, of the transformer with the smallest."""
    import torch

    points = transform.grid(torch.from_numpy(theta).flatten(0, 1), tuple(size))
    inside = (points.abs() <= 1).all(-1).float().unflatten(0, theta.shape[:2])
    return inside.mean((0, 2, 3)).min().item()
