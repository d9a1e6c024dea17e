"""Recorded trainings, one or two in step: choose them, and replay them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from app.data import birds, networks, recordings, test_errors
from app.data.faults import reason
from app.data.plain import plain
from app.data.run_keys import Published, RunKey, StartedHere, Study, Uploaded, recording_name
from app.palette import DEPTHS, GRIDS
from app.panels import own_recording
from app.panels.choices import choose_network
from app.panels.theme import colours
from app.panels.transformers import transformers_of
from app.stage.replay import Depth, Species, Training, replay
from app.stage.transformers import Transformers
from app.tables import column_title, network_field, table_of
from app.training import processes
from app.training.job import Job, find_job, is_waiting, list_jobs

if TYPE_CHECKING:
    from stn_core.runs.records import RecordedRun

BASE = Study("st-fcn-aff")


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A study compared with the first one, or with ``base``. words: what to look at; prefix: of the
    networks that it is shown with."""

    title: str
    study: Study
    words: str
    base: RunKey = BASE
    prefix: str = "distorted/rts/"


COMPARISONS = (
    Comparison(
        title="Affine and spline",
        study=Study("st-fcn-tps"),
        words="Both find the digits; the errors are 2.9 % and 2.5 %. The affine grids stay even. "
        "The spline grids are denser in the middle, like a lens, and their corners reach out.",
    ),
    Comparison(
        title="Rate × 10",
        study=Study("st-fcn-aff-fast-localisation"),
        words="The first training ends at an error of 2.9 %, the second at 14.5 %. The second's "
        "grids follow the digits until about step 1,000. At the end all ten are the same, centred "
        "and nearly as large as U: θ no longer depends on the image.",
    ),
    Comparison(
        title="Another seed",
        study=Study("st-fcn-aff-again"),
        words="With other initial weights and batches, the grids end at nearly the same places, "
        "sizes and angles. The errors, 2.9 % and 2.4 %, differ by no more than chance.",
    ),
    Comparison(
        title="Random start",
        study=Study("st-fcn-aff-random-start"),
        words="The second training's grids start tiny. They still grow and find the digits, but "
        "turned by about 90°: in V the digits lie on their side. The classifier learns to read "
        "them that way; its error is 2.8 %, the first one's 2.9 %.",
    ),
    Comparison(
        title="Mean subtracted",
        study=Study("st-fcn-aff-shifted"),
        words="Pixels outside U are then brighter than the background, and tutorials warn that the "
        "grids zoom out. With this recipe they do not: at the end they are even a little smaller "
        "than the first training's. The errors are 2.9 % and 2.4 %.",
    ),
    Comparison(
        title="Collapse",
        study=Study("st-fcn-aff-white-subtracted"),
        words="White is subtracted: the background is −1, and pixels outside U are as bright as "
        "ink. The grids grow beyond U instead of closing in on the digits, and hardly follow them "
        "from left to right. The error is 62.9 % instead of 2.9 %. Use a background of 0.",
    ),
    Comparison(
        title="Place matters",
        study=Study("st-fcn-aff-halves"),
        words="The second network has 20 classes: the digit, and the half of the image that it is "
        "in; 13 is a 3 in the right half. Up and down its grids follow the digits like the first "
        "one's. Sideways they follow only two thirds of the way, so a digit's half can still be "
        "seen in V. The errors are 2.9 % of ten classes and 4.8 % of twenty.",
    ),
    Comparison(
        title="θ for the classifier",
        base=Study("st-fcn-aff-halves"),
        study=Study("st-fcn-aff-halves-theta"),
        words="Both networks have the 20 classes of *Place matters*. The classifier of the second "
        "one is also given θ, which says where V was read (Sect. 3.4). Its grids follow the "
        "digits sideways three quarters of the way instead of two thirds. The errors, 4.8 % and "
        "5.3 %, differ by no more than chance: V alone still showed the place.",
    ),
    Comparison(
        title="A learnt B",
        prefix="distorted/e/",
        base=Published("st-fcn-tps"),
        study=Study("st-fcn-basis"),
        words="The second network learns B too (end of Sect. 3.2). x, y and 1 hardly change. Three "
        "more rows start as noise. In the middle, where the ink is, they become smoother; at the "
        "border, where hardly any ink pulls on them, the noise grows. The errors are 1.9 % with "
        "the thin plate spline and 2.2 % with the learnt B.",
    ),
)


