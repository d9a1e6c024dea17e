"""Train a network of one's own: start, watch, pause, stop, resume."""

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
FIRST_STEPS = 3_000
STATE_WORDS = {
    "queued": "waiting",
    "running": "running",
    "paused": "paused",
    "stopped": "stopped",
    "finished": "finished",
    "failed": "failed",
}


def training_panel(distortion: str) -> None:
    """The form to start a training, and the trainings of this distortion."""
    form, view = st.columns([1, 2.4], gap="large")
    with form:
        _form(distortion)
    with view:
        _runs(distortion)


def _form(distortion: str) -> None:
    from stn_core.experiments import EXPERIMENTS
    from stn_core.experiments.distorted import PAPER, QUICK

    prefix = f"distorted/{distortion.lower()}/"
    short = [name.removeprefix(prefix) for name in EXPERIMENTS if name.startswith(prefix)]
    recipes = {recipe.name: recipe for recipe in (QUICK, PAPER)}
    st.markdown(f"**A new training on {distortion}**")
    network = st.selectbox(
        "Network", short, index=short.index("st-fcn-aff"), format_func=loading.network_title,
        key="train-network", help="ST-FCN learns to turn and zoom within seconds; CNN is slowest.",
    )  # fmt: skip
    name = st.selectbox(
        "Recipe", list(recipes), format_func=lambda r: _recipe_words(recipes[r]), key="train-recipe"
    )
    recipe = recipes[name]
    steps, rate = st.columns(2)
    with steps:
        iterations = st.number_input(
            "Steps", 100, 1_000_000, FIRST_STEPS, step=1000, key=f"train-steps-{name}"
        )
    with rate:
        learning_rate = st.number_input(
            "Learning rate", 1e-6, 1.0, recipe.learning_rate, format="%g", step=None,
            key=f"train-rate-{name}",
        )  # fmt: skip
    seed_place, device_place = st.columns(2)
    with seed_place:
        seed = st.number_input("Seed", 0, 2**31 - 1, 0, key="train-seed")
    with device_place:
        device = st.selectbox("Device", _devices(), key="train-device")
    if st.button("Start training", type="primary", width="stretch", key="train-start"):
        try:
            job = jobs.start(
                f"{prefix}{network}",
                recipe=name,
                iterations=int(iterations),
                learning_rate=float(learning_rate),
                seed=int(seed),
                device=device,
            )
        except JobError as error:
            st.error(str(error))
        else:
            st.session_state["run"] = job.key
            st.rerun()
    st.caption(loading.digits_notice())


def _recipe_words(recipe) -> str:
    optimiser = type(recipe.optimiser).__name__
    return f"{recipe.name}: {optimiser}, batches of {recipe.batch_size}"


def _devices() -> list[str]:
    import torch

    there = ["cuda"] * torch.cuda.is_available() + ["mps"] * torch.backends.mps.is_available()
    return ["auto", *there, "cpu"]


def _runs(distortion: str) -> None:
    found = jobs.jobs(f"distorted/{distortion.lower()}/")
    if not found:
        st.info(
            "No training on this distortion yet. Start one on the left: with the ST-FCN the grids "
            "begin to turn after some ten seconds. It goes on if you leave this page, and the "
            "trained network can be chosen under *Explore*."
        )
        return
    keys = {job.key: job for job in found}
    if st.session_state.get("run") not in keys:
        st.session_state.pop("run", None)
    key = st.selectbox(
        "Training", list(keys), format_func=lambda k: keys[k].title, key="run", bind="query-params"
    )
    job = keys[key]
    live = jobs.is_starting(job) or _run(job).is_alive()
    st.fragment(_watch, run_every=REFRESH_SECONDS if live else None)(job, live)


def _run(job: Job):
    return loading.run(str(job.folder))


