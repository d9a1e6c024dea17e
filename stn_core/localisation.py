"""The localisation network θ = f_loc(U) (Sect. 3.1, App. A.4): a body and a regression layer."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

HIDDEN_UNITS = 32  # A.4: "32 unit fully connected layers for ST-FCN networks"
FILTERS = 20  # A.4: "two 20-filter 5×5 convolutional layers"
FILTER_SIZE = 5
CONVOLUTIONAL_UNITS = 20  # A.4: "a 20 unit fully connected layer"


class FullyConnectedBody(nn.Sequential):
    """Three hidden layers of 32 units (App. A.4, for ST-FCN). (B, C, H, W) -> (B, 32)."""

    def __init__(self, image_shape: tuple[int, int, int]) -> None:
        channels, height, width = image_shape
        super().__init__(
            nn.Flatten(),
            nn.Linear(channels * height * width, HIDDEN_UNITS),
            nn.ReLU(),
            nn.Linear(HIDDEN_UNITS, HIDDEN_UNITS),
            nn.ReLU(),
            nn.Linear(HIDDEN_UNITS, HIDDEN_UNITS),
            nn.ReLU(),
        )
        self.features = HIDDEN_UNITS


class ConvolutionalBody(nn.Module):
    """Two 20-filter 5×5 convolutions on a 2× downsampled input, then 20 units (App. A.4, ST-CNN).

    A 2×2 max-pooling, rounding up, stands between the convolutions. (B, C, H, W) -> (B, 20).
    The input is at least 26 pixels wide and high, else the second convolution has nothing left.
    """

    def __init__(self, image_shape: tuple[int, int, int]) -> None:
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


class Localisation(nn.Module):
    """f_loc: a body and the regression layer, which starts at the identity transform (App. A.4).

    identity: (P,). A fresh network gives exactly this θ for every image: the regression layer has
    zero weights and the identity as its bias.
    """

    def __init__(self, body: nn.Module, identity: Tensor) -> None:
        super().__init__()
        self.body = body
        self.regression = nn.Linear(body.features, len(identity))
        with torch.no_grad():
            self.regression.weight.zero_()
            self.regression.bias.copy_(identity)

    def forward(self, image: Tensor) -> Tensor:
        """U (B, C, H, W) -> θ (B, P)."""
        return self.regression(self.body(image))