def replay_panel(prefix: str, first: str) -> None:
    """Choose one or two trainings of ``distorted/rts/``, and play them; first: by default."""
    titles = _options(prefix)
    if prefix == own_recording.PREFIX:
        titles |= own_recording.choose_recording()
    if not titles:
        st.info(
            f"No training on {column_title(prefix)} has been recorded yet. Switch to *Train* and "
            "start one. It can be replayed here, even while it runs."
        )
        return
    pills = st.container()
    left, right = st.columns(2)
    with left:
        a = choose_network("Training", _field("a", prefix), titles, Published(first))
    rest = {None: "none", **{key: title for key, title in titles.items() if key != a}}
    with right:
        b = choose_network("Compare with", _field("b", prefix), rest, None, none="none")
    keys = [key for key in (a, b) if key]
    of_column = (c for c in COMPARISONS if c.prefix == prefix)
    if comparisons := [c for c in of_column if {c.base, c.study} <= titles.keys()]:
        with pills:
            _comparisons(comparisons, keys)
    live = any(map(_is_live, keys))
    st.fragment(_play, run_every=1.0 if live else None)(prefix, keys, titles, live)


def _field(which: str, prefix: str) -> str:
    return f"replay_{network_field(which, prefix)}"


def _options(prefix: str) -> dict[RunKey, str]:
    """What has been recorded, with its title: published networks, studies, trainings from here."""
    titles: dict[RunKey, str] = {
        Published(name): networks.network_title(name) for name in recordings.recorded_names(prefix)
    }
    studies = recordings.studies(prefix)
    titles |= {Study(name): f"Study: {words}" for name, words in studies.items()}
    return titles | {job.run_key: job.title for job in list_jobs(prefix)}


def _comparisons(comparisons: list[Comparison], keys: list[RunKey]) -> None:
    """The pairs of trainings to choose from, and what to look at in the chosen one."""
    shown = next((c for c in comparisons if keys == [c.base, c.study]), None)
    st.session_state["comparison"] = shown and shown.title
    st.pills(
        "Comparisons", [c.title for c in comparisons], key="comparison",
        on_change=_compare, label_visibility="collapsed",
    )  # fmt: skip
    if shown:
        st.caption(shown.words)


def _compare() -> None:
    """Show the chosen comparison's two trainings."""
    title = st.session_state["comparison"]
    chosen = next((c for c in COMPARISONS if c.title == title), None)
    if chosen:
        st.session_state[_field("a", chosen.prefix)] = chosen.base.text
        st.session_state[_field("b", chosen.prefix)] = chosen.study.text


def job_of(key: RunKey) -> Job | None:
    """The training of a key; None of one that is gone, or was not started here."""
    return find_job(key.text) if isinstance(key, StartedHere) else None


def _is_live(key: RunKey) -> bool:
    job = job_of(key)
    return job is not None and processes.is_live(job)


def _play(prefix: str, keys: list[RunKey], titles: dict[RunKey, str], was_live: bool) -> None:
    if was_live and not any(map(_is_live, keys)):
        st.rerun(scope="app")  # it has ended: stop refreshing
    trainings = []
    for index, key in enumerate(keys):
        try:
            trainings.append(_training(prefix, key, titles[key], index))
            if isinstance(key, Uploaded):
                st.caption(own_recording.how(own_recording.opened(key)))
        except (RuntimeError, ValueError, OSError) as error:
            not_shown(job_of(key), titles[key], error)
    if trainings and prefix == birds.PREFIX and birds.cub_problem():
        st.caption(birds.EMPTY_FRAMES)
    if trainings:
        replay(trainings, key="replay", token=f"{prefix}{'/'.join(key.text for key in keys)}")
        st.caption(
            f"{table_of(prefix).probes}, the true class in colour. The playhead moves everything. "
            "Click an image to see its θ over the training."
        )


