"""Recorded trainings, one or two in step: choose them, and replay them."""

from __future__ import annotations

import streamlit as st

import jobs
import loading
from controls import choose_network
from palette import GRIDS
from panels import colours, transformers_of
from stage.replay import Training, replay
from tables import column_title, network_field, table_of

NOTHING = "nothing"
BASE = "study-st-fcn-aff"
COMPARISONS = {  # the first study beside another
    "Affine and spline": "study-st-fcn-tps",
    "Rate × 10": "study-st-fcn-aff-fast-localisation",
    "Another seed": "study-st-fcn-aff-again",
    "Random start": "study-st-fcn-aff-random-start",
    "Mean subtracted": "study-st-fcn-aff-shifted",
}
STUDIED = "distorted/rts/"  # what the studies are of


def replay_panel(prefix: str, first: str) -> None:
    """Choose one or two trainings of ``distorted/rts/``, and play them; first: by default."""
    found = _options(prefix)
    if not found:
        st.info(
            f"No training on {column_title(prefix)} has been recorded yet. Switch to "
            "*Train* and start one: it can be replayed here, also while it runs."
        )
        return
    if prefix == STUDIED and BASE in found:
        st.pills(
            "Comparisons", [n for n, k in COMPARISONS.items() if k in found], key="comparison",
            on_change=_compare, label_visibility="collapsed",
        )  # fmt: skip
    left, right = st.columns(2)
    with left:
        a = choose_network("Training", f"replay_{network_field('a', prefix)}", found, first)
    rest = {NOTHING: "nothing", **{k: title for k, title in found.items() if k != a}}
    with right:
        b = choose_network("beside", f"replay_{network_field('b', prefix)}", rest, NOTHING)
    chosen = [key for key in (a, b) if key != NOTHING]
    live = any(_is_live(key) for key in chosen)
    st.fragment(_play, run_every=1.0 if live else None)(prefix, chosen, found, live)


def _options(prefix: str) -> dict[str, str]:
    """What has been recorded, by key: published networks, studies, and trainings from here."""
    found = {k: loading.network_title(k) for k in loading.recorded_names(prefix)}
    if prefix == STUDIED:
        found |= {f"study-{k}": f"Study: {words}" for k, words in loading.studies().items()}
    return found | {job.key: job.title for job in jobs.jobs(prefix)}


def _compare() -> None:
    """Put the first study beside the chosen one."""
    other = COMPARISONS.get(st.session_state["comparison"])
    if other:
        st.session_state[f"replay_{network_field('a', STUDIED)}"] = BASE
        st.session_state[f"replay_{network_field('b', STUDIED)}"] = other


def _is_live(key: str) -> bool:
    job = jobs.find(key) if key.startswith("run-") else None
    return bool(job) and loading.run(str(job.folder)).is_alive()


def _play(prefix: str, chosen: list[str], titles: dict[str, str], was_live: bool) -> None:
    if was_live and not any(_is_live(key) for key in chosen):
        st.rerun(scope="app")  # it has ended: stop refreshing
    trainings = []
    for index, key in enumerate(chosen):
        try:
            trainings.append(training_of(prefix, key, titles[key], index))
        except (RuntimeError, ValueError, OSError) as error:
            st.error(f"This recording cannot be shown: {error}")
    if trainings:
        replay(trainings, key="replay", token=f"{prefix}{'/'.join(chosen)}")
        st.caption(
            f"{table_of(prefix).probes}, the true one in colour. The playhead moves "
            "everything; click one to see its θ over the training."
        )


def training_of(prefix: str, key: str, title: str, index: int) -> Training:
    """A recorded training by its key, as the replay wants it. Raises RunError, ValueError."""
    from stn_core.experiments import find
    from stn_core.training import MEAN_CLASSES

    live = _is_live(key)
    if key.startswith("run-"):
        job = jobs.find(key)
        if job is None:
            raise ValueError("its run is gone")
        recorded = loading.run(str(job.folder)).recorded()
    elif key.startswith("study-"):
        recorded = loading.recorded(f"studies/{key.removeprefix('study-')}")
    else:
        recorded = loading.recorded(f"{prefix}{key}")
    network = find(recorded.description["experiment"]).network
    shade = colours().networks[index]
    return Training(
        name=title,
        colour=shade if network.transform is None else GRIDS[index],
        recorded=recorded,
        transformers=transformers_of(network, index),
        mean_classes=MEAN_CLASSES,
        outside=network.subtracted,
        live=live,
    )
