"""The networks of Table 2: a CNN that reads five digits, transformers before its layers (A.5).

The paper's is conv[48]-max[2]-conv[64]-conv[128]-max[2]-conv[160]-conv[192]-max[2]-conv[192]-
max[2]-conv[192]-fc[3072]-fc[3072]-fc[3072], all of 5×5 with 2 pixels of padding, then five fc[11]
side by side: the ten hidden layers that A.5 lists, where Sect. 4.2 speaks of eleven. Ours that are
trained are slimmer, of 3×3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stn_core.departures import CONTRADICTION, OTHERWISE, Departure
from stn_core.house_numbers.numbers import LENGTH
from stn_core.localisation import FourLayerBody, FullyConnectedBody, Localisation
from stn_core.networks import CHANNELS_LAST, ClassificationNetwork, NetworkDescription
from stn_core.spatial_transformer import SpatialTransformer, TransformersInDepth, dtype_of
from stn_core.trace import Trace, Warp
from stn_core.transforms import Affine, Transform, check_floating
from stn_core.weights import HE_GAIN, initialise

PAPER_WIDTHS = (48, 64, 128, 160, 192, 192, 192)  # A.5
PAPER_FILTER = 5  # A.5
PAPER_UNITS = 3072  # A.5, in each of three layers
POOLED = (0, 2, 4, 5)  # A.5: the convolutions that a 2×2 max-pooling follows
HIDDEN_LAYERS = 3  # A.5
PAPER_DROPOUT = 0.5  # A.5: "for all layers except the first convolutional layer"


class Reader(nn.Module):
    """The CNN of A.5: seven convolutions, three hidden layers, five classification layers.

    widths: filters of each convolution, of this size; units: in each hidden layer; dropout: after
    every layer but the first. (B, C, H, W) -> logits (B, 5, classes).

    >>> reader = Reader((3, 64, 64), (4,) * 7, filter_size=3, units=8, dropout=0.0, classes=11)
    >>> reader(torch.rand(2, 3, 64, 64)).shape
    torch.Size([2, 5, 11])
    """

    def __init__(
        self,
        image_shape: tuple[int, ...],
        widths: tuple[int, ...],
        *,
        filter_size: int,
        units: int,
        dropout: float,
        classes: int,
    ) -> None:
        super().__init__()
        channels, *lengths = image_shape
        self.classes, self.dropout = classes, dropout
        self.shapes = [tuple(image_shape)]  # of what each convolution is given, and the last gives
        self.convolutions = nn.ModuleList()
        for n, width in enumerate(widths):
            self.convolutions.append(
                nn.Conv2d(channels, width, filter_size, padding=filter_size // 2)
            )
            lengths = [length // 2 if n in POOLED else length for length in lengths]
            channels = width
            self.shapes.append((channels, *lengths))
        inputs = channels * lengths[0] * lengths[1]
        self.hidden = nn.ModuleList()
        for _ in range(HIDDEN_LAYERS):
            self.hidden.append(nn.Linear(inputs, units))
            inputs = units
        self.classification = nn.Linear(units, LENGTH * classes)

    def convolved(self, n: int, x: Tensor) -> Tensor:
        """What the n-th convolution, from 0, makes of its input, rectified and pooled."""
        x = self.convolutions[n](x)
        if n in POOLED:
            x = F.max_pool2d(x, 2)
        return F.dropout(x.relu(), self.dropout if n else 0.0, self.training)

    def read(self, features: Tensor) -> Tensor:
        """The last convolution's features -> logits (B, 5, classes)."""
        x = features.flatten(1)
        for layer in self.hidden:
            x = F.dropout(layer(x).relu(), self.dropout, self.training)
        return self.classification(x).unflatten(1, (LENGTH, self.classes))

    def forward(self, image: Tensor) -> Tensor:
        for n in range(len(self.convolutions)):
            image = self.convolved(n, image)
        return self.read(image)