def not_shown(job: Job | None, title: str, error: Exception) -> None:
    """Say why there is nothing to play: it is too early, or what is wrong."""
    if job and is_waiting(job):
        st.info(f"{plain(title)} is waiting in the queue. It plays here as soon as it starts.")
    elif job and processes.is_live(job) and not recordings.run_reader(str(job.folder)).snapshots():
        st.caption("Training its first steps …")
    else:
        st.error(f"{plain(title)} cannot be shown: {reason(error)}")


def _training(prefix: str, key: RunKey, title: str, index: int) -> Training:
    """A recorded training by its key; index: of two. Raises RunError, ValueError."""
    if isinstance(key, StartedHere):
        job = job_of(key)
        if job is None:
            raise ValueError("its run has been deleted")
        return training_of(job, index)
    if isinstance(key, Uploaded):
        recorded = own_recording.opened(key)
        played = _played(recorded, title, index, live=False, test_error=None)
        return replace(
            played,
            measured_on=own_recording.MEASURED_ON,
            outside=float(own_recording.is_shifted(recorded)),
        )
    recorded = recordings.recorded(recording_name(key, prefix))
    error = test_error_of(key, None, prefix)
    return _played(recorded, title, index, live=False, test_error=error)


def training_of(job: Job, index: int = 0) -> Training:
    """What a training from here has recorded so far. Raises RunError."""
    run = recordings.run_reader(str(job.folder))
    error = test_error_of(job.run_key, job, job.prefix)
    return _played(run.recorded(), job.title, index, live=run.is_alive(), test_error=error)


def test_error_of(key: RunKey, job: Job | None, prefix: str) -> float | None:
    """Of a training's network, in per cent, where it was measured; of a further seed's it was not
    by itself."""
    if job is not None:
        measured = test_errors.test_error(job.folder)
        return measured and measured.percent
    if isinstance(key, Published) and "@" not in key.name:
        return test_errors.published_test_error(recording_name(key, prefix))
    return None


def _played(
    recorded: RecordedRun, title: str, index: int, *, live: bool, test_error: float | None
) -> Training:
    from stn_core.experiments import find
    from stn_core.training.probes import MEAN_CLASSES

    if recorded.labels.ndim > 1:  # a digit for each head
        return _in_depth(recorded, title, index, live=live, test_error=test_error)
    if recorded.description["experiment"].startswith(birds.PREFIX):
        return _of_birds(recorded, title, index, live=live, test_error=test_error)
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
        test_error=test_error,
    )


def _in_depth(
    recorded: RecordedRun, title: str, index: int, *, live: bool, test_error: float | None
) -> Training:
    """Of a network that reads house numbers."""
    from stn_core.house_numbers.numbers import NULL
    from stn_core.transforms import Affine

    count = recorded.snapshots[0].theta.shape[1]
    names = tuple("transformer 1" if n == 0 else f"transformers 1 to {n + 1}" for n in range(count))
    return Training(
        name=title,
        colour=colours().networks[index] if count == 0 else GRIDS[index],
        recorded=recorded,
        transformers=Transformers(
            transform=Affine(), colours=DEPTHS[:count], names=names, last_alone=True
        )
        if count
        else None,
        mean_classes=("1 digit", "2 digits", "3 digits"),
        live=live,
        test_error=test_error,
        depth=Depth(
            names=(*map(str, range(NULL)), ""),
            measured="200 renderings",
            means="Mean of the image as read by the transformers, over numbers of",
        ),
    )


def _of_birds(
    recorded: RecordedRun, title: str, index: int, *, live: bool, test_error: float | None
) -> Training:
    """Of a network that names birds: its photographs are in no recording, but where CUB is."""
    from stn_core.birds.species import SPECIES
    from stn_core.experiments import find

    images = birds.probes(recorded.labels, recorded.probes.shape[-1])
    transformers = transformers_of(find(recorded.description["experiment"]).network, index)
    if transformers and images is None:
        transformers = replace(transformers, unread=True)
    return Training(
        name=title,
        colour=colours().networks[index] if transformers is None else GRIDS[index],
        recorded=recorded if images is None else recorded._replace(probes=images),
        transformers=transformers,
        mean_classes=("all 200 species",),
        live=live,
        test_error=test_error,
        species=Species(
            names=SPECIES,
            measured="200 photographs kept back",
            means="Mean of V over a photograph of each of",
        ),
    )
