"""A training of a network of one's own, recorded in its own loop by ``Recorder``, replayed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from app.data import recorded_networks
from app.data.faults import reason
from app.data.plain import plain
from app.palette import GRIDS
from app.stage.large import Reading
from app.stage.replay import Own, Training, replay
from app.stage.transformers import Transformers

if TYPE_CHECKING:
    from stn_core.recorder.reading import Reader, RecordedTraining, Seen
    from stn_core.runs.records import RecordedRun

NONE = "none"
TITLES = {recorded_networks.EXAMPLE: "Example: PyTorch's tutorial network"}
SEEN_PIXELS = 0.1  # of U: how far a point of a grid may be drawn from its place without a word
README = (Path(__file__).parents[3] / "stn_core" / "README.md").read_text()
[CODE] = re.findall(r"^```python\n(from stn_core import Recorder\n.*?)^```$", README, re.M | re.S)


def replay_view() -> None:
    """Choose one or two recorded trainings and one of the transformers, and play them."""
    folders = recorded_networks.recorded_networks()
    if folders:
        a, b, place = _choose(folders)
        readers = {name: _reader(folders[name]) for name in (a, b) if name}
        live = any(reader.run.is_alive() for reader in readers.values())
        st.fragment(_play, run_every=1.0 if live else None)(readers, place, live)
    with st.expander("Record a training of your own", expanded=not folders):
        st.code(CODE, language="python", wrap_lines=True)
        st.caption(
            "The network is looked at on the probes, up to 32 images, at log-spaced steps, for at "
            "most a tenth of the time. Your training gives the same weights as without it. The "
            "folder must be a new one in `runs/`, or in `STN_RUNS`."
        )


def _choose(folders: dict[str, Path]) -> tuple[str, str | None, int]:
    """Two trainings by their names, the second one or none, and the place of a transformer."""
    left, middle, right = st.columns(3)
    with left:
        a = st.selectbox(
            "Training", list(folders), key="own_run", bind="query-params", format_func=_title,
            help="A folder that `Recorder` has written, the newest first",
        )  # fmt: skip
    with middle:
        b = st.selectbox(
            "Compare with", [NONE, *(name for name in folders if name != a)], key="own_run_b",
            bind="query-params", format_func=_title,
            help="Another recorded training, in step with the first",
        )  # fmt: skip
    names = _transformer_names(folders[a])
    if len(names) < 2:
        return a, (None if b == NONE else b), 0
    with right:
        place = st.selectbox(
            "Transformer", range(len(names)), format_func=lambda n: names[n] or "the network",
            key="own_run_transformer",
            help="The module that reads the grid, by its name in the network",
        )  # fmt: skip
    return a, (None if b == NONE else b), place


def _title(name: str) -> str:
    return TITLES.get(name, name)


def _reader(folder: Path) -> Reader:
    return recorded_networks.network_reader(str(folder))


def _transformer_names(folder: Path) -> list[str]:
    try:
        entries = _reader(folder).description()["transformers"]
        return [plain(str(entry["name"])) for entry in entries]
    except (RuntimeError, KeyError, TypeError):
        return []  # which is said where it is played


def _play(readers: dict[str, Reader], place: int, was_live: bool) -> None:
    if was_live and not any(reader.run.is_alive() for reader in readers.values()):
        st.rerun(scope="app")  # it has ended: stop refreshing
    trainings, words = [], []
    for index, (name, reader) in enumerate(readers.items()):
        try:
            recorded = reader.training()
            trainings.append(_training(name, recorded, place, index, reader.run.is_alive()))
            words.append(_words(name, reader, recorded, place))
        except (RuntimeError, ValueError, OSError, KeyError, TypeError) as error:
            st.error(f"{plain(_title(name))} cannot be shown: {reason(error)}")
    if trainings:
        st.caption("  \n".join(words))
        replay(trainings, key="own-replay", token=f"{'/'.join(readers)}#{place}")
        st.caption(
            "The probes: U with the sampling grid, V, and the class probabilities, the true class "
            "in colour. Click one to see its θ over the training."
        )


def _words(name: str, reader: Reader, recorded: RecordedTraining, place: int) -> str:
    """How a training stands, and what is not drawn as it is."""
    status, description = reader.run.status(), recorded.description
    words = [
        f"**{plain(_title(name))}**: {plain(str(description.get('network')))}, started "
        f"{recorded_networks.started(description)}",
        f"interrupted after step {status.step:,}"
        if status.interrupted
        else f"{status.state}, step {status.step:,}{_why(status.message)}",
    ]
    if recorded.transformers:
        seen = recorded.transformers[min(place, len(recorded.transformers) - 1)]
        if seen.residual > SEEN_PIXELS:
            words.append(f"points of the grid are drawn up to {seen.residual:.1f} pixels off")
        if seen.padding == "reflection":
            words.append("V is drawn with border padding, the network reflects")
    return "; ".join(words) + "."


def _why(message: str) -> str:
    return f" ({reason(message)})" if message else ""


def _training(
    name: str, recorded: RecordedTraining, place: int, index: int, live: bool
) -> Training:
    """What of a training is drawn: one of its transformers. index: of two."""
    if not recorded.transformers:
        raise ValueError("its network has no transformer on the probes")
    seen = recorded.transformers[min(place, len(recorded.transformers) - 1)]
    read, probes = seen.theta.shape[1], len(recorded.labels)
    if read != probes:
        raise ValueError(
            f"its transformer reads {read} images for {probes} probes; expected one for each "
            "probe. If the network has another transformer, choose that one"
        )
    padding = "zeros" if seen.padding == "zeros" else "border"
    return Training(
        name=_title(name),
        colour=GRIDS[index],
        recorded=_run(recorded, seen),
        transformers=Transformers(transform=seen.transform, colours=GRIDS[index : index + 1]),
        mean_classes=(),
        outside=seen.outside,
        live=live,
        own=Own(
            output_size=seen.size,
            reading=Reading(kernel=seen.kernel, padding=padding),
            frames=seen.images if len(seen.images) > 1 else None,
        ),
    )


def _run(recorded: RecordedTraining, seen: Seen) -> RecordedRun:
    """One transformer's recording in the form of our own runs."""
    from stn_core.runs.records import RecordedRun, Snapshot

    nothing = np.zeros((0, 0, 0, 0))
    rows = zip(recorded.steps, seen.theta, recorded.logits, recorded.measures, strict=True)
    snapshots = [
        Snapshot(int(step), theta[:, None], logits, nothing, float(measure), np.zeros((0, 0)))
        for step, theta, logits, measure in rows
    ]
    return RecordedRun(
        recorded.description, recorded.history, seen.images[0], recorded.labels, snapshots
    )
