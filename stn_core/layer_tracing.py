"""The description of a network for ``layers``, from the calls that its modules make.

A network of a kind that is not in there (of volumes, say) has none.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode, resolve_name

from stn_core.checkpoints import published_folder, write_atomically
from stn_core.experiment import Experiment
from stn_core.layers import LAYERS, Layer, NetworkLayers, as_text
from stn_core.networks import ClassificationNetwork
from stn_core.spatial_transformer import ParallelTransformers, SpatialTransformer

UNCHANGED = {"flatten", "contiguous", "reshape", "view"}  # the same values in another shape
RECTIFY = {"relu", "relu_"}


class Indescribable(ValueError):
    """A network has a part that ``layers`` has no word for; the message says which.

    >>> try:
    ...     describe(nn.Linear(2, 2), (1, 28, 28))
    ... except Indescribable as error:
    ...     print(error)
    it is a Linear of (1, 28, 28)
    """


class _Calls(TorchFunctionMode):
    """Records the layers that what is given goes through, one after the other."""

    def __init__(self, given: Tensor, names: dict[Tensor, str]) -> None:
        super().__init__()
        self.last, self.names = given, names
        self.layers: list[Layer] = []

    def __torch_function__(self, func, types, args=(), kwargs=None):
        made = func(*args, **(kwargs or {}))
        if isinstance(made, Tensor) and made is not self.last and args[0] is self.last:
            layer = self._layer(func, args, kwargs or {}, made)
            if layer is not None:
                self.layers.append(layer)
            self.last = made
        return made

    def _layer(self, func: Any, args: tuple, kwargs: dict[str, Any], made: Tensor) -> Layer | None:
        given, name = args[0], (resolve_name(func) or "").rsplit(".", 1)[-1]
        if name in UNCHANGED:
            return None
        if name in RECTIFY:
            return Layer(kind="rectify")
        if name in ("conv2d", "linear"):
            kind = "convolution" if name == "conv2d" else "linear"
            tensors = self._tensors(args[1])
            bias = args[2] if len(args) > 2 else kwargs.get("bias")
            if bias is None or self.names.get(bias) != f"{tensors}.bias":
                raise Indescribable(f"{tensors} has no bias of its own")
            plain = F.conv2d(given, args[1], bias) if name == "conv2d" else made
            if plain.shape != made.shape or not torch.equal(plain, made):
                raise Indescribable(f"{tensors} has a stride, padding, dilation or groups")
            return Layer(kind=kind, tensors=tensors)
        if name in ("max_pool2d", "avg_pool2d"):
            return self._pooling(name, args, made)
        raise Indescribable(f"it calls {name}")

    def _pooling(self, name: str, args: tuple, made: Tensor) -> Layer:
        given, side = args[0], args[1] if isinstance(args[1], int) else args[1][0]
        if name == "max_pool2d":
            kind, plain = "max", F.max_pool2d(given, side, ceil_mode=True)
        else:
            kind, plain = "average", F.avg_pool2d(given, side)
        if plain.shape != made.shape or not torch.equal(plain, made):
            raise Indescribable(
                f"{name} over {args[1]} values, with a stride or padding of its own"
            )
        return Layer(kind=kind, side=side)

    def _tensors(self, weight: Tensor) -> str:
        name = self.names.get(weight, "")
        if not name.endswith(".weight"):
            raise Indescribable("a weight is not a parameter")
        return name.removesuffix(".weight")


def _traced(module: nn.Module, given: Tensor, names: dict[Tensor, str]) -> tuple[Layer, ...]:
    """The layers that a module is, in order. Raises Indescribable."""
    with _Calls(given, names) as calls:
        made = module(given)
    if made is not calls.last:
        raise Indescribable(f"{type(module).__name__} is not a chain of layers")
    return tuple(calls.layers)


@torch.no_grad()
def describe(network: nn.Module, image_shape: tuple[int, ...]) -> NetworkLayers:
    """The layers of a network for images (C, H, W). Raises Indescribable.

    >>> from stn_core import find
    >>> network = find("distorted/r/fcn").build(seed=0)
    >>> [layer.kind for layer in describe(network, (1, 28, 28)).classifier]
    ['linear', 'rectify', 'linear', 'rectify', 'linear']
    """
    if type(network) is not ClassificationNetwork or len(image_shape) != 3:
        raise Indescribable(f"it is a {type(network).__name__} of {image_shape}")
    names: dict[Tensor, str] = {parameter: name for name, parameter in network.named_parameters()}
    image = torch.rand(1, *image_shape, generator=torch.Generator().manual_seed(0))
    trace = network.trace(image)
    transformers = _transformers(network.transformer)
    families = {type(transformer.transform).__name__ for transformer in transformers}
    if len(families) > 1 or any(t.size is not None for t in transformers):
        raise Indescribable("its transformers have several families, or an output size")
    return NetworkLayers(
        image_shape=tuple(image_shape),
        subtracted=network.subtracted,
        transform=families.pop() if families else None,
        localisations=tuple(_traced(t.localisation, image, names) for t in transformers),
        pool=network.pool,
        classifier=_traced(network.classifier, trace.classifier_input, names),
    )


def _transformers(
    transformer: SpatialTransformer | ParallelTransformers | None,
) -> list[SpatialTransformer]:
    if transformer is None:
        return []
    return list(transformer) if isinstance(transformer, ParallelTransformers) else [transformer]


def write_layers(experiment: Experiment, folder: Path | None = None) -> Path | None:
    """Describe an experiment's network in pretrained/; gives the file, None if it has no words.

    folder: by default the published network's.

    >>> import tempfile
    >>> from unittest.mock import patch
    >>> from stn_core import find
    >>> experiment = find("distorted/r/st-cnn-aff")
    >>> folder = tempfile.TemporaryDirectory()
    >>> with patch("stn_core.checkpoints.PRETRAINED", Path(folder.name)):
    ...     published_folder(experiment).mkdir(parents=True)
    ...     print(write_layers(experiment).name)
    layers.json
    """
    path = (folder or published_folder(experiment)) / LAYERS
    try:
        layers = describe(experiment.build(seed=0), experiment.data.image_shape)
    except Indescribable:
        path.unlink(missing_ok=True)
        return None
    write_atomically(path, as_text(layers).encode())
    return path
