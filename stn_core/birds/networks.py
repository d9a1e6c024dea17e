"""The networks of Table 3: transformers in parallel, and a path of its own for each crop (A.6).

One localisation network, on a backbone's features, gives the places of all windows; the scale is
½. Each window is sampled at 64 × 64 pixels and described by its own path, a backbone whose last
layers are trained; the descriptors are concatenated and classified into 200 species.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stn_core.birds import backbone
from stn_core.departures import OTHERWISE, SILENT, Departure
from stn_core.localisation import Localisation
from stn_core.networks import ClassificationNetwork, NetworkDescription
from stn_core.spatial_transformer import ParallelTransformers, SpatialTransformer
from stn_core.trace import Warp
from stn_core.transforms import FixedScaleAttention, Transform
from stn_core.weights import initialise

SCALE = 0.5  # A.6: "fixed to 50% of the image size"
CROP = 64  # pixels; 224 in the paper
LOOKED_AT = 128  # pixels of the localisation network's input, whatever the image has
CHANNELS, UNITS = 128, 128  # A.6: of f_loc's 1×1 convolution and of its hidden layer
DROPOUT = 0.7  # A.6: before the classification layer
# A.6: "initialised to tile the image plane"; two windows can only tile its middle.
STARTS = {
    2: ((-0.25, 0.0), (0.25, 0.0)),
    4: ((-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25)),
}


class WindowBody(nn.Module):
    """f_loc up to its last layer: the frozen backbone, a 1×1 convolution, 128 units (A.6).

    >>> from stn_core.birds.backbone import LITE0, assemble, frozen
    >>> body = WindowBody(frozen(assemble(LITE0)), LITE0.head)
    >>> body(torch.rand(2, 3, 64, 64)).shape
    torch.Size([2, 128])
    """

    features = UNITS

    def __init__(self, network: nn.Module, channels: int) -> None:
        super().__init__()
        self.backbone = network
        self.reduce = nn.Conv2d(channels, CHANNELS, 1)
        self.hidden = nn.Linear(CHANNELS * (LOOKED_AT // 32) ** 2, UNITS)

    def forward(self, image: Tensor) -> Tensor:
        size = [LOOKED_AT, LOOKED_AT]
        if list(image.shape[2:]) != size:
            image = F.interpolate(image, size, mode="bilinear", align_corners=False)
        with torch.no_grad():  # nothing of it is trained, and no image
            features = self.backbone(image)
        return self.hidden(self.reduce(features).relu().flatten(1)).relu()


class WindowLocalisation(Localisation):
    """f_loc of N windows: their middles, (B, 2N), such that no window leaves the image.

    t = (1 − s)·tanh(r). starts: N middles, which a fresh network gives.

    >>> body = nn.Flatten()
    >>> body.features = 4
    >>> WindowLocalisation(body, STARTS[2])(torch.rand(1, 1, 2, 2)).tolist()
    [[-0.25, 0.0, 0.25, 0.0]]
    """

    def __init__(self, body: nn.Module, starts: tuple[tuple[float, float], ...]) -> None:
        super().__init__(body, torch.tensor(starts).flatten().div(1 - SCALE).atanh())

    def forward(self, image: Tensor) -> Tensor:
        """U (B, C, H, W) -> θ of all windows, (B, 2N)."""
        return (1 - SCALE) * super().forward(image).float().tanh()


class _Share(nn.Module):
    """One window's θ of those that a localisation network gives, which is another module's."""

    def __init__(self, localisation: nn.Module, n: int) -> None:
        super().__init__()
        self._localisation = (localisation,)  # in a tuple: not a part of this one
        self.n = n

    def forward(self, image: Tensor) -> Tensor:
        return self._localisation[0](image)[:, 2 * self.n : 2 * self.n + 2]


class Windows(ParallelTransformers):
    """N windows in parallel, placed by one localisation network (Fig. 6).

    >>> body = nn.Flatten()
    >>> body.features = 12
    >>> windows = Windows(WindowLocalisation(body, STARTS[4]), 4)
    >>> [tuple(warp.output.shape) for warp in windows.warps(torch.rand(1, 3, 2, 2))][:2]
    [(1, 3, 64, 64), (1, 3, 64, 64)]
    """

    def __init__(self, localisation: nn.Module, count: int) -> None:
        transform = FixedScaleAttention(SCALE)
        super().__init__(
            SpatialTransformer(_Share(localisation, n), transform, (CROP, CROP))
            for n in range(count)
        )
        self.localisation = localisation

    def warps(self, image: Tensor, *thetas: Tensor | None) -> tuple[Warp, ...]:
        """U -> N Warps; the localisation network runs once, or not at all if every θ is given."""
        given = self.one_each(thetas)
        if any(theta is None for theta in given):
            predicted = self.localisation(image).split(2, 1)
            given = tuple(p if g is None else g for p, g in zip(predicted, given, strict=True))
        return super().warps(image, *given)


class Path(nn.Module):
    """A crop's description: the last layers of a backbone, which are trained, and their mean.

    >>> Path(nn.Identity())(torch.ones(2, 5, 3, 3)).shape
    torch.Size([2, 5])
    """

    def __init__(self, layers: nn.Module) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x).mean((2, 3))


class Paths(nn.Module):
    """Crops, one after the other as channels (B, 3N, 64, 64) -> logits (B, classes).

    first: the frozen layers, which all paths share; paths: one for each crop, (B, D) each.

    >>> network = Paths(nn.Identity(), [Path(nn.Identity()), Path(nn.Identity())], 3, 200)
    >>> crops = torch.rand(2, 6, 8, 8)
    >>> network(crops).shape
    torch.Size([2, 200])
    >>> torch.equal(network(crops, muted=[0, 1])[0], network.classification.bias)
    True
    """

    def __init__(self, first: nn.Module, paths: list[Path], channels: int, classes: int) -> None:
        super().__init__()
        self.first = first
        self.backbone = nn.ModuleList(paths)
        self.classification = nn.Linear(channels * len(paths), classes)

    def forward(self, crops: Tensor, muted: Collection[int] = ()) -> Tensor:
        """muted: paths, from 0 on, whose descriptors are zeros."""
        together = crops.unflatten(1, (len(self.backbone), 3)).transpose(0, 1)  # (N, B, 3, H, W)
        features = self.first(together.flatten(0, 1)).unflatten(0, together.shape[:2])
        described = [
            torch.zeros_like(path(x)) if n in muted else path(x)
            for n, (path, x) in enumerate(zip(self.backbone, features, strict=True))
        ]
        descriptor = F.dropout(torch.cat(described, 1), DROPOUT, self.training)
        return self.classification(descriptor)


@dataclass(frozen=True, kw_only=True)
class BirdCNN(NetworkDescription):
    """The baseline: the whole image is the one crop.

    trained: how many of a backbone's last layers each path has of its own: 1 is the last
    convolution, 2 the last block too, but for what widens it.

    >>> BirdCNN().trained
    2
    """

    convolutional: ClassVar[bool] = True
    transformers: int = 1
    trained: int = 2

    def build(
        self, image_shape: tuple[int, ...], classes: int, generator: torch.Generator
    ) -> ClassificationNetwork:
        """A fresh network; what is not pre-trained is drawn from a CPU generator.

        Raises BackboneError if the pre-trained weights are not on this machine.
        """
        network = backbone.frozen(backbone.pretrained())
        layers = list(network)
        head = layers[-1]
        assert isinstance(head, backbone.Head)
        channels = head.convolution.out_channels
        first = nn.Sequential(*layers[: -self.trained])
        paths = []
        for _ in range(self.transformers):
            own = list(backbone.pretrained())[-self.trained :]
            for block in own[:-1]:
                assert isinstance(block, backbone.Block) and block.expand is not None
                backbone.frozen(block.expand)  # a third of its weights, which would be shipped
            paths.append(Path(nn.Sequential(*own)))
        classifier = Paths(first, paths, channels, classes)
        initialise(nn.ModuleList([classifier.classification]), generator)
        return ClassificationNetwork(classifier, self._windows(network, channels, generator))

    def _windows(
        self, network: nn.Module, channels: int, generator: torch.Generator
    ) -> Windows | None:
        return None


@dataclass(frozen=True, kw_only=True)
class BirdSTCNN(BirdCNN):
    """With 2 or 4 transformers in parallel.

    >>> BirdSTCNN(transformers=4).transform
    FixedScaleAttention(0.5)
    """

    transform: Transform = FixedScaleAttention(SCALE)
    transformers: int = 2

    def _windows(self, network: nn.Module, channels: int, generator: torch.Generator) -> Windows:
        body = WindowBody(network, channels)
        initialise(nn.ModuleList([body.reduce, body.hidden]), generator)
        return Windows(WindowLocalisation(body, STARTS[self.transformers]), self.transformers)


DEPARTURES = (
    Departure(
        kind=OTHERWISE,
        where="App. A.6, localisation network",
        paper="Its input is half as large as the larger images: 224 pixels for both sizes.",
        ours=f"{LOOKED_AT} pixels for both sizes; its backbone is not trained.",
        why="Of 64 pixels the backbone leaves 2 × 2 places, of 128 it leaves 4 × 4.",
    ),
    Departure(
        kind=OTHERWISE,
        where="App. A.6, paths",
        paper="All layers of each path are trained.",
        ours="The last block but for what widens it, and the last convolution; with 4 transformers "
        "the last convolution alone. "
        "All others are ImageNet's, one copy for all paths.",
        why="What is shipped of the four networks stays below 20 MB.",
    ),
    Departure(
        kind=SILENT,
        where="App. A.6, windows",
        paper="The windows tile the image at first. Two of them cannot, and whether a window may "
        "leave the image is not said.",
        ours="Two windows start left and right of the middle, four at the corners, each half way "
        "to the border. t = ½·tanh(r) keeps them inside.",
        why="At the border itself the tanh has no slope; outside, a crop is black.",
    ),
)
