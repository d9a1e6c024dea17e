"""A training's place in the queue and its progress; pause, stop, resume it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from app.data import recordings
from app.panels.training_form import LEARNING_RATES
from app.training import orders, processes, queue
from app.training.job import (
    AWAY_SECONDS,
    Job,
    JobError,
    is_mine,
    is_steered_by_me,
    is_waiting,
    last_words,
    without_folders,
)
from stn_core.runs.records import RunError

MINUTES_AWAY = AWAY_SECONDS // 60


@dataclass(frozen=True, kw_only=True)
class Watching:
    """How a page watches what was started on it.

    show: draws what has been recorded; field: of the URL; measured: what a snapshot's per cent
    are; empty: what to do as long as there is nothing; resumable: whether it goes on from a
    checkpoint.
    """

    show: Callable[[Job], None]
    noun: str = "Training"
    field: str = "run"
    measured: str = "error on digits it has not seen"
    empty: str = (
        "after some ten seconds the first grids are there to be watched. It goes on if you leave "
        "this page, and its network can be chosen under *Explore*."
    )
    resumable: bool = True
    refresh_seconds: float = 1.0


def progress(job: Job, was_live: bool, watching: Watching) -> None:
    """What there is to see and to do of a training now. was_live: when the page was drawn."""
    if was_live and not processes.is_live(job):
        st.rerun(scope="app")  # it has ended, or is gone: stop refreshing
    run = recordings.run_reader(str(job.folder))
    if is_waiting(job):
        _waiting(job)
        if not run.is_described():
            return
    starting = processes.is_starting(job)
    if starting:
        _starting(job, f"Starting{' again' if run.is_described() else ''}: some ten seconds …")
    try:
        description = run.description()
    except RunError:
        if not starting:
            words = last_words(job) or "none"
            st.error(f"This one ended before it began. Its last words: `{words}`")
        return
    status = run.status()
    if not (starting or is_waiting(job)):
        _progress(run, status, description["recipe"]["iterations"], watching)
        if status.message:
            say = st.error if status.state == "failed" else st.info
            say(without_folders(status.message))
        _buttons(job, run, status, watching)
    watching.show(job)


def _waiting(job: Job) -> None:
    ahead, seconds = queue.position(job)
    words = ["next in the queue" if ahead == 0 else f"{ahead} before it in the queue"]
    if seconds is not None:
        words.append(f"starts in about {_duration(seconds)}")
    st.progress(0.0, text="Waiting: " + ", ".join(words))
    mine = is_mine(job)
    if mine:
        st.caption(
            "It starts by itself, on whichever page you are. If you close the app for more than "
            f"{MINUTES_AWAY} minutes, the place is given to the next."
        )
    if mine and st.button("Cancel", key="job-cancel", help="Give the place in the queue back"):
        orders.cancel(job)
        st.rerun(scope="app")


def _duration(seconds: float) -> str:
    return f"{max(10, 10 * round(seconds / 10))} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _starting(job: Job, words: str) -> None:
    st.progress(0.0, text=words)
    if is_mine(job) and st.button(
        "Cancel", key="job-cancel", help="Give the place in the queue back"
    ):
        orders.cancel(job)


def _progress(run, status, iterations: int, watching: Watching) -> None:
    history, snapshots = run.history(), run.snapshots()
    state = "interrupted" if status.interrupted else status.state
    words = [_not_yet(run, status) or state, f"step {status.step:,} of {iterations:,}"]
    rate = queue.steps_a_second(history)
    if rate and state == "running":
        left = time.gmtime((iterations - status.step) / rate)
        words += [f"{rate:.0f} steps a second", f"{time.strftime('%H:%M:%S', left)} left"]
    if snapshots and math.isfinite(snapshots[-1].measure):
        words.append(f"**{snapshots[-1].measure:.1f} %** {watching.measured}")
    st.progress(min(1.0, status.step / iterations), text=" · ".join(words))
    if status.interrupted:
        on = " *Resume* goes on from its last checkpoint." if watching.resumable else ""
        st.warning(f"Its process has ended without a word (killed, or the machine went down).{on}")


def _not_yet(run, status) -> str:
    """What it has been asked to do and is about to; empty if there is nothing."""
    if not status.alive or status.state not in ("running", "paused"):
        return ""
    command = run.command()
    if command == "stop":
        return "stopping …"
    if (command == "pause") == (status.state == "paused"):
        return ""
    return "pausing …" if command == "pause" else "going on …"


def _buttons(job: Job, run, status, watching: Watching) -> None:
    if status.state == "finished":
        return
    if not is_steered_by_me(job):
        st.caption(
            "Another visitor has started it, who may stop it; so may you when they have been away "
            f"for {MINUTES_AWAY} minutes."
        )
        return
    first, second = st.columns(2)
    if not status.alive:
        if watching.resumable:
            with first:
                _resume(job)
        return
    paused, not_yet = status.state == "paused", _not_yet(run, status)
    with first:
        st.button(
            "Go on" if paused else "Pause",
            width="stretch",
            key="job-pause",
            help="It keeps its place, and nothing is lost",
            disabled=bool(not_yet),
            on_click=run.control,  # before the page is drawn, which says so then
            args=("run" if paused else "pause",),
        )
    with second:
        st.button(
            "Stop",
            width="stretch",
            key="job-stop",
            help="It ends with a checkpoint, and can be resumed"
            if watching.resumable
            else "It ends, and what it has recorded stays",
            disabled=not_yet.startswith("stop"),
            on_click=run.control,
            args=("stop",),
        )
    if paused:
        st.caption("While others wait, a paused one is stopped after ten minutes.")
    if paused and watching.resumable:
        _rate(run)


def _resume(job: Job) -> None:
    if st.button(
        "Resume", width="stretch", key="job-resume", help="Go on from its last checkpoint"
    ):
        try:
            orders.resume(job)
        except JobError as error:
            st.error(str(error))
        else:
            st.rerun(scope="app")


def _rate(run) -> None:
    """A paused training can go on with another peak rate."""
    began = run.description()["recipe"]["learning_rate"]
    rate = run.asked_rate() or began
    choices = sorted({*LEARNING_RATES, rate})
    chosen = st.select_slider(
        f"Learning rate to go on with (it began with {began:g})", choices, value=rate,
        format_func=lambda v: f"{v:g}", key=f"job-rate-{run.folder.name}",
        help="It counts from the next step on",
    )  # fmt: skip
    if chosen != rate:
        run.control(run.command(), learning_rate=chosen)
