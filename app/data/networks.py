"""Networks, loaded once and kept: published ones, those of runs, and uploaded ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app.data import birds, house_numbers, test_errors
from app.data.examples import example
from app.data.gallery import gallery
from app.data.recordings import run_reader
from app.data.run_keys import Uploaded
from app.data.uploads import uploaded_file
from app.tables import TABLES

if TYPE_CHECKING:
    import torch

    from stn_core.digits import Digits
    from stn_core.experiment import Experiment
    from stn_core.networks import ClassificationNetwork
    from stn_core.trace import Trace

MAX_TRACES = 64  # half a MB each at most
NETWORK_WORDS = {
    "fcn": "FCN", "cnn": "CNN", "st": "ST", "2st": "2×ST", "4st": "4×ST",
    "aff": "Aff", "proj": "Proj", "tps": "TPS", "att": "Att", "rigid": "Rigid", "3d": "3D",
    "single": "Single", "multi": "Multi",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class LoadedNetwork:
    """A network in evaluation mode, and what to say about it."""

    experiment: Experiment
    network: ClassificationNetwork
    key: str  # tells it from every other, and from itself at an earlier checkpoint
    title: str
    record: str  # how well it does, and where that was measured
    run_title: str = ""  # of a run that was trained here


@st.cache_resource(show_spinner="Loading the network …", max_entries=32)
def pretrained(name: str) -> LoadedNetwork:
    """A published network. Raises CheckpointError."""
    from stn_core import checkpoints
    from stn_core.experiments import find
    from stn_core.metrics import load_metrics

    experiment = find(name)
    metrics = load_metrics(experiment)
    own = getattr(experiment.data, "words", None)  # of photographs
    return LoadedNetwork(
        experiment=experiment,
        network=checkpoints.load_pretrained(experiment),
        key=name,
        title=experiment_title(name),
        record=f"{metrics.error_percent_test:.2f} % error on {metrics.test_digits:,} "
        + (own.test if own else experiment.data.noun.replace("digits", "test digits")),
    )


def published(prefix: str) -> list[str]:
    """The short names of the published networks of ``distorted/rts/``, in the table's order."""
    from stn_core import checkpoints
    from stn_core.experiments import EXPERIMENTS

    return [
        name.removeprefix(prefix)
        for name, experiment in EXPERIMENTS.items()
        if name.startswith(prefix) and checkpoints.is_published(experiment)
    ]


def seconds_a_step(experiment_name: str) -> float | None:
    """How long a step took on a CPU core, of the published training or of one that was noted beside
    it; None if neither was on one."""
    timed = _timed(experiment_name)
    return timed and timed[0]


def timed_batch_size(experiment_name: str) -> int | None:
    """By which batch size ``seconds_a_step`` was measured."""
    timed = _timed(experiment_name)
    return timed and timed[1]


@st.cache_data(max_entries=256, show_spinner=False)
def _timed(experiment_name: str) -> tuple[float, int | None] | None:
    """Seconds a step on a CPU core, and of how many examples; a search has all of its set."""
    from stn_core.checkpoints import CheckpointError
    from stn_core.experiments import EXPERIMENTS, UnknownExperiment, find_colocalisation
    from stn_core.metrics import load_metrics, load_search_metrics, load_tried

    try:
        if experiment := EXPERIMENTS.get(experiment_name):
            records = [load_metrics(experiment).tried, *load_tried(experiment)]
            timed = [(o.device, o.seconds / o.step, o.recipe.batch_size) for o in records]
        else:
            metrics = load_search_metrics(find_colocalisation(experiment_name))
            step = metrics.gallery.seconds / metrics.recipe.iterations
            timed = [(metrics.device, step, None)]
    except (CheckpointError, UnknownExperiment):
        return None
    return next(((step, size) for device, step, size in timed if device.startswith("CPU")), None)


@st.cache_resource(show_spinner="Opening the checkpoint …", max_entries=8)
def own_network(prefix: str, upload: str, _content: Callable[[], bytes]) -> LoadedNetwork:
    """The network of an uploaded safetensors file, one of those of ``distorted/rts/``.

    upload: Streamlit's id of the file. Raises CheckpointError, which lists what does not fit.
    """
    from stn_core.experiments import BROWSER, EXPERIMENTS
    from stn_core.foreign_checkpoints import load_matching

    distortion = prefix.removeprefix("distorted")  # "/r/", on which a browser trains as well
    candidates = [e for name, e in EXPERIMENTS.items() if name.startswith(prefix)]
    candidates += [e for name, e in BROWSER.items() if name.startswith(f"browser{distortion}")]
    with uploaded_file(_content) as file:
        experiment, network = load_matching(candidates, file, what="the file")
    return LoadedNetwork(
        experiment=experiment,
        network=network,
        key=Uploaded(upload).text,
        title=f"your {experiment_title(experiment.name)}",
        record="your own; Open a checkpoint measures its error",
    )


