"""e() of Eq. 8: what crops are compared by (App. A.2). Its weights stay as they are."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_core import checkpoints
from stn_core.box_search.boxes import crops
from stn_core.classifiers import ConvolutionalClassifier
from stn_core.experiments.crops import ENCODER, FINE_ENCODER
from stn_core.networks import ClassificationNetwork
from stn_core.precision import faster_dtype

MIN_LENGTH = 1e-6  # no layer's activations are divided by less
MAX_ENCODED_CROPS = 200  # in memory at a time


class Encoder:
    """e() of Eq. 8: a CNN's three layers of activations, side by side (App. A.2).

    normalised: each layer's divided by their own length first. Plain, an empty crop is nearer to
    another one than two digits of a class are to each other.
    Raises ValueError for a network that is not a CNN without a transformer.

    >>> encoder = Encoder(ENCODER.build(seed=0), normalised=True)
    >>> encoder(torch.rand(2, 1, 28, 28)).square().sum(1).round()  # three layers of length 1
    tensor([3., 3.])
    """

    def __init__(self, network: ClassificationNetwork, *, normalised: bool) -> None:
        if not isinstance(network.classifier, ConvolutionalClassifier) or network.transformer:
            raise ValueError("Encoder expects a CNN without a transformer")
        self._classifier = network.classifier
        self.network = network.requires_grad_(False).eval()
        self.normalised = normalised

    def __call__(self, images: Tensor) -> Tensor:
        """Crops (B, 1, 28, 28) -> (B, D)."""
        images = images.contiguous(memory_format=torch.channels_last)
        # In half precision the gradient comes three times as fast, on a device that has it.
        half = faster_dtype(images.device) is torch.bfloat16
        with torch.autocast(images.device.type, dtype=torch.bfloat16, enabled=half):
            activations = self._classifier.activations(images)
        layers = [layer.flatten(1).float() for layer in activations]
        if self.normalised:
            layers = [F.normalize(layer, dim=1, eps=MIN_LENGTH) for layer in layers]
        return torch.cat(layers, 1)

    @torch.no_grad()
    def read(self, images: Tensor, boxes: Tensor) -> Tensor:
        """e() of one crop of each image. images (B, 1, H, W), boxes (B, 3) -> (B, D)."""
        parts = zip(images.split(MAX_ENCODED_CROPS), boxes.split(MAX_ENCODED_CROPS), strict=True)
        return torch.cat([self(crops(image, box)) for image, box in parts])


class EncoderNetworks(NamedTuple):
    """The networks behind e(): ``coarse`` for most of the search, ``fine`` for its end.

    >>> networks = EncoderNetworks(ENCODER.build(seed=0), FINE_ENCODER.build(seed=0))
    >>> networks.coarse.transformer is None
    True
    """

    coarse: ClassificationNetwork
    fine: ClassificationNetwork


def load_encoder_networks() -> EncoderNetworks:
    """The published ones. Raises CheckpointError.

    >>> load_encoder_networks().fine(torch.zeros(1, 1, 28, 28)).shape  # ten digits, or none
    torch.Size([1, 11])
    """
    coarse, fine = map(checkpoints.load_pretrained, (ENCODER, FINE_ENCODER))
    return EncoderNetworks(coarse, fine)
