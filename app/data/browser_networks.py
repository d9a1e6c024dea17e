"""Networks and digits for the browser to run, read without torch, so that they are there at once.

A published network with an affine transformer, and the probes of its recorded training, as numpy
arrays. Its layers are those of its ``layers.json`` (``stn_core.layers``).
"""

from __future__ import annotations

import json
import zipfile
import zlib
from pathlib import Path

import numpy as np
import streamlit as st
from safetensors import SafetensorError
from safetensors.numpy import load_file

from app.stage.networks import SentNetwork, pack
from app.stage.story import Digit, Layers, RunningNetwork, WatchedTraining, layer
from stn_core.layers import LAYERS, Layer, read_layers
from stn_core.pretrained import pretrained_folder
from stn_core.runs.records import parse_history

NAME = "distorted/rts/st-cnn-aff"  # the front page's
PLAIN = "distorted/rts/cnn"  # as many weights, and the same recipe, without a transformer
WEIGHTS = "weights.safetensors"
MOST_BYTES = 1_000_000  # of the weights of a network that is sent to a browser
WATCHED = [0, 2, 3, 4, 5, 6, 7, 8]  # the probes whose training the story shows
MOST_LOSSES = 400  # of a history, which has thousands
# Of the recorded training's probes, one of each class. The network reads it, but takes it for a
# nine when θ is the identity.
FIRST_DIGIT = 8


def folder(name: str = NAME) -> Path:
    """Where a network is published."""
    return pretrained_folder() / name


def network(
    name: str = NAME, tensors: dict[str, np.ndarray] | None = None, title: str = ""
) -> RunningNetwork:
    """A published network; or, with these weights, one of its layers.

    Raises OSError if it is not there, ValueError if it is damaged or not one for the browser.
    """
    *_, column, short = name.split("/")
    try:
        layers = read_layers(folder(name))
    except ValueError as error:
        raise ValueError(f"{name}/{LAYERS} is damaged: {error}") from error
    channels, _, size = layers.image_shape
    [localisation] = layers.localisations if len(layers.localisations) == 1 else [None]
    if localisation is None or layers.transform != "Affine" or channels != 1 or layers.subtracted:
        raise ValueError(
            f"{name} cannot run in the browser: it needs one affine transformer that reads the "
            "image U"
        )
    record = ""
    if tensors is None:
        tensors, record = _weights(name), _record(name)
    return RunningNetwork(
        title=title or f"{short.replace('-aff', '').upper()} Aff, trained on {column.upper()}",
        record=record,
        size=size,
        pool=layers.pool,
        localisation=_with_weights(localisation, tensors),
        classifier=_with_weights(layers.classifier, tensors),
    )


@st.cache_resource(show_spinner=False, max_entries=64)
def sent_network(key: str) -> SentNetwork | None:
    """A network of a page for the browser to run, by its ``LoadedNetwork.key``; None for one that
    is not published, or too large, or has a part that ``layers`` has no word for.

    >>> sent_network("a run of one's own") is None
    True
    """
    try:
        layers = read_layers(folder(key))
        if layers.subtracted or (folder(key) / WEIGHTS).stat().st_size > MOST_BYTES:
            return None
        return pack(layers, _weights(key))
    except (OSError, ValueError, KeyError):
        return None


def _weights(name: str) -> dict[str, np.ndarray]:
    try:
        return load_file(folder(name) / WEIGHTS)
    except SafetensorError as error:
        raise ValueError(f"{name}/{WEIGHTS} is damaged: {error}") from error


def _record(name: str) -> str:
    """How well it does; empty if that cannot be read."""
    try:
        error, digits = _test_error(name)
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return f"{error} error on {digits:,} distorted test digits"


def _test_error(name: str) -> tuple[str, int]:
    """Of a published network, in percent; and on how many digits."""
    metrics = json.loads((folder(name) / "metrics.json").read_bytes())
    return f"{metrics['error_percent_test']:.2f} %", metrics["test_digits"]


def gain() -> str:
    """The front page's test error with and without a transformer; empty if it cannot be read."""
    try:
        (ours, digits), (plain, _) = _test_error(NAME), _test_error(PLAIN)
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return (
        f"Error on {digits:,} test digits: {ours}; of a CNN with as many weights and the same "
        f"training, but no transformer: {plain}."
    )


def _with_weights(layers: tuple[Layer, ...], tensors: dict[str, np.ndarray]) -> Layers:
    return [
        layer(one.kind, side=one.side or 0)
        if one.tensors is None
        else layer(
            one.kind,
            weight=tensors[f"{one.tensors}.weight"],
            bias=tensors[f"{one.tensors}.bias"],
        )
        for one in layers
    ]


def _arrays(name: str, *wanted: str) -> list[np.ndarray]:
    """Arrays of a recorded training. Raises OSError if it is not there, ValueError if damaged."""
    try:
        with np.load(folder(name) / "run.npz") as run:
            return [run[one] for one in wanted]
    except (KeyError, EOFError, zipfile.BadZipFile, zlib.error, ValueError) as error:
        raise ValueError(f"{name}/run.npz is damaged: {error}") from error


def probes(name: str = NAME) -> tuple[np.ndarray, np.ndarray]:
    """The digits of a recorded training, as it saw them: uint8 (10, H, W); their labels (10,).

    Raises OSError if they are not there, ValueError if they are damaged.
    """
    images, labels = _arrays(name, "probes", "labels")
    return images[:, 0], labels


def watched_training(name: str = NAME) -> WatchedTraining:
    """A network's recorded training, as the story shows it. Raises as ``probes`` does."""
    images, labels, steps, thetas, logits, errors, history = _arrays(
        name, "probes", "labels", "step", "theta", "logits", "measure", "history"
    )
    losses = [(step.step, step.loss) for step in parse_history(history.tobytes())]
    try:
        return WatchedTraining(
            images=images[WATCHED, 0],
            labels=labels[WATCHED],
            steps=[int(step) for step in steps],
            thetas=thetas[:, WATCHED, 0],
            said=logits[:, WATCHED].argmax(-1),
            errors=[float(error) for error in errors],
            losses=losses[:: max(1, len(losses) // MOST_LOSSES)],
        )
    except (ValueError, TypeError, IndexError) as error:
        raise ValueError(f"{name}/run.npz is damaged: {error}") from error


def digits() -> list[Digit]:
    """The probes, each cut out to be moved, with the pose that lays it where it was."""
    images, labels = probes()
    return [cut(image, int(label)) for image, label in zip(images, labels, strict=True)]


def cut(image: np.ndarray, label: int) -> Digit:
    """The ink of an image (H, W), without the black around it, and its pose (picture -> image)."""
    (top, bottom), (left, right) = (
        (int(np.flatnonzero(image.any(axis)).min()), int(np.flatnonzero(image.any(axis)).max()) + 1)
        for axis in (1, 0)
    )
    height, width = image.shape
    pose = (
        (right - left) / width,
        0.0,
        (left + right) / width - 1,
        0.0,
        (bottom - top) / height,
        (top + bottom) / height - 1,
    )
    return Digit(image=image[top:bottom, left:right].copy(), pose=pose, label=label)


@st.cache_resource(show_spinner=False)
def front_figure() -> tuple[RunningNetwork, list[Digit], WatchedTraining, int]:
    """The front page's network, its digits, its training, and which digit is shown first."""
    return network(), digits(), watched_training(), FIRST_DIGIT
