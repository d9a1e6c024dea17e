"""A published network layer by layer, for whoever runs it without torch: layers.json.

A browser, say. The weights are those of ``weights.safetensors``; what their names do not say, the
order of the layers and what stands between them, is here. ``layer_tracing`` writes it. Importing
this needs no torch.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from stn_core.typed_json import from_json, to_json

LAYERS = "layers.json"


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One layer.

    kind: "convolution" (stride 1, no padding) or "linear" (of its flattened input), whose tensors
    are ``tensors``.weight and ``tensors``.bias; "max" or "average" over side × side values, with a
    stride of side, where the size is rounded up for the maximum and down for the average; or
    "rectify".

    >>> to_json(Layer(kind="max", side=2))
    {'kind': 'max', 'side': 2}
    """

    kind: str
    tensors: str | None = None
    side: int | None = None


@dataclass(frozen=True, kw_only=True)
class NetworkLayers:
    """A network: image -> transformers -> their outputs, averaged and concatenated -> logits.

    image_shape: (C, H, W). transform: the family's class, e.g. "Affine", None without a
    transformer; V has the size of U. localisations: of each transformer, U to θ, in order.
    subtracted: from the image first. pool: V is averaged over pool × pool pixels. classifier: what
    that gives, or the image without a transformer, to the logits.

    >>> perceptron = NetworkLayers(
    ...     image_shape=(1, 28, 28), subtracted=0.0, transform=None, localisations=(), pool=1,
    ...     classifier=(Layer(kind="linear", tensors="classifier.output"),),
    ... )
    >>> from_json(NetworkLayers, json.loads(as_text(perceptron))) == perceptron
    True
    """

    image_shape: tuple[int, ...]
    subtracted: float
    transform: str | None
    localisations: tuple[tuple[Layer, ...], ...]
    pool: int
    classifier: tuple[Layer, ...]


def read_layers(folder: Path) -> NetworkLayers:
    """The description in a network's folder. Raises OSError or ValueError if there is none.

    >>> from stn_core import find
    >>> from stn_core.checkpoints import published_folder
    >>> read_layers(published_folder(find("distorted/r/st-cnn-aff"))).transform
    'Affine'
    """
    return from_json(NetworkLayers, json.loads((folder / LAYERS).read_text()), LAYERS)


def as_text(layers: NetworkLayers) -> str:
    """The content of layers.json.

    >>> from stn_core import find
    >>> from stn_core.layer_tracing import describe
    >>> len(as_text(describe(find("distorted/r/fcn").build(seed=0), (1, 28, 28)))) < 1000
    True
    """
    return json.dumps(to_json(layers), indent=1) + "\n"
