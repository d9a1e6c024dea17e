"""Whole networks for the browser to run: sent once, as bytes, and kept there."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.stage.component import mount
from stn_core.layers import Layer, NetworkLayers

ALIGNED = 4  # bytes, to a multiple of which the description is filled up


@dataclass(frozen=True, kw_only=True)
class SentNetwork:
    """A network for the browser. id: tells it from every other; content: what ``pack`` gives."""

    id: str
    content: bytes


def pack(layers: NetworkLayers, tensors: Mapping[str, np.ndarray]) -> SentNetwork:
    """The length of a description (uint32), the description as JSON, and all tensors as float16.

    A layer's ``weight`` and ``bias`` are [first value, count] in what follows the description.
    """
    values: list[np.ndarray] = []
    taken = 0

    def place(array: np.ndarray) -> list[int]:
        nonlocal taken
        values.append(array.astype(np.float16).ravel())
        taken += array.size
        return [taken - array.size, array.size]

    def described(layer: Layer) -> dict:
        if layer.tensors is None:
            return {"kind": layer.kind, "side": layer.side}
        weight, bias = (tensors[f"{layer.tensors}.{part}"] for part in ("weight", "bias"))
        return {
            "kind": layer.kind,
            "outputs": weight.shape[0],
            "inputs": weight.shape[1],
            "kernel": weight.shape[2] if weight.ndim == 4 else 1,
            "weight": place(weight),
            "bias": place(bias),
        }

    description = {
        "shape": layers.image_shape,
        "pool": layers.pool,
        "localisations": [[described(one) for one in chain] for chain in layers.localisations],
        "classifier": [described(one) for one in layers.classifier],
    }
    weights = np.concatenate(values).tobytes()
    name = f"{zlib.crc32(weights, zlib.crc32(json.dumps(description).encode())):08x}"
    text = json.dumps({"id": name, **description}).encode()
    text += b" " * (-len(text) % ALIGNED)
    content = len(text).to_bytes(4, "little") + text + weights
    return SentNetwork(id=name, content=content)


def send(networks: Sequence[SentNetwork]) -> None:
    """Have the browser keep these. Streamlit sends bytes that it has sent before as their hash."""
    for network in networks:
        mount(key=f"network-{network.id}", data=network.content)
