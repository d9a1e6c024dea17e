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

    kind: "convolution" (of stride 1, nothing padded) or "linear" (of what is given, flattened),
    whose tensors are ``tensors``.weight and ``tensors``.bias; "max" or "average" over side × side
    values, side apart, of which the maximum rounds up and the average down; or "rectify".
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
    """

    image_shape: tuple[int, ...]
    subtracted: float
    transform: str | None
    localisations: tuple[tuple[Layer, ...], ...]
    pool: int
    classifier: tuple[Layer, ...]


def read_layers(folder: Path) -> NetworkLayers:
    """The description in a network's folder. Raises OSError or ValueError if there is none."""
    return from_json(NetworkLayers, json.loads((folder / LAYERS).read_text()), LAYERS)


def as_text(layers: NetworkLayers) -> str:
    """What layers.json holds."""
    return json.dumps(to_json(layers), indent=1) + "\n"