def _watch(job: Job, live: bool) -> None:
    run = _run(job)
    alive = run.is_alive()
    if jobs.is_starting(job):
        st.progress(0.0, text="Starting: importing torch takes some seconds …")
        return
    if live and not alive:
        st.rerun(scope="app")  # it has ended: stop refreshing
    status = run.status()
    try:
        description = run.description()
    except RuntimeError:
        st.error(
            "This training ended before it began. Its last words: "
            f"`{jobs.last_words(job) or 'none'}`"
        )
        return
    history = run.history()
    iterations = description["recipe"]["iterations"]
    state = "interrupted" if status.interrupted else STATE_WORDS[status.state]
    step = history[-1].step if history else status.step
    st.progress(min(1.0, step / iterations), text=_progress_words(state, step, iterations, history))
    if status.message:
        st.error(status.message)
    _buttons(job, run, status, alive)
    _curves(job, history, run.snapshots(), iterations)
    _grids(job, run, description)


def _progress_words(state: str, step: int, iterations: int, history: list) -> str:
    words = f"{state} · step {step:,} of {iterations:,}"
    if history and history[-1].seconds > 0:
        recent = history[-20:]
        steps = recent[-1].step - (recent[0].step if len(recent) > 1 else 0)
        seconds = recent[-1].seconds - (recent[0].seconds if len(recent) > 1 else 0)
        rate = steps / max(seconds, 1e-9)
        words += f" · {rate:.0f} steps a second"
        if state == "running":
            left = (iterations - step) / max(rate, 1e-9)
            words += f" · {time.strftime('%H:%M:%S', time.gmtime(left))} left"
        error = history[-1].measures.get("error_percent")
        words += f" · loss {history[-1].loss:.3f} · error {error:.1f} %"
    return words


def _buttons(job: Job, run, status, alive: bool) -> None:
    pause, stop, resume = st.columns(3)
    running = alive and status.state == "running"
    paused = alive and status.state == "paused"
    with pause:
        label = "Go on" if paused else "Pause"
        if st.button(label, disabled=not (running or paused), width="stretch", key="job-pause"):
            run.control("run" if paused else "pause")
    with stop:
        if st.button("Stop", disabled=not alive, width="stretch", key="job-stop"):
            run.control("stop")
    with resume:
        ended = not alive and status.state != "finished"
        if st.button("Resume", disabled=not ended, width="stretch", key="job-resume"):
            try:
                jobs.resume(job)
            except JobError as error:
                st.error(str(error))
            else:
                st.rerun(scope="app")


def _curves(job: Job, history: list, snapshots: list, iterations: int) -> None:
    shades = colours()
    if not history:
        st.caption("The first steps …")
        return
    steps = [s.step for s in history]
    loss, error = st.columns(2)
    with loss:
        st.plotly_chart(
            figures.curve(
                "Loss",
                [("training", steps, [s.loss for s in history], shades.networks[0])],
                shades,
                iterations=iterations,
                floor=0.05,
                ceiling=3,
            ),
            config=figures.CONFIG, theme=None, key="loss", alt="Loss over the steps",
        )  # fmt: skip
    with error:
        st.plotly_chart(
            figures.curve(
                "Error",
                [
                    (
                        "training batches",
                        steps,
                        [s.measures["error_percent"] for s in history],
                        shades.networks[0],
                    ),
                    (
                        "1,000 gallery digits",
                        [s.step for s in snapshots],
                        [s.measure for s in snapshots],
                        shades.networks[1],
                    ),
                ],
                shades,
                iterations=iterations,
                floor=1,
                ceiling=100,
                suffix=" %",
            ),
            config=figures.CONFIG, theme=None, key="error", alt="Error in percent over the steps",
        )  # fmt: skip


def _grids(job: Job, run, description: dict) -> None:
    from stn_core.experiments import find

    probes, snapshots = run.probes(), run.snapshots()
    if probes is None or not snapshots:
        return
    images, labels = probes
    experiment = find(description["experiment"])
    transform = experiment.network.transform
    last = snapshots[-1]
    said = last.logits.argmax(1)
    st.markdown(f"**Ten gallery digits that it never trains on**, at step {last.step:,}")
    if transform is None:
        st.caption("This network has no transformer: what is below is all that it sees.")
    else:
        st.caption(
            "Above: $U$ with the grid $T_\\theta(G)$. Below: $V$, which the classifier is given."
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
