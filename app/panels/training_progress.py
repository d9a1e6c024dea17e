"""A training's place in the queue and its progress; pause, stop, resume it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from app.data import recordings, test_errors
from app.data.faults import reason
from app.data.plain import plain
from app.panels.numbers import LEARNING_RATES, duration, pace_words, smaller_rate
from app.training import dispatcher, orders, pace, processes, queue
from app.training.job import (
    AWAY_SECONDS,
    Job,
    JobError,
    is_mine,
    is_steered_by_me,
    is_waiting,
    last_words,
)
from stn_core.runs.records import RunError

MINUTES_AWAY = AWAY_SECONDS // 60


@dataclass(frozen=True, kw_only=True)
class Watching:
    """How a page watches what was started on it.

    show: draws what has been recorded; field: of the URL; measured: what a snapshot's per cent
    are; empty: what to do as long as there is nothing; starts_in: how long its start takes;
    resumable: whether it goes on from a checkpoint.
    """

    show: Callable[[Job], None]
    noun: str = "Training"
    field: str = "run"
    measured: str = "error on held-out digits"
    empty: str = (
        "the first grids appear in about 10 s. Training goes on if you leave this page, and you "
        "can choose the network under *Explore*."
    )
    starts_in: str = "about 10 s"
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
        again = " again" if run.is_described() else ""
        _starting(job, f"Starting{again}, {watching.starts_in} …")
    try:
        description = run.description()
    except RunError:
        if not starting:
            words = last_words(job) or "none"
            st.error(f"It stopped before the first step. Its log ends with: {plain(words)}")
        return
    status = run.status()
    if not (starting or is_waiting(job)):
        _progress(job, run, status, description["recipe"]["iterations"], watching)
        if status.message:
            say = st.error if status.state == "failed" else st.info
            say(reason(status.message))
        _buttons(job, run, status, watching)
        if watching.resumable and not status.alive:
            _test_error(job, run, status)
    watching.show(job)


def _waiting(job: Job) -> None:
    ahead, seconds = queue.position(job)
    words = ["next in the queue" if ahead == 0 else f"{ahead} ahead of it in the queue"]
    if seconds is not None:
        words.append(f"starts in about {duration(seconds)}")
    st.progress(0.0, text="Waiting: " + ", ".join(words))
    if trouble := dispatcher.trouble(job):
        st.warning(f"It cannot be started: {trouble}. The server tries again every few seconds.")
    mine = is_mine(job)
    if mine:
        st.caption(
            "It starts by itself, even if you open another page. If you close the app for more "
            f"than {MINUTES_AWAY} minutes, you lose your place."
        )
    if mine and st.button("Cancel", key="job-cancel", help="Leaves the queue"):
        orders.cancel(job)
        st.rerun(scope="app")


def _starting(job: Job, words: str) -> None:
    st.progress(0.0, text=words)
    if is_mine(job) and st.button("Cancel", key="job-cancel", help="Ends it before its first step"):
        orders.cancel(job)


def _progress(job: Job, run, status, iterations: int, watching: Watching) -> None:
    snapshots = run.snapshots()
    state = "interrupted" if status.interrupted else status.state
    words = [_not_yet(run, status) or state, f"step {status.step:,} of {iterations:,}"]
    if state == "running":
        step, left = pace.pace_of(run), pace.seconds_left(run)
        words += [pace_words(step)] if step and status.step >= pace.FIRST_STEPS else []
        words += [f"about {duration(left)} left"] if left is not None else []
    if snapshots and math.isfinite(snapshots[-1].measure):
        words.append(f"**{snapshots[-1].measure:.1f} %** {watching.measured}")
    st.progress(min(1.0, status.step / iterations), text=" · ".join(words))
    if status.interrupted:
        words = last_words(job)
        ended = f". Its log ends with: {plain(words)}"
        why = ended if words else " (it was killed, or the machine was switched off)."
        on = " *Resume* continues from its last checkpoint." if watching.resumable else ""
        st.warning(f"The training process ended too early{why}{on}")


def _test_error(job: Job, run, status) -> None:
    """At the end: the error on the test digits, measured at once where that is quick."""
    from stn_core.experiment import words_of
    from stn_core.experiments import find

    if not run.checkpoint.is_file():
        return
    words = words_of(find(run.description()["experiment"]).data)
    if not test_errors.is_possible(job.prefix):
        st.caption(f"The test error cannot be measured: {words.absent} are not on this machine.")
        return
    measured = test_errors.test_error(job.folder)
    if measured is None:
        place = st.empty()
        asked = place.button(
            "Measure the test error", key="job-test",
            help=f"Uses the {words.test}" + ", distorted with a fixed seed" * words.drawn,
        )  # fmt: skip
        unasked = status.state == "finished" and is_mine(job)
        step = pace.seconds_a_step(run.history(), run.snapshots())
        if not asked and not (unasked and test_errors.is_quick(job.folder, step)):
            return
        try:
            with st.spinner("Measuring the test error …"):
                measured = test_errors.measure(job.folder)
            place.empty()
        except (RuntimeError, ValueError, OSError) as error:
            st.error(f"The test error cannot be measured: {reason(error)}")
            return
    st.markdown(f"Test error: **{measured.percent:.2f} %** of {measured.digits:,} {measured.of}")


def _not_yet(run, status) -> str:
    """What it has been asked to do and is about to; empty if there is nothing."""
    if not status.alive or status.state not in ("running", "paused"):
        return ""
    command = run.command()
    if command == "stop":
        return "stopping …"
    if (command == "pause") == (status.state == "paused"):
        return ""
    return "pausing …" if command == "pause" else "resuming …"


def _buttons(job: Job, run, status, watching: Watching) -> None:
    if status.state == "finished":
        return
    if not is_steered_by_me(job):
        st.caption(
            "Another visitor started it and may stop it. You may stop it once they have been away "
            f"for {MINUTES_AWAY} minutes."
        )
        return
    if not status.alive:
        if watching.resumable:
            _resume(job, run, status)
        return
    first, second = st.columns(2)
    paused, not_yet = status.state == "paused", _not_yet(run, status)
    with first:
        st.button(
            "Continue" if paused else "Pause",
            width="stretch",
            key="job-pause",
            help="Keeps its place; nothing is lost",
            disabled=bool(not_yet),
            on_click=run.control,  # before the page is drawn, which says so then
            args=("run" if paused else "pause",),
        )
    with second:
        st.button(
            "Stop",
            width="stretch",
            key="job-stop",
            help="Saves a checkpoint, so that it can be resumed"
            if watching.resumable
            else "Keeps what it has recorded",
            disabled=not_yet.startswith("stop"),
            on_click=run.control,
            args=("stop",),
        )
    if paused:
        st.caption("While others wait, a paused training is stopped after 10 minutes.")
    if paused and watching.resumable:
        _rate(run)


def _resume(job: Job, run, status) -> None:
    """Go on from the last checkpoint, of a run that failed also with a smaller rate."""
    reached = recordings.checkpoint_step(run.checkpoint)
    place = f"step {reached:,}" if reached else "the start"
    resume, slower = st.container(), st.container()
    with resume:
        if st.button(
            f"Resume from {place}", width="stretch", key="job-resume",
            help="Continues from its last checkpoint" if reached else "It has no checkpoint yet",
        ):  # fmt: skip
            _try_again(job)
    began = run.description()["recipe"].get("learning_rate")
    rate = run.asked_rate() or began
    if status.state != "failed" or not rate or not _blames_the_rate(status.message):
        return
    less = smaller_rate(rate)
    with slower:
        if st.button(
            f"Resume from {place} with rate {less:g}", width="stretch", key="job-resume-slower",
            type="primary", help=f"Continues with a third of its peak learning rate, {rate:g}, or "
            "less",
        ):  # fmt: skip
            _try_again(job, less)


def _blames_the_rate(message: str) -> bool:
    """Whether a failed training's loss, its weights or θ were no numbers any more."""
    return "learning rate" in message or "finite" in message


