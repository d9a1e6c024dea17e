"""Everything that is loaded once and kept: digits, networks, examples, recorded runs.

The only module with ``st.cache_*``. torch is imported inside the functions that need it first,
so that the page's title is there before torch is.
"""

from __future__ import annotations

import gc
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    import torch

    from stn_core.digits import Digits
    from stn_core.experiment import Examples, Experiment
    from stn_core.networks import ClassificationNetwork
    from stn_core.runs import Run

EXAMPLE_SEEDS = 10_000  # seeds are 0 to 9,999


@dataclass(frozen=True, kw_only=True)
class LoadedNetwork:
    """A network in evaluation mode, and what to say about it."""

    experiment: Experiment
    network: ClassificationNetwork
    key: str  # tells it from every other, and from itself at an earlier checkpoint
    title: str
    record: str  # how well it does, and where that was measured


@st.cache_resource(show_spinner="Loading PyTorch …")
def warm_up() -> None:
    """Import torch once, and take what it leaves out of the garbage collector's way."""
    import torch

    torch.set_num_threads(1)  # the networks are small, and other visitors want a core too
    gc.collect()
    gc.freeze()


@st.cache_resource(show_spinner="Reading the digits …")
def gallery() -> Digits:
    """The 1,000 gallery digits, class by class."""
    from stn_core import digits

    return digits.gallery()


def digits_notice() -> str:
    """Which digits a training on this machine would use, in a sentence."""
    from stn_core import digits

    if digits.local_folder() is not None:
        return "Trainings here use all of MNIST: 59,000 training digits, none of them shown here."
    few = "the 4,000 of MNIST's training digits that are installed with the app"
    if os.environ.get("STN_OFFLINE"):
        return f"MNIST itself is not on this machine: trainings here use {few}."
    return (
        "MNIST itself is not on this machine: a training downloads it first (11 MB), or uses "
        f"{few} if there is no connection."
    )


@st.cache_resource(show_spinner="Loading the network …", max_entries=32)
def pretrained(name: str) -> LoadedNetwork:
    """A published network. Raises CheckpointError."""
    from stn_core import checkpoints
    from stn_core.experiments import find

    experiment = find(name)
    metrics = checkpoints.load_metrics(experiment)
    return LoadedNetwork(
        experiment=experiment,
        network=checkpoints.load_pretrained(experiment),
        key=name,
        title=network_title(name.rsplit("/", 1)[1]),
        record=f"{metrics['error_percent_test']:.2f} % error on "
        f"{metrics['test_digits']:,} test digits",
    )


def published(distortion: str) -> list[str]:
    """The short names of the published networks of a distortion, in the table's order."""
    from stn_core import checkpoints
    from stn_core.experiments import EXPERIMENTS

    prefix = f"distorted/{distortion}/"
    return [
        name.removeprefix(prefix)
        for name, experiment in EXPERIMENTS.items()
        if name.startswith(prefix) and checkpoints.is_published(experiment)
    ]


@st.cache_resource(max_entries=16, show_spinner=False)
def run(folder: str) -> Run:
    """The reader of a run's folder, which remembers the snapshots that it has read."""
    from stn_core.runs import Run

    return Run(Path(folder))


@st.cache_resource(show_spinner="Loading the network …", max_entries=8)
def from_run(folder: str, title: str, modified: float) -> LoadedNetwork:
    """The network of a run as of its last checkpoint, which was written at ``modified``."""
    from stn_core import checkpoints
    from stn_core.experiments import find

    reader = run(folder)
    description = reader.description()
    iterations = description["recipe"]["iterations"]
    experiment = find(description["experiment"])
    network, header = checkpoints.load_trained(experiment, reader.checkpoint)
    measured = [s for s in reader.snapshots() if s.step <= header["step"]]
    error = f", {measured[-1].measure:.1f} % error on the gallery" if measured else ""
    return LoadedNetwork(
        experiment=experiment,
        network=network,
        key=f"{folder} at {modified}",
        title=title,
        record=f"saved at step {header['step']:,} of {iterations:,}{error}",
    )


@st.cache_data(max_entries=512, show_spinner=False)
def example(experiment_name: str, digit: int, seed: int) -> Examples:
    """One gallery digit under an experiment's distortion: Examples with a batch of one."""
    import torch

    from stn_core.digits import Digits
    from stn_core.experiments import find

    every = gallery()
    one = Digits(every.images[digit : digit + 1], every.labels[digit : digit + 1])
    generator = torch.Generator().manual_seed(EXAMPLE_SEEDS * digit + seed)
    return find(experiment_name).data.examples(one, generator, every)


def trace(loaded: LoadedNetwork, images: torch.Tensor, theta: list[float] | None = None):
    """The network's Trace of images (B, C, H, W), with θ (P,) in place of its own if given."""
    import torch

    with torch.inference_mode():
        override = None if theta is None else torch.tensor([theta], dtype=torch.float32)
        return loaded.network.trace(images, override)


@st.cache_data(max_entries=256, show_spinner=False)
def said(
    _loaded: LoadedNetwork, key: str, experiment_name: str, digits: tuple[int, ...], seed: int
) -> list[int]:
    """The class that a network, known by its key, gives each of some gallery digits."""
    import torch

    images = torch.cat([example(experiment_name, digit, seed).images for digit in digits])
    return trace(_loaded, images).logits.argmax(1).tolist()


def network_title(short: str) -> str:
    """``st-cnn-aff`` -> ``ST-CNN Aff``, as the paper writes it."""
    names = {"fcn": "FCN", "cnn": "CNN", "st": "ST", "aff": "Aff", "proj": "Proj", "tps": "TPS"}
    parts = [names[part] for part in short.split("-")]
    return "-".join(parts[:2]) + (f" {parts[2]}" if len(parts) > 2 else "")
