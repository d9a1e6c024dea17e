"""Networks and digits for the browser to run, read without torch, so that they are there at once.

A published network with an affine transformer, and the probes of its recorded training, as numpy
arrays. The order of the layers, which the files do not say, is that of ``stn_core``'s bodies,
Localisation and classifiers (App. A.4).
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import streamlit as st
from safetensors.numpy import load_file

import stn_core
from app.stage.figure2 import Digit, Layers, RunningNetwork, layer

NAME = "distorted/rts/st-cnn-aff"  # the front page's
FIRST_DIGIT = 3  # of the recorded training's probes, one of each class
POOLS = {"rts": 2, "tc": 2, "studies": 2}  # App. A.4: there V is averaged over 2 × 2 pixels
ORDERS = {  # of the localisation network, and of the classifier
    "st-cnn-aff": (
        (
            "average",
            "body.conv1",
            "max",
            "rectify",
            "body.conv2",
            "rectify",
            "body.hidden",
            "rectify",
            "regression",
        ),
        ("conv1", "max", "rectify", "conv2", "max", "rectify", "classification"),
    ),
    "st-fcn-aff": (
        ("body.1", "rectify", "body.3", "rectify", "body.5", "rectify", "regression"),
        ("1", "rectify", "3", "rectify", "5"),
    ),
}
SIDE = 2  # of every pooling (App. A.4)


def folder(name: str = NAME) -> Path:
    """Where a network is published."""
    return Path(stn_core.__file__).parents[1] / "pretrained" / name


def network(
    name: str = NAME, tensors: dict[str, np.ndarray] | None = None, title: str = ""
) -> RunningNetwork:
    """A published network of ``ORDERS``; or, with these weights, one of its shape.

    Raises OSError or KeyError if it is not there.
    """
    *_, column, short = name.split("/")
    localisation, classifier = ORDERS[short]
    record = ""
    if tensors is None:
        tensors = load_file(folder(name) / "weights.safetensors")
        metrics = json.loads((folder(name) / "metrics.json").read_bytes())
        record = (
            f"{metrics['error_percent_test']:.2f} % error on {metrics['test_digits']:,} distorted "
            "test digits"
        )
    return RunningNetwork(
        title=title or f"{short.replace('-aff', '').upper()} Aff, trained on {column.upper()}",
        record=record,
        size=probes(name)[0].shape[-1],
        pool=POOLS.get(column, 1),
        localisation=_layers(localisation, "transformer.localisation.", tensors),
        classifier=_layers(classifier, "classifier.", tensors),
    )


def _layers(names: tuple[str, ...], prefix: str, tensors: dict[str, np.ndarray]) -> Layers:
    found = []
    for name in names:
        if name in ("average", "max", "rectify"):
            found.append(layer(name, side=SIDE))
            continue
        weight = tensors[f"{prefix}{name}.weight"]
        kind = "convolution" if weight.ndim == 4 else "linear"
        found.append(layer(kind, weight=weight, bias=tensors[f"{prefix}{name}.bias"]))
    return found


def probes(name: str = NAME) -> tuple[np.ndarray, np.ndarray]:
    """The digits of a recorded training, as it saw them: uint8 (10, H, W); their labels (10,)."""
    with np.load(folder(name) / "run.npz") as run:
        return run["probes"][:, 0], run["labels"]


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
def front_figure() -> tuple[RunningNetwork, list[Digit], int]:
    """The front page's network, its digits, and which is shown first."""
    return network(), digits(), FIRST_DIGIT
