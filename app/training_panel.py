"""Watch a training: its progress, its curves, its grids; pause, stop and resume it."""

from __future__ import annotations

import time

import streamlit as st

import figures
import jobs
import loading
from jobs import Job, JobError
from palette import GRIDS
from panels import colours
from stage import Item, strip

REFRESH_SECONDS = 1.0
LOST_SHARE = 0.02  # of a grid inside U, below which it is lost


def training_panel(distortion: str) -> None:
    """The trainings of this distortion, one of them in full."""
    elsewhere = [job for job in jobs.running() if job.distortion != distortion]
    for job in elsewhere:
        st.info(f"Running on {job.distortion}: {job.title}. Choose {job.distortion} to see it.")
    found = jobs.jobs(f"distorted/{distortion.lower()}/")
    if not found:
        st.info(
            f"No training on {distortion} has been started here yet. Start one with the form: with "
            "the ST-FCN the grids begin to move after some ten seconds. It goes on if you leave "
            "this page, and its network can be chosen under *Explore*."
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
    st.fragment(_watch, run_every=REFRESH_SECONDS if live else None)(job, live)


def _watch(job: Job, live: bool) -> None:
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
            st.error(status.message)
        _buttons(job, run, status)
    _curves(history, snapshots, iterations)
    _grids(job, run.probes(), snapshots, description)


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


def _curves(history: list, snapshots: list, iterations: int) -> None:
    if not history:
        st.caption("The first steps …")
        return
    shades = colours()
    batches, unseen = shades.networks
    steps = [s.step for s in history]
    losses = [("training batches", steps, [s.loss for s in history], batches)]
    errors = [
        ("training batches", steps, [s.measures["error_percent"] for s in history], batches),
        (
            "1,000 digits it has not seen",
            [s.step for s in snapshots],
            [s.measure for s in snapshots],
            unseen,
        ),
    ]
    for place, title, series, floor, ceiling, suffix in zip(
        st.columns(2), ("Loss", "Error"), (losses, errors), (0.05, 1), (3, 100), ("", " %"),
        strict=True,
    ):  # fmt: skip
        figure = figures.curve(
            title, series, shades, iterations=iterations, floor=floor, ceiling=ceiling,
            suffix=suffix,
        )  # fmt: skip
        with place:
            st.plotly_chart(
                figure,
                config=figures.CONFIG,
                theme=None,
                key=f"curve-{title}",
                alt=f"{title} over the steps of the training",
            )


def _grids(job: Job, probes, snapshots: list, description: dict) -> None:
    from stn_core.experiments import find

    if probes is None or not snapshots:
        return
    images, labels = probes
    transform = find(description["experiment"]).network.transform
    last = snapshots[-1]
    said = last.logits.argmax(1)
    st.markdown(f"**Ten gallery digits, on which it is not trained**, at step {last.step:,}")
    if transform is None:
        st.caption("This network has no transformer: what is below is all that it sees.")
    else:
        st.caption(
            "Above: $U$ with the grid $T_\\theta(G)$. Below: $V$, which the classifier gets."
        )
        if _share_inside(transform, last.theta, images.shape[2:]) < LOST_SHARE:
            st.warning(
                "The grids have left the image: V is black and nothing pulls them back. Try a "
                "smaller learning rate."
            )
    strip(
        [
            Item(
                id=str(i),
                image=image[0],
                theta=None if transform is None else last.theta[i],
                label=f"{label} → {said[i]} {'✓' if said[i] == label else '✗'}",
                alt=f"A distorted {label}, taken for a {said[i]}",
            )
            for i, (image, label) in enumerate(zip(images, labels, strict=True))
        ],
        key="probes",
        token=f"{job.key}/{last.step}",
        series=job.key,
        input_size=images.shape[2:],
        grid_colour=GRIDS[0],
        transform=transform,
    )


def _share_inside(transform, theta, size: tuple[int, int]) -> float:
    """The share of the probes' grid points that lie inside U."""
    import torch

    points = transform.grid(torch.from_numpy(theta), tuple(size))
    return (points.abs() <= 1).all(-1).float().mean().item()