def gallery_of(experiment: Experiment) -> Digits:
    """What a page's networks are measured on, and none is trained on. Raises BirdsError."""
    if experiment.name.startswith(birds.PREFIX):
        return birds.cub("gallery")
    is_photographs = hasattr(experiment.data, "words")
    return house_numbers.gallery(experiment.data.side) if is_photographs else gallery()


@st.cache_data(max_entries=32, show_spinner="Measuring on the gallery …")
def measured(_loaded: LoadedNetwork, key: str) -> str:
    """A network's error on the gallery, in words, beside the published one's."""
    from stn_core import checkpoints, evaluation
    from stn_core.metrics import load_metrics

    experiment = _loaded.experiment
    own = getattr(experiment.data, "words", None)  # of photographs
    digits = gallery_of(experiment)
    evaluated = evaluation.evaluate(_loaded.network, experiment, digits)
    noun = own.gallery if own else experiment.data.noun.replace("digits", "gallery digits")
    words = f"**{evaluated.measure:.1f} %** error on {len(digits):,} {noun}"
    if checkpoints.is_published(experiment):
        published_error = load_metrics(experiment).error_percent_gallery
        words += f"; the published {experiment.name} has {published_error:.1f} %"
    return words


@st.cache_resource(show_spinner="Loading the network …", max_entries=8)
def from_run(folder: str, title: str, modified: tuple[float, ...]) -> LoadedNetwork:
    """The network of a run as of its last checkpoint, which was written at ``modified`` and whose
    test error was measured then."""
    from stn_core import checkpoints
    from stn_core.experiment import words_of
    from stn_core.experiments import find

    reader = run_reader(folder)
    description = reader.description()
    iterations = description["recipe"]["iterations"]
    experiment = find(description["experiment"])
    network, header = checkpoints.load_trained(experiment, reader.checkpoint)
    measured = [s for s in reader.snapshots() if s.step <= header["step"]]
    on = words_of(experiment.data).gallery
    error = f", {measured[-1].measure:.1f} % error on {on}" if measured else ""
    tested = test_errors.test_error(Path(folder))
    error += f", {tested.words}" if tested else ""
    return LoadedNetwork(
        experiment=experiment,
        network=network,
        key=f"{folder} at {modified}",
        title=title,
        run_title=title,
        record=f"saved at step {header['step']:,} of {iterations:,}{error}",
    )


def run_network(loaded: LoadedNetwork, images: torch.Tensor, *thetas: Sequence[float] | None):
    """The network's Trace of images (B, C, H, W).

    thetas: (P,) for each transformer, in place of its own; None leaves it that.
    """
    import torch

    with torch.inference_mode():
        given = [t if t is None else torch.tensor([list(t)], dtype=torch.float32) for t in thetas]
        return loaded.network.trace(images, *given)


@st.cache_resource(
    max_entries=MAX_TRACES,
    show_spinner=False,
    hash_funcs={"torch.Tensor": lambda images: (images.shape, images.numpy().tobytes())},
)
def own_trace(
    _loaded: LoadedNetwork, key: str, images: torch.Tensor, held: Sequence[Sequence[float] | None]
) -> Trace:
    """What a network, known by its key, does by itself, but for the θ that are ``held``: asked for
    again with each θ by hand, and most of what such a rerun would compute."""
    return run_network(_loaded, images, *held)


@st.cache_data(max_entries=256, show_spinner=False)
def predicted_classes(
    _loaded: LoadedNetwork, key: str, experiment_name: str, digits: tuple[int, ...], seed: int
) -> list[int]:
    """The class that a network, known by its key, gives each of some gallery digits."""
    import torch

    images = torch.cat([example(experiment_name, digit, seed).images for digit in digits])
    return run_network(_loaded, images).logits.argmax(1).tolist()


def experiment_title(name: str) -> str:
    """``distorted/rts/st-cnn-aff`` -> ``ST-CNN Aff``; where a page shows several sizes, with it."""
    table, short = name.split("/", 1)
    is_sized = table in TABLES and TABLES[table].sized
    return network_title(short if is_sized else short.rsplit("/", 1)[-1])


def network_title(short: str) -> str:
    """``st-cnn-aff`` -> ``ST-CNN Aff``, as the paper writes it; ``…@1`` is of another seed,
    ``64/…`` reads images of this side."""
    short, _, seed = short.partition("@")
    if seed:
        return f"{network_title(short)}, seed {seed}"
    side, _, short = short.rpartition("/")
    if side:
        return f"{network_title(short)}, {side} px"
    parts = [NETWORK_WORDS[part] for part in short.split("-")]
    return "-".join(parts[:2]) + (f" {parts[2]}" if len(parts) > 2 else "")
