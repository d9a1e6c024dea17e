"""The classification networks of App. A.4, fully connected and convolutional, and one in 3D."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stn_core.departures import SILENT, Departure
from stn_core.localisation import average_pool3d

FIRST_FILTER = 9  # A.4: "a 9×9 convolutional layer (stride 1, no padding)"
SECOND_FILTER = 7  # A.4: "a subsequent 7×7 convolutional layer"
FEW_CHANNELS = 2  # for which a convolution's libraries take longer than one matrix product
VOLUME_FILTER = 5  # ours
VOLUME_STRIDE = 3  # ours: 60 voxels to 20


def _pooled(n: int) -> int:
    """The length after a 2×2 max-pooling with stride 2 that rounds up."""
    return -(-n // 2)


class FullyConnectedClassifier(nn.Sequential):
    """Two hidden layers and a classification layer. (B, C, H, W) -> logits (B, classes).

    >>> FullyConnectedClassifier((1, 28, 28), 32, 10)(torch.rand(2, 1, 28, 28)).shape
    torch.Size([2, 10])
    """

    def __init__(self, image_shape: tuple[int, ...], units: int, classes: int) -> None:
        channels, height, width = image_shape
        super().__init__(
            nn.Flatten(),
            nn.Linear(channels * height * width, units),
            nn.ReLU(),
            nn.Linear(units, units),
            nn.ReLU(),
            nn.Linear(units, classes),
        )

    @property
    def classification(self) -> nn.Linear:
        last = self[-1]
        assert isinstance(last, nn.Linear)
        return last


class InformedClassifier(nn.Module):
    """The same two hidden layers, of which the first is given θ as well (Sect. 3.4). (B, C, H, W)
    and θ (B, params) -> logits (B, classes).

    >>> classifier = InformedClassifier((1, 28, 28), 32, 10, params=6)
    >>> classifier(torch.rand(2, 1, 28, 28), torch.rand(2, 6)).shape
    torch.Size([2, 10])
    """

    def __init__(self, image_shape: tuple[int, ...], units: int, classes: int, params: int) -> None:
        super().__init__()
        self.image = nn.Linear(math.prod(image_shape), units)
        self.theta = nn.Linear(params, units)  # of one layer on both, the part that reads θ
        self.hidden = nn.Linear(units, units)
        self.classification = nn.Linear(units, classes)

    def forward(self, image: Tensor, theta: Tensor | None = None) -> Tensor:
        first = self.image(image.flatten(1))
        if theta is not None:
            first = first + self.theta(theta.to(first.dtype))
        return self.classification(self.hidden(first.relu()).relu())


class ConvolutionalClassifier(nn.Module):
    """9×9 convolution, 2×2 max-pooling, 7×7 convolution, 2×2 max-pooling, classification layer.

    The pooling rounds up: the paper does not say, but 21 -> 13 -> 6 would be too small for the
    7×7 convolution, and 21 -> 13 -> 7 -> 1 is not. (B, C, H, W) -> logits (B, classes).

    >>> ConvolutionalClassifier((1, 28, 28), 8, 10)(torch.rand(2, 1, 28, 28)).shape
    torch.Size([2, 10])
    """

    def __init__(self, image_shape: tuple[int, ...], filters: int, classes: int) -> None:
        super().__init__()
        channels, *lengths = image_shape
        rows, columns = (
            _pooled(_pooled(n - FIRST_FILTER + 1) - SECOND_FILTER + 1) for n in lengths
        )
        if min(rows, columns) < 1:
            raise ValueError(
                f"ConvolutionalClassifier needs images of 21 × 21 or more, got {image_shape}"
            )
        self.conv1 = nn.Conv2d(channels, filters, FIRST_FILTER)
        self.conv2 = nn.Conv2d(filters, filters, SECOND_FILTER)
        self.classification = nn.Linear(filters * rows * columns, classes)

    def forward(self, image: Tensor) -> Tensor:
        return self.activations(image)[-1]

    def activations(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Both hidden layers after their pooling, each (B, F, H, W), and the logits."""
        # Rectified after the pooling: the same maximum, on a quarter of the values.
        few = image.shape[1] <= FEW_CHANNELS and (image.is_cuda or image.requires_grad)
        first = by_product(image, self.conv1) if few else self.conv1(image)
        first = F.max_pool2d(first, 2, ceil_mode=True).relu()
        second = F.max_pool2d(self.conv2(first), 2, ceil_mode=True).relu()
        return first, second, self.classification(second.flatten(1))