class ReadingNetwork(ClassificationNetwork):
    """A Reader with a spatial transformer before its first convolutions, or none.

    A trace's warps are in their order: the first one's input is the image, the others' the feature
    maps that the convolution before them made of the warp before.

    >>> network = HouseNumberSTCNN(depth=4).build((3, 64, 64), 11, torch.Generator())
    >>> trace = network.trace(torch.rand(2, 3, 64, 64))
    >>> [tuple(warp.input.shape[1:]) for warp in trace.warps]
    [(3, 64, 64), (24, 32, 32), (32, 32, 32), (48, 16, 16)]
    """

    transformer: TransformersInDepth | None  # type: ignore[assignment]
    classifier: Reader

    def trace(self, image: Tensor, *thetas: Tensor | None) -> Trace:
        """Image (B, 3, H, W) -> Trace with logits (B, 5, classes).

        thetas: (B, 6) each, in place of what is predicted, in order; None leaves one alone.
        classifier_input: what the first convolution is given.
        """
        check_floating("the image", image, "0 to 255 becomes [0, 1] by image.float() / 255")
        transformers = list(self.transformer or ())
        if len(thetas) > len(transformers):
            raise ValueError(f"{len(thetas)} thetas for {len(transformers)} transformers")
        warps: list[Warp] = []
        x, given = image, image
        for n in range(len(self.classifier.convolutions)):
            if n < len(transformers):
                warps.append(transformers[n].warp(x, thetas[n] if n < len(thetas) else None))
                x = warps[-1].output
            x = x.to(dtype_of(self.classifier, x.dtype))
            if n == 0:
                given = x
            x = self.classifier.convolved(n, x)
        return Trace(tuple(warps), given, self.classifier.read(x))


@dataclass(frozen=True, kw_only=True)
class HouseNumberCNN(NetworkDescription):
    """The baseline. Its widths are those that we train; ``PAPER_NETWORKS`` has the paper's.

    >>> network = HouseNumberCNN().build((3, 64, 64), 11, torch.Generator())
    >>> network(torch.rand(1, 3, 64, 64)).shape
    torch.Size([1, 5, 11])
    """

    convolutional: ClassVar[bool] = True
    widths: tuple[int, ...] = (24, 32, 48, 64, 96, 96, 96)
    filter_size: int = 3
    units: int = 256
    dropout: float = 0.1

    def build(
        self, image_shape: tuple[int, ...], classes: int, generator: torch.Generator
    ) -> ReadingNetwork:
        """A fresh network for images (3, H, W), its weights drawn from a CPU generator."""
        network = self.assemble(image_shape, classes)
        initialise(network, generator, gain=HE_GAIN)
        for module in network.modules():
            if layout := CHANNELS_LAST.get(type(module)):
                module.to(memory_format=layout)  # type: ignore[call-overload]  # as torch has it
        return network

    def assemble(self, image_shape: tuple[int, ...], classes: int) -> ReadingNetwork:
        """The same with whatever weights torch gives it, on torch's default device."""
        reader = Reader(
            image_shape,
            self.widths,
            filter_size=self.filter_size,
            units=self.units,
            dropout=self.dropout,
            classes=classes,
        )
        made = self._transformers(reader)
        return ReadingNetwork(reader, TransformersInDepth(made) if made else None)  # type: ignore[arg-type]

    def _transformers(self, reader: Reader) -> list[SpatialTransformer]:
        return []


@dataclass(frozen=True, kw_only=True)
class HouseNumberSTCNN(HouseNumberCNN):
    """With a transformer before the first convolution ("Single"), or each of the first four.

    depth: how many, 1 or 4; filters: of Single's localisation network, 32 in the paper.

    >>> network = HouseNumberSTCNN(depth=1).build((3, 64, 64), 11, torch.Generator())
    >>> len(network.trace(torch.rand(1, 3, 64, 64)).warps)
    1
    """

    transform: Transform = Affine()
    depth: int = 4
    filters: int = 16

    def _transformers(self, reader: Reader) -> list[SpatialTransformer]:
        bodies: list[nn.Module] = (
            [FourLayerBody(reader.shapes[0], self.filters)]
            if self.depth == 1
            else [FullyConnectedBody(shape, layers=2) for shape in reader.shapes[: self.depth]]
        )
        identity = self.transform.identity()
        return [SpatialTransformer(Localisation(body, identity), self.transform) for body in bodies]


DEPARTURES = (
    Departure(
        kind=CONTRADICTION,
        where="App. A.5",
        paper="Sect. 4.2 speaks of 11 hidden layers; A.5 lists "
        f"{len(PAPER_WIDTHS)} convolutions and {HIDDEN_LAYERS} fully connected layers.",
        ours="Those of A.5.",
        why="A.5 is the longer description.",
    ),
    Departure(
        kind=OTHERWISE,
        where="App. A.5",
        paper=f"{PAPER_WIDTHS[0]} to {PAPER_WIDTHS[-1]} filters of {PAPER_FILTER}×{PAPER_FILTER}, "
        f"{PAPER_UNITS:,} units, dropout {PAPER_DROPOUT:g}.",
        ours=f"{HouseNumberCNN.widths[0]} to {HouseNumberCNN.widths[-1]} filters of "
        f"{HouseNumberCNN.filter_size}×{HouseNumberCNN.filter_size}, {HouseNumberCNN.units} units, "
        f"dropout {HouseNumberCNN.dropout:g}. The paper's sizes are described, built and tested.",
        why="A step of the paper's takes about ten times as long, on one core.",
    ),
)