def _try_again(job: Job, learning_rate: float | None = None) -> None:
    try:
        orders.resume(job, learning_rate)
    except JobError as error:
        st.error(plain(error))
    else:
        st.rerun(scope="app")


def _rate(run) -> None:
    """A paused training can go on with another peak rate: the run's own is shown, whoever chose it,
    and only a visitor's choice here is written."""
    began = run.description()["recipe"].get("learning_rate")
    if not began:
        return
    rate = run.asked_rate() or began
    known = f"rate-known-{run.folder.name}"
    last, generation = st.session_state.get(known, (None, 0))
    if last != rate:  # another tab's choice: a slider of its own, which no older state moves
        generation += 1
        st.session_state[known] = (rate, generation)
    key = f"job-rate-{run.folder.name}-{generation}"
    st.select_slider(
        f"Peak learning rate from here on (it began with {began:g})",
        sorted({*LEARNING_RATES, began, rate}),
        rate,
        format_func=lambda v: f"{v:g}",
        key=key,
        on_change=_choose_rate,
        args=(run, key, known, generation),
        help="The largest rate of the schedule; it applies from the next step on",
    )


def _choose_rate(run, key: str, known: str, generation: int) -> None:
    chosen = st.session_state[key]
    st.session_state[known] = (chosen, generation)
    run.control(run.command(), learning_rate=chosen)
