"""Volumes: a training replayed on one of its probes, or watched while it runs (App. A.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.data import networks, recordings, volumes
from app.data.plain import plain
from app.data.run_keys import Published, RunKey, recording_name
from app.panels.choices import choose_network
from app.panels.replay import job_of, not_shown, test_error_of
from app.stage.volume import Learning, Pose, Solid, volume
from app.tables import column_title
from app.training import processes
from app.training.job import Job, list_jobs
from app.views.volumes.choices import FIRST_CHOICES, PREFIX

if TYPE_CHECKING:
    from stn_core.runs.records import RecordedRun


def replay() -> None:
    """A recorded training, played on one of its ten probes."""
    titles: dict[RunKey, str] = {
        Published(name): networks.network_title(name) for name in recordings.recorded_names(PREFIX)
    }
    titles |= {job.run_key: job.title for job in list_jobs(PREFIX)}
    if not titles:
        st.info(
            f"No training on {column_title(PREFIX)} has been recorded yet. Switch to *Train* and "
            "start one. It can be replayed here, even while it runs."
        )
        return
    left, right = st.columns([1, 1.6], gap="large")
    with left:
        key = choose_network("Training", "replay_volume", titles, Published(FIRST_CHOICES[0]))
    job = job_of(key)
    with right:
        probe = _choose_probe()
    live = _is_live(job)
    st.fragment(_play, run_every=1.0 if live else None)(key, job, titles[key], probe, live)


def _choose_probe() -> int:
    return st.segmented_control(
        "Probe", list(range(10)), default=5, required=True, key="volume_probe",
        bind="query-params", help="One gallery digit of each class; no network was trained on them",
    )  # fmt: skip


def _is_live(job: Job | None) -> bool:
    return job is not None and processes.is_live(job)


def _play(key: RunKey, job: Job | None, title: str, probe: int, was_live: bool) -> None:
    if was_live and not _is_live(job):
        st.rerun(scope="app")  # it has ended: stop refreshing
    run = recordings.run_reader(str(job.folder)) if job else None
    try:
        recorded = run.recorded() if run else recordings.recorded(recording_name(key, PREFIX))
    except (RuntimeError, ValueError, OSError) as error:
        not_shown(job, title, error)
        return
    wide, _ = st.columns([3.2, 1])
    with wide:
        learning(
            recorded, key.text, probe,
            name=title,
            live=run is not None and run.is_alive(),
            test_error=test_error_of(key, job, PREFIX),
        )  # fmt: skip


def recording(job: Job) -> None:
    """The replay of a training so far, below its progress."""
    probe = _choose_probe()
    reader = recordings.run_reader(str(job.folder))
    try:
        recorded = reader.recorded()
    except RuntimeError:
        st.caption("Training its first steps …")
        return
    learning(
        recorded, job.key, probe,
        name=job.title,
        live=reader.is_alive(),
        test_error=test_error_of(job.run_key, job, PREFIX),
    )  # fmt: skip


def learning(
    recorded: RecordedRun,
    key: str,
    probe: int,
    *,
    name: str,
    live: bool,
    test_error: float | None,
) -> None:
    """θ, V and the probabilities of one probe, over a training."""
    from stn_core.experiments import find
    from stn_core.experiments.volumes import SIDE
    from stn_core.recipes import Recipe

    network = find(recorded.description["experiment"]).network
    shown = volumes.placed_probe(probe)
    volume(
        Solid(
            image=shown.image,
            pose=Pose(turn=shown.turn, shift=shown.shift),
            theta=recorded.snapshots[-1].theta[probe, 0] if network.transform else None,
            output_side=SIDE // getattr(network, "coarser", 2),
        ),
        key="volume-learning",
        token=f"{key}/{probe}",
        learning=Learning(
            recorded=recorded,
            probe=probe,
            name=name,
            live=live,
            from_start=not live,
            test_error=test_error,
        ),  # fmt: skip
    )
    recipe = Recipe.from_json(recorded.description["recipe"])
    grows = ""
    if recipe.curriculum:
        start, end = (
            recipe.iterations * share for share in (recipe.curriculum.start, recipe.curriculum.end)
        )
        grows = (
            f" Training digits stayed at the centre of the volume until step {start:,.0f}, and "
            f"could be anywhere from step {end:,.0f} on. The digits shown here do not move."
        )
    starts = " The box starts as the whole volume." if network.transform else ""
    st.caption(
        f"Recorded: {recipe.iterations:,} steps of {recipe.batch_size}, seed "
        f"{plain(recorded.description['seed'])}, "
        f"{plain(recorded.description['device'])}.{starts}{grows}"
    )