def by_product(image: Tensor, convolution: nn.Conv2d) -> Tensor:
    """A convolution (stride 1, no padding) as one matrix product of the image's patches.

    For images of one or two channels it takes a third of cuDNN's time; on a CPU the gradient with
    respect to the image, which a transformer wants, takes a third of oneDNN's. (B, C, H, W) to
    (B, filters, H', W').

    >>> image, convolution = torch.rand(2, 1, 8, 8), nn.Conv2d(1, 4, 3)
    >>> torch.allclose(by_product(image, convolution), convolution(image), atol=1e-5)
    True
    """
    if torch.is_autocast_enabled("cuda") and not image.requires_grad:
        image = image.to(torch.get_autocast_dtype("cuda"))  # before it is copied
    assert convolution.bias is not None
    rows, columns = convolution.kernel_size
    patches = image.unfold(2, rows, 1).unfold(3, columns, 1).permute(0, 2, 3, 1, 4, 5)
    size = patches.shape[:3]  # (B, H', W', C, 9, 9)
    patches = patches.reshape(-1, patches.shape[3] * rows * columns)
    product = torch.addmm(convolution.bias, patches, convolution.weight.flatten(1).T)
    return product.unflatten(0, size).permute(0, 3, 1, 2)


class VolumetricClassifier(nn.Module):
    """A CNN in three dimensions, on a 3× downsampled volume: a baseline for App. A.3, ours.

    Two 5×5×5 convolutions, each with a 2×2×2 max-pooling that rounds up, and a classification
    layer. (B, C, D, H, W) -> logits (B, classes).

    >>> VolumetricClassifier((1, 39, 39, 39), 4, 10)(torch.rand(1, 1, 39, 39, 39)).shape
    torch.Size([1, 10])
    """

    def __init__(self, image_shape: tuple[int, ...], filters: int, classes: int) -> None:
        super().__init__()
        channels, *lengths = image_shape
        reach = VOLUME_FILTER - 1
        closing = [_pooled(_pooled(n // VOLUME_STRIDE - reach) - reach) for n in lengths]
        if min(closing) < 1:
            raise ValueError(
                f"VolumetricClassifier needs volumes of 39³ or more, got {image_shape}"
            )
        self.conv1 = nn.Conv3d(channels, filters, VOLUME_FILTER)
        self.conv2 = nn.Conv3d(filters, filters, VOLUME_FILTER)
        self.classification = nn.Linear(filters * math.prod(closing), classes)

    def forward(self, volume: Tensor) -> Tensor:
        x = average_pool3d(volume, VOLUME_STRIDE)
        x = F.max_pool3d(self.conv1(x), 2, ceil_mode=True).relu()
        x = F.max_pool3d(self.conv2(x), 2, ceil_mode=True).relu()
        return self.classification(x.flatten(1))


DEPARTURES = (
    Departure(
        kind=SILENT,
        where="App. A.4",
        paper="Two 2×2 max-poolings with a stride of 2; how an odd length is rounded is not given.",
        ours="Up.",
        why=f"RTS leaves 21 pixels after the average pooling: 21, 13, 6 would be too small for the "
        f"{SECOND_FILTER}×{SECOND_FILTER} convolution; 21, 13, 7 is not.",
    ),
)
