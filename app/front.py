"""What the front page's figure is made of, read without torch, so that it is there at once.

A published ST-CNN and the probes of its recorded training, as numpy arrays. The order of the
layers, which the files do not say, is that of ``stn_core``'s ConvolutionalBody, Localisation and
ConvolutionalClassifier (App. A.4).
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

import stn_core

from stage.figure2 import Digit, Layers, RunningNetwork, layer

NAME = "distorted/rts/st-cnn-aff"
TITLE = "ST-CNN Aff, trained on RTS"
FIRST_DIGIT = 3  # of the recorded training's probes, one of each class
POOL = 2  # App. A.4: V is averaged over 2 × 2 pixels
LOCALISATION = (
    "average",
    "body.conv1",
    "max",
    "rectify",
    "body.conv2",
    "rectify",
    "body.hidden",
    "rectify",
    "regression",
)
CLASSIFIER = ("conv1", "max", "rectify", "conv2", "max", "rectify", "classification")
SIDE = 2  # of every pooling (App. A.4)


def folder() -> Path:
    """Where the network is published."""
    return Path(stn_core.__file__).parents[1] / "pretrained" / NAME


def network() -> RunningNetwork:
    """The published network, for the browser. Raises OSError or KeyError if it is not there."""
    tensors = load_file(folder() / "weights.safetensors")
    metrics = json.loads((folder() / "metrics.json").read_bytes())
    return RunningNetwork(
        title=TITLE,
        record=f"{metrics['error_percent_test']:.2f} % error on {metrics['test_digits']:,} "
        "distorted test digits",
        size=probes()[0].shape[-1],
        pool=POOL,
        localisation=_layers(LOCALISATION, "transformer.localisation.", tensors),
        classifier=_layers(CLASSIFIER, "classifier.", tensors),
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


def probes() -> tuple[np.ndarray, np.ndarray]:
    """The digits of the recorded training, as it saw them: uint8 (10, H, W); their labels (10,)."""
    with np.load(folder() / "run.npz") as run:
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
