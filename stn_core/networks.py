"""Whole networks: transformers and a classifier put together, the width solved for (App. A.4).

``FCN``, ``CNN``, ``STFCN``, ``STCNN`` describe a network; ``build`` makes it. "About 400k
parameters" and "32 to 64 filters" cannot both hold, so the classifier's width is solved for, such
that every network of one experiment has the same number of parameters, within 5 %.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stn_core.classifiers import (
    ConvolutionalClassifier,
    FullyConnectedClassifier,
    InformedClassifier,
    VolumetricClassifier,
)
from stn_core.departures import CONTRADICTION, Departure
from stn_core.localisation import (
    ConvolutionalBody,
    FullyConnectedBody,
    Localisation,
    RigidLocalisation,
    VolumetricBody,
    average_pool3d,
)
from stn_core.spatial_transformer import ParallelTransformers, SpatialTransformer, dtype_of
from stn_core.trace import Trace, Warp
from stn_core.transforms import Affine3D, Transform, check_floating
from stn_core.weights import initialise, solve_width

PARAMETERS = 400_000  # A.4: "around 400k"
# What a convolution makes then has its channels together in memory, and is pooled sooner.
CHANNELS_LAST: dict[type[nn.Module], torch.memory_format] = {
    nn.Conv2d: torch.channels_last,
    nn.Conv3d: torch.channels_last_3d,
}


class ClassificationNetwork(nn.Module):
    """Image -> (spatial transformers -> average pooling) -> classifier -> logits.

    subtracted: taken from the image first, so that the background is not 0 any more; it is for
    showing what that does to a transformer, which reads 0 outside.

    >>> from stn_core.classifiers import FullyConnectedClassifier
    >>> network = ClassificationNetwork(FullyConnectedClassifier((1, 28, 28), 32, 10))
    >>> network.trace(torch.rand(2, 1, 28, 28)).logits.shape
    torch.Size([2, 10])
    """

    def __init__(
        self,
        classifier: nn.Module,
        transformer: SpatialTransformer | ParallelTransformers | None = None,
        pool: int = 1,
        subtracted: float = 0.0,
    ) -> None:
        super().__init__()
        self.transformer = transformer
        self.pool = pool
        self.subtracted = subtracted
        self.classifier = classifier

    def trace(self, image: Tensor, *thetas: Tensor | None) -> Trace:
        """Image (B, C, H, W) -> Trace.

        thetas: (B, P) each, in place of what the localisation networks predict, in the order of
        the transformers; None leaves one its own. The classifier is given its own dtype. Raises
        DtypeError for an image of integers.
        """
        check_floating("the image", image, "0 to 255 becomes [0, 1] by image.float() / 255")
        warps: tuple[Warp, ...] = ()
        x = image - self.subtracted if self.subtracted else image
        if self.transformer is not None:
            warps = self.transformer.warps(x, *thetas)
            x = torch.cat([self._pooled(warp.output) for warp in warps], 1)
        x = x.to(dtype_of(self.classifier, x.dtype))
        informed = isinstance(self.classifier, InformedClassifier)
        theta = (torch.cat([warp.theta for warp in warps], 1),) if informed else ()
        return Trace(warps, x, self.classifier(x, *theta))

    def _pooled(self, output: Tensor) -> Tensor:
        return F.avg_pool2d(output, self.pool) if self.pool > 1 else output

    def forward(self, image: Tensor) -> Tensor:
        return self.trace(image).logits


class ProjectionNetwork(ClassificationNetwork):
    """Volume -> (spatial transformer) -> sum over the depth -> classifier -> logits (App. A.3).

    Without a transformer the volume is averaged over ``pool``³ voxels first: with pool = 2 that is
    what a transformer gives at the identity whose output has half the lengths.

    >>> from stn_core.classifiers import FullyConnectedClassifier
    >>> network = ProjectionNetwork(FullyConnectedClassifier((1, 14, 14), 32, 10), pool=2)
    >>> network(torch.rand(2, 1, 28, 28, 28)).shape
    torch.Size([2, 10])
    """

    def trace(self, image: Tensor, *thetas: Tensor | None) -> Trace:
        """Volume (B, C, D, H, W) -> Trace; what the classifier is given is the projection."""
        check_floating("the volume", image, "0 to 255 becomes [0, 1] by volume.float() / 255")
        warps: tuple[Warp, ...] = ()
        if self.transformer is None:
            output = average_pool3d(image, self.pool)
        else:
            warps = self.transformer.warps(image, *thetas)
            output = warps[0].output
        projection = output.sum(2)  # (B, C, D', H', W') -> (B, C, H', W')
        projection = projection.to(dtype_of(self.classifier, projection.dtype))
        return Trace(warps, projection, self.classifier(projection))


class NetworkDescription:
    """What ``build`` makes a network of: one without a transformer, unless fields say otherwise.

    >>> issubclass(Network, NetworkDescription) and NetworkDescription().transform is None
    True
    """

    transform: Transform | None = None
    pool: int = 1
    transformers: int = 1
    identity_start: bool = True
    subtracted: float = 0.0
    theta_to_classifier: bool = False
    convolutional: ClassVar[bool] = False

    def build(
        self, image_shape: tuple[int, ...], classes: int, generator: torch.Generator
    ) -> ClassificationNetwork:
        """A fresh network for (C, H, W) or (C, D, H, W), its weights drawn from a CPU generator."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Network(NetworkDescription):
    """The description of a network; ``build`` makes it. See FCN, CNN, STFCN, STCNN.

    >>> from stn_core.weights import count_parameters
    >>> count_parameters(FCN(parameters=100_000).build((1, 28, 28), 10, torch.Generator())) // 1000
    99
    """

    parameters: int = PARAMETERS

    def build(
        self, image_shape: tuple[int, ...], classes: int, generator: torch.Generator
    ) -> ClassificationNetwork:
        """A fresh network for (C, H, W) or (C, D, H, W), its weights drawn from a CPU generator."""
        width = solve_width(lambda w: self._assemble(image_shape, classes, w), self.parameters)
        network = self._assemble(image_shape, classes, width)
        initialise(network, generator, identity_start=self.identity_start)
        for module in network.modules():
            if layout := CHANNELS_LAST.get(type(module)):
                module.to(memory_format=layout)  # type: ignore[call-overload]  # as torch has it
        return network

    def _assemble(
        self, image_shape: tuple[int, ...], classes: int, width: int
    ) -> ClassificationNetwork:
        channels, *size = image_shape
        transformer = None
        if self.transform is not None:
            made = [
                self._transformer(self.transform, image_shape) for _ in range(self.transformers)
            ]
            transformer = made[0] if len(made) == 1 else ParallelTransformers(made)
            channels *= len(made)
        classifier = self._classifier((channels, *(n // self.pool for n in size)), width, classes)
        return ClassificationNetwork(classifier, transformer, self.pool, self.subtracted)

    def _classifier(self, image_shape: tuple[int, ...], width: int, classes: int) -> nn.Module:
        if self.theta_to_classifier and self.transform is not None:
            params = self.transformers * self.transform.num_params
            return InformedClassifier(image_shape, width, classes, params)
        classifier = ConvolutionalClassifier if self.convolutional else FullyConnectedClassifier
        return classifier(image_shape, width, classes)

    def _transformer(
        self, transform: Transform, image_shape: tuple[int, ...]
    ) -> SpatialTransformer:
        transform = copy.deepcopy(transform)
        body = ConvolutionalBody if self.convolutional else FullyConnectedBody
        return SpatialTransformer(Localisation(body(image_shape), transform.identity()), transform)


@dataclass(frozen=True, kw_only=True)
class FCN(Network):
    """The fully connected baseline: two hidden layers and a classification layer.

    >>> network = FCN().build((1, 28, 28), 10, torch.Generator())
    >>> network(torch.rand(2, *(1, 28, 28))).shape
    torch.Size([2, 10])
    """


@dataclass(frozen=True, kw_only=True)
class CNN(Network):
    """The convolutional baseline: two convolutions with max-pooling and a classification layer.

    >>> network = CNN().build((1, 28, 28), 10, torch.Generator())
    >>> network(torch.rand(2, *(1, 28, 28))).shape
    torch.Size([2, 10])
    """

    convolutional: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class STFCN(Network):
    """Spatial transformers in parallel, average pooling by ``pool``, the fully connected network.

    transformers: how many, their outputs concatenated (App. A.1: "2×ST-FCN");
    identity_start: whether the regression layer starts at the identity (App. A.4), or at random;
    subtracted: see ClassificationNetwork. Both are for showing what goes wrong.
    theta_to_classifier: whether the classifier is given θ too, and so where V was read (Sect. 3.4).

    >>> from stn_core import ThinPlateSpline
    >>> network = STFCN(transform=ThinPlateSpline()).build((1, 28, 28), 10, torch.Generator())
    >>> network(torch.rand(2, *(1, 28, 28))).shape
    torch.Size([2, 10])
    """

    transform: Transform = field()
    pool: int = 1
    transformers: int = 1
    identity_start: bool = True
    subtracted: float = 0.0
    theta_to_classifier: bool = False


@dataclass(frozen=True, kw_only=True)
class STCNN(Network):
    """A spatial transformer, average pooling by ``pool``, then the convolutional network.

    >>> from stn_core import Affine
    >>> network = STCNN(transform=Affine()).build((1, 28, 28), 10, torch.Generator())
    >>> network(torch.rand(2, *(1, 28, 28))).shape
    torch.Size([2, 10])
    """

    convolutional: ClassVar[bool] = True
    transform: Transform = field()
    pool: int = 1


@dataclass(frozen=True, kw_only=True)
class ProjectionCNN(Network):
    """For volumes: the projection along the depth as it is, then the convolutional network.

    coarser: by how much the projection is smaller than the volume.

    >>> network = ProjectionCNN().build((1, 60, 60, 60), 10, torch.Generator())
    >>> network(torch.rand(2, *(1, 60, 60, 60))).shape
    torch.Size([2, 10])
    """

    coarser: int = 2

    def _assemble(
        self, image_shape: tuple[int, ...], classes: int, width: int
    ) -> ClassificationNetwork:
        channels, _, *size = image_shape
        classifier = ConvolutionalClassifier(
            (channels, *(n // self.coarser for n in size)), width, classes
        )
        return ProjectionNetwork(classifier, self._volume_transformer(image_shape), self.coarser)

    def _volume_transformer(self, image_shape: tuple[int, ...]) -> SpatialTransformer | None:
        return None


@dataclass(frozen=True, kw_only=True)
class STProjectionCNN(ProjectionCNN):
    """For volumes: a 3D spatial transformer, the projection of its output, the CNN (App. A.3).

    rigid: f_loc regresses a rotation vector and a shift, 6 numbers, instead of the 12 of Eq. 10.

    >>> network = STProjectionCNN(rigid=True).build((1, 60, 60, 60), 10, torch.Generator())
    >>> network(torch.rand(2, *(1, 60, 60, 60))).shape
    torch.Size([2, 10])
    """

    transform: Transform = field(default_factory=Affine3D)
    rigid: bool = False

    def _volume_transformer(self, image_shape: tuple[int, ...]) -> SpatialTransformer:
        body = VolumetricBody(image_shape)
        transform = copy.deepcopy(self.transform)
        localisation = (
            RigidLocalisation(body) if self.rigid else Localisation(body, transform.identity())
        )
        size = tuple(n // self.coarser for n in image_shape[1:])
        return SpatialTransformer(localisation, transform, size)


@dataclass(frozen=True, kw_only=True)
class CNN3D(Network):
    """For volumes: a convolutional network in three dimensions, without a transformer.

    >>> network = CNN3D().build((1, 60, 60, 60), 10, torch.Generator())
    >>> type(network.classifier).__name__
    'VolumetricClassifier'
    """

    def _assemble(
        self, image_shape: tuple[int, ...], classes: int, width: int
    ) -> ClassificationNetwork:
        return ClassificationNetwork(VolumetricClassifier(image_shape, width, classes))


DEPARTURES = (
    Departure(
        kind=CONTRADICTION,
        where="App. A.4",
        paper="All networks of an experiment have around 400,000 parameters, FCNs 128 to 256 units "
        "and CNNs 32 to 64 filters a layer.",
        ours=f"The width is solved for: {PARAMETERS:,} parameters within 5 %, which takes 90 to "
        "400 units or 80 to 89 filters.",
        why="With 32 to 64 filters a CNN has far fewer parameters than 400,000. Equal numbers of "
        "parameters are what the comparison rests on.",
    ),
)
