"""The localisation network θ = f_loc(U) (Sect. 3.1, App. A.2, A.4): a body, a regression layer."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stn_core.departures import CONTRADICTION, OTHERWISE, Departure
from stn_core.transforms import at_least_float32, rigid_theta

HIDDEN_UNITS = 32  # A.4: "32 unit fully connected layers for ST-FCN networks"
FILTERS = 20  # A.4: "two 20-filter 5×5 convolutional layers"
FILTER_SIZE = 5
CONVOLUTIONAL_UNITS = 20  # A.4: "a 20 unit fully connected layer"
VOLUME_STRIDE = 3  # ours: 60 voxels to 20
VOLUME_UNITS = 64  # ours
BOX_FILTERS = 8  # A.2: "eight 9×9 filters"
BOX_FILTER_SIZE = 9
BOX_UNITS = 8  # A.2: "two 8-unit fully-connected layers"


class FullyConnectedBody(nn.Sequential):
    """Hidden layers of 32 units: three (App. A.4, for ST-FCN) or two (App. A.5, for ST-CNN Multi).

    (B, C, H, W) -> (B, 32).

    >>> FullyConnectedBody((1, 28, 28))(torch.rand(2, 1, 28, 28)).shape
    torch.Size([2, 32])
    """

    def __init__(self, image_shape: tuple[int, ...], layers: int = 3) -> None:
        super().__init__(nn.Flatten())
        inputs = math.prod(image_shape)
        for _ in range(layers):
            self.extend([nn.Linear(inputs, HIDDEN_UNITS), nn.ReLU()])
            inputs = HIDDEN_UNITS
        self.features = HIDDEN_UNITS


class ConvolutionalBody(nn.Module):
    """Two 20-filter 5×5 convolutions on a 2× downsampled input, then 20 units (App. A.4, ST-CNN).

    A 2×2 max-pooling, rounding up, stands between the convolutions. (B, C, H, W) -> (B, 20).
    The input is at least 26 pixels wide and high, else the second convolution has nothing left.

    >>> ConvolutionalBody((1, 28, 28))(torch.rand(2, 1, 28, 28)).shape
    torch.Size([2, 20])
    """

    def __init__(self, image_shape: tuple[int, ...]) -> None:
        super().__init__()
        channels, height, width = image_shape
        rows, columns = (self._closing_size(n) for n in (height, width))
        if min(rows, columns) < 1:
            raise ValueError(
                f"ConvolutionalBody needs images of 26 × 26 or more, got {image_shape}"
            )
        self.conv1 = nn.Conv2d(channels, FILTERS, FILTER_SIZE)
        self.conv2 = nn.Conv2d(FILTERS, FILTERS, FILTER_SIZE)
        self.hidden = nn.Linear(FILTERS * rows * columns, CONVOLUTIONAL_UNITS)
        self.features = CONVOLUTIONAL_UNITS

    @staticmethod
    def _closing_size(n: int) -> int:
        pooled = -(-(n // 2 - FILTER_SIZE + 1) // 2)
        return pooled - FILTER_SIZE + 1

    def forward(self, image: Tensor) -> Tensor:
        x = F.avg_pool2d(image, 2)
        x = F.max_pool2d(self.conv1(x), 2, ceil_mode=True).relu()
        x = self.conv2(x).relu()
        return self.hidden(x.flatten(1)).relu()


class FourLayerBody(nn.Module):
    """Two 5×5 convolutions, padded, a 2×2 max-pooling between them, two layers of 32 units (A.5).

    For ST-CNN Single: conv[32,5,1,2]-max[2]-conv[32,5,1,2]-fc[32]-fc[32]. (B, C, H, W) -> (B, 32).
    filters: of each convolution, 32 in the paper.

    >>> FourLayerBody((3, 64, 64))(torch.rand(2, 3, 64, 64)).shape
    torch.Size([2, 32])
    """

    def __init__(self, image_shape: tuple[int, ...], filters: int = HIDDEN_UNITS) -> None:
        super().__init__()
        channels, height, width = image_shape
        self.conv1 = nn.Conv2d(channels, filters, FILTER_SIZE, padding=FILTER_SIZE // 2)
        self.conv2 = nn.Conv2d(filters, filters, FILTER_SIZE, padding=FILTER_SIZE // 2)
        self.hidden = FullyConnectedBody((filters, height // 2, width // 2), layers=2)
        self.features = self.hidden.features

    def forward(self, image: Tensor) -> Tensor:
        x = F.max_pool2d(self.conv1(image), 2).relu()
        return self.hidden(self.conv2(x).relu())


def average_pool3d(volume: Tensor, stride: int) -> Tensor:
    """``F.avg_pool3d``, also in half precision, which a CPU's has not.

    >>> average_pool3d(torch.ones(1, 1, 4, 4, 4).half(), 2).shape
    torch.Size([1, 1, 2, 2, 2])
    """
    return F.avg_pool3d(at_least_float32(volume), stride).to(volume.dtype)


class VolumetricBody(nn.Module):
    """The ConvolutionalBody in three dimensions, on a 3× downsampled input (for App. A.3; ours).

    Two 20-filter 5×5×5 convolutions, a 2×2×2 max-pooling between them, a hidden layer of 64 units.
    (B, C, D, H, W) -> (B, 64).

    >>> VolumetricBody((1, 39, 39, 39))(torch.rand(1, 1, 39, 39, 39)).shape
    torch.Size([1, 64])
    """

    def __init__(self, image_shape: tuple[int, ...]) -> None:
        super().__init__()
        channels, *lengths = image_shape
        closing = [self._closing_size(n) for n in lengths]
        if min(closing) < 1:
            raise ValueError(f"VolumetricBody needs volumes of 39³ or more, got {image_shape}")
        self.conv1 = nn.Conv3d(channels, FILTERS, FILTER_SIZE)
        self.conv2 = nn.Conv3d(FILTERS, FILTERS, FILTER_SIZE)
        self.hidden = nn.Linear(FILTERS * math.prod(closing), VOLUME_UNITS)
        self.features = VOLUME_UNITS

    @staticmethod
    def _closing_size(n: int) -> int:
        pooled = -(-(n // VOLUME_STRIDE - FILTER_SIZE + 1) // 2)
        return pooled - FILTER_SIZE + 1

    def forward(self, volume: Tensor) -> Tensor:
        x = average_pool3d(volume, VOLUME_STRIDE)
        x = F.max_pool3d(self.conv1(x), 2, ceil_mode=True).relu()
        x = self.conv2(x).relu()
        return self.hidden(x.flatten(1)).relu()


class Localisation(nn.Module):
    """f_loc: a body and the regression layer, which starts at the identity transform (App. A.4).

    identity: (P,). A fresh network gives exactly this θ for every image: the regression layer has
    zero weights and the identity as its bias.

    >>> from stn_core import Attention
    >>> localisation = Localisation(FullyConnectedBody((1, 28, 28)), Attention().identity())
    >>> localisation(torch.rand(2, 1, 28, 28)).tolist()
    [[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]
    """

    def __init__(self, body: nn.Module, identity: Tensor) -> None:
        super().__init__()
        self.body = body
        if not isinstance(body.features, int):
            raise TypeError(
                "the body has no attribute ``features``; set it to the number of its outputs"
            )
        self.regression = nn.Linear(body.features, len(identity))
        with torch.no_grad():
            self.regression.weight.zero_()
            self.regression.bias.copy_(identity)

    def forward(self, image: Tensor) -> Tensor:
        """U (B, C, H, W) -> θ (B, P)."""
        return self.regression(self.body(image))


class RigidLocalisation(Localisation):
    """f_loc that regresses a rotation vector and a shift, 6 numbers, for the 12 of ``Affine3D``.

    >>> RigidLocalisation(VolumetricBody((1, 39, 39, 39)))(torch.rand(1, 1, 39, 39, 39)).shape
    torch.Size([1, 12])
    """

    def __init__(self, body: nn.Module) -> None:
        super().__init__(body, torch.zeros(6))

    def forward(self, image: Tensor) -> Tensor:
        """U (B, C, D, H, W) -> θ (B, 12)."""
        return rigid_theta(*at_least_float32(super().forward(image)).split(3, 1))


class BoxLocalisation(nn.Module):
    """The localiser of co-localisation (App. A.2): image -> θ = (s, t_x, t_y) of ``Attention``.

    A 9×9 convolution of stride 1 (the text says 4; then it has not the 100k parameters that the
    text says as well), 2×2 max-pooling, two layers of 8 units, three numbers r. The box stays
    inside the image: s = smallest + (largest − smallest)·σ(r_0 / 4), t = (1 − s)·tanh(r). It
    starts as a centred box with s = start.

    largest: may be changed while it is being trained.

    >>> localisation = BoxLocalisation(
    ...     (1, 40, 40), start=0.5, smallest=0.2, largest=0.9, generator=torch.Generator()
    ... )
    >>> [round(n, 4) for n in localisation(torch.rand(1, 1, 40, 40))[0].tolist()]
    [0.5, 0.0, 0.0]
    """

    STEEPNESS = 0.25  # of s in r: at 1, the boxes grow to the largest before they move

    def __init__(
        self,
        image_shape: tuple[int, ...],
        *,
        start: float,
        smallest: float,
        largest: float,
        generator: torch.Generator,
    ) -> None:
        if not 0 < smallest < start < largest <= 1:
            raise ValueError(
                "BoxLocalisation expects 0 < smallest < start < largest <= 1, got "
                f"{smallest}, {start}, {largest}"
            )
        super().__init__()
        channels, height, width = image_shape
        rows, columns = ((n - BOX_FILTER_SIZE + 1) // 2 for n in (height, width))
        self.conv = nn.Conv2d(channels, BOX_FILTERS, BOX_FILTER_SIZE)
        self.hidden1 = nn.Linear(BOX_FILTERS * rows * columns, BOX_UNITS)
        self.hidden2 = nn.Linear(BOX_UNITS, BOX_UNITS)
        self.regression = nn.Linear(BOX_UNITS, 3)
        self.smallest, self.largest = smallest, largest
        for layer in (self.conv, self.hidden1, self.hidden2):
            # He's weights: with torch's own, the boxes come to depend on the image too late
            nn.init.kaiming_normal_(layer.weight, generator=generator)
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)
        share = (start - smallest) / (largest - smallest)
        with torch.no_grad():
            self.regression.weight.zero_()
            self.regression.bias.zero_()
            self.regression.bias[0] = math.log(share / (1 - share)) / self.STEEPNESS
        # Twice as fast. torch's types leave this way to call it out.
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, image: Tensor) -> Tensor:
        """U (B, C, H, W) -> θ (B, 3)."""
        image = image.contiguous(memory_format=torch.channels_last)
        x = F.max_pool2d(self.conv(image), 2).relu().contiguous()
        x = self.hidden2(self.hidden1(x.flatten(1)).relu()).relu()
        scale, shift = self.regression(x).split((1, 2), 1)
        s = self.smallest + (self.largest - self.smallest) * torch.sigmoid(self.STEEPNESS * scale)
        return torch.cat([s, (1 - s) * torch.tanh(shift)], 1)


def _box_parameters() -> int:
    """Of the localiser of A.2's images. Nothing is drawn: an import leaves torch's seed alone."""
    with torch.device("meta"):
        localiser = BoxLocalisation(
            (1, 84, 84), start=0.5, smallest=0.1, largest=0.9, generator=torch.Generator("cpu")
        )
    return sum(p.numel() for p in localiser.parameters())


DEPARTURES = (
    Departure(
        kind=CONTRADICTION,
        where="App. A.2",
        paper="The localiser has a 9×9 convolution with a stride of 4, and 100,000 parameters.",
        ours=f"A stride of 1, with {BOX_FILTERS} filters of {BOX_FILTER_SIZE}×{BOX_FILTER_SIZE}: "
        f"{_box_parameters():,} parameters.",
        why="With a stride of 4 there are about 6,000.",
    ),
    Departure(
        kind=OTHERWISE,
        where="App. A.2",
        paper="θ = f_loc(I) is the box.",
        ours="The box is kept inside the image, and its size between two bounds, by a sigmoid and "
        "a hyperbolic tangent.",
        why="A box that has left the image has no gradient that leads back.",
    ),
)
