"""Recorded trainings, one or two in step: choose them, and replay them."""

from __future__ import annotations

import streamlit as st

import jobs
import loading
from palette import GRIDS
from panels import colours
from stage.replay import Training, replay

NOTHING = "nothing"
BASE = "study-st-fcn-aff"
COMPARISONS = {  # the first study beside another
    "Affine and spline": "study-st-fcn-tps",
    "Rate × 10": "study-st-fcn-aff-fast-localisation",
    "Another seed": "study-st-fcn-aff-again",
    "Random start": "study-st-fcn-aff-random-start",
    "Mean subtracted": "study-st-fcn-aff-shifted",
}
STUDIED = "RTS"  # the distortion of the studies


def replay_panel(distortion: str) -> None:
    """Choose one or two trainings of a distortion, and play them."""
    found = _options(distortion)
    if not found:
        st.info(
            f"No training on {distortion} has been recorded yet. Switch to *Train* and start one: "
            "it can be replayed here, also while it runs."
        )
        return
    if distortion == STUDIED and BASE in found:
        st.pills(
            "Comparisons", [n for n, k in COMPARISONS.items() if k in found], key="comparison",
            on_change=_compare, label_visibility="collapsed",
        )  # fmt: skip
    first, second = st.columns(2)
    with first:
        a = _choose("Training", f"replay_a_{distortion.lower()}", found, "st-cnn-aff")
    rest = {NOTHING: "nothing", **{k: title for k, title in found.items() if k != a}}
    with second:
        b = _choose("beside", f"replay_b_{distortion.lower()}", rest, NOTHING)
    chosen = [key for key in (a, b) if key != NOTHING]
    live = any(_is_live(key) for key in chosen)
    st.fragment(_play, run_every=1.0 if live else None)(distortion, chosen, found)


def _options(distortion: str) -> dict[str, str]:
    """What has been recorded, by key: published networks, studies, and trainings from here."""
    prefix = f"distorted/{distortion.lower()}/"
    found = {k: loading.network_title(k) for k in loading.recorded_names(prefix)}
    if distortion == STUDIED:
        found |= {f"study-{k}": f"Study: {words}" for k, words in loading.studies().items()}
    return found | {job.key: job.title for job in jobs.jobs(prefix)}


def _choose(label: str, key: str, titles: dict[str, str], first: str) -> str:
    keys = list(titles)
    chosen = st.selectbox(
        label, keys, index=keys.index(first) if first in titles else 0,
        format_func=lambda k: titles.get(k, k), key=key, bind="query-params",
    )  # fmt: skip
    return chosen if chosen in titles else keys[0]


def _compare() -> None:
    """Put the first study beside the chosen one."""
    other = COMPARISONS.get(st.session_state["comparison"])
    if other:
        st.session_state[f"replay_a_{STUDIED.lower()}"] = BASE
        st.session_state[f"replay_b_{STUDIED.lower()}"] = other


def _is_live(key: str) -> bool:
    job = jobs.find(key) if key.startswith("run-") else None
    return bool(job) and loading.run(str(job.folder)).is_alive()


def _play(distortion: str, chosen: list[str], titles: dict[str, str]) -> None:
    trainings = []
    for index, key in enumerate(chosen):
        try:
            trainings.append(training_of(distortion, key, titles[key], index))
        except (RuntimeError, ValueError, OSError) as error:
            st.error(f"This recording cannot be shown: {error}")
    if trainings:
        replay(trainings, key="replay", token=f"{distortion}/{'/'.join(chosen)}")
        st.caption(
            "Ten gallery digits, on which nothing here was trained: above U with the grid, below V "
            "and the probabilities of the ten classes, the true one in colour. The playhead moves "
            "everything; click a digit to see its θ over the training."
        )


def training_of(distortion: str, key: str, title: str, index: int) -> Training:
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
        recorded = loading.recorded(f"distorted/{distortion.lower()}/{key}")
    network = find(recorded.description["experiment"]).network
    shade = colours().networks[index]
    return Training(
        name=title,
        colour=shade if network.transform is None else GRIDS[index],
        recorded=recorded,
        transform=network.transform,
        mean_classes=MEAN_CLASSES,
        outside=network.subtracted,
        live=live,
    )
