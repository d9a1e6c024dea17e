"""A network that is not ours: it calls ``F.affine_grid`` and ``F.grid_sample`` itself.

Its layers have the sizes of those in PyTorch's Spatial Transformer tutorial. Two things differ.
The images are in [0, 1] with a background of 0, and not normalised: beyond the image the sampler
reads 0, which is then background too. And the digits are turned, smaller and moved (``POSES``): on
MNIST as it is, all digits are upright and nothing has to be learnt by the transformer.

``python -m stn_core.tutorial_network`` trains it again and writes ``pretrained/tutorial/``; that
needs all of MNIST (see ``digits``).
"""

from __future__ import annotations

import json
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stn_core import checkpoints, digits
from stn_core.distortions import RTS
from stn_core.evaluation import EVALUATION_SEED
from stn_core.recorder import Recorder
from stn_core.recorder.packed import PACKED, pack
from stn_core.tensor_files import load_tensors, save_tensors, write_atomically
from stn_core.threads import on_threads
from stn_core.training.devices import device_name

NAME = "tutorial"  # its folder in pretrained/
POSES = RTS(canvas=28, max_angle_degrees=45, min_scale=0.6, max_scale=1.0)
ITERATIONS, BATCH_SIZE, PEAK_RATE = 12_000, 64, 2e-3
CHUNK = 1000  # digits that are posed, and read, at once: part of the test's definition
SHOWN_PER_CLASS = 3  # of the gallery: one as MNIST has it, the others posed


class TutorialNetwork(nn.Module):
    """(B, 1, 28, 28) in [0, 1] -> logits (B, 10). A new one's transformer is the identity.

    >>> TutorialNetwork()(torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 10])
    """

    def __init__(self) -> None:
        super().__init__()
        self.where = nn.Sequential(  # the localisation network
            nn.Conv2d(1, 8, 7), nn.MaxPool2d(2), nn.ReLU(),
            nn.Conv2d(8, 10, 5), nn.MaxPool2d(2), nn.ReLU(),
            nn.Flatten(), nn.Linear(10 * 3 * 3, 32), nn.ReLU(), nn.Linear(32, 6),
        )  # fmt: skip
        theta = self.where[-1]
        assert isinstance(theta, nn.Linear)
        nn.init.zeros_(theta.weight)
        theta.bias.data = torch.eye(2, 3).flatten()
        self.what = nn.Sequential(  # the classifier
            nn.Conv2d(1, 10, 5), nn.MaxPool2d(2), nn.ReLU(),
            nn.Conv2d(10, 20, 5), nn.Dropout2d(), nn.MaxPool2d(2), nn.ReLU(),
            nn.Flatten(), nn.Linear(320, 50), nn.ReLU(), nn.Dropout(), nn.Linear(50, 10),
        )  # fmt: skip

    def forward(self, image: Tensor) -> Tensor:
        theta = self.where(image).unflatten(1, (2, 3))
        grid = F.affine_grid(theta, list(image.shape), align_corners=False)
        return self.what(F.grid_sample(image, grid, align_corners=False))


def build() -> TutorialNetwork:
    """The trained network, in evaluation mode. Raises CheckpointError if its weights are not there.

    >>> build().training
    False
    """
    path = folder() / checkpoints.WEIGHTS
    network = TutorialNetwork()
    checkpoints.load_strictly(network, load_tensors(path)[0], str(path))
    return network.eval()


def images() -> tuple[Tensor, Tensor]:
    """Thirty digits for it, on which it was not trained: float32 (30, 1, 28, 28) in [0, 1], and
    their classes (30,). The first ten are as MNIST has them, the others are posed.

    >>> shown, labels = images()
    >>> shown.shape, labels.tolist()[:12]
    (torch.Size([30, 1, 28, 28]), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])
    """
    gallery = digits.gallery()
    first = torch.arange(0, len(gallery), digits.GALLERY_PER_CLASS)
    index = torch.cat([first + n for n in range(SHOWN_PER_CLASS)])
    drawn = gallery.images[index]
    shown = posed(drawn, EVALUATION_SEED)
    shown[: len(first)] = drawn[: len(first)].unsqueeze(1) / 255
    return shown, gallery.labels[index]


def posed(drawn: Tensor, seed: int) -> Tensor:
    """Digits, uint8 (B, 28, 28), each in a pose of its own: float32 (B, 1, 28, 28) in [0, 1].

    >>> posed(torch.zeros(2, 28, 28, dtype=torch.uint8), seed=0).shape
    torch.Size([2, 1, 28, 28])
    """
    return POSES(drawn, torch.Generator().manual_seed(seed)).images


def error_percent(network: nn.Module, source: digits.Digits) -> float:
    """On the digits of a source, each in a pose of its own, always the same.

    >>> error_percent(build(), digits.gallery()) < 5
    True
    """
    wrong = 0
    with torch.inference_mode():
        for place in range(0, len(source), CHUNK):
            shown = posed(source.images[place : place + CHUNK], EVALUATION_SEED)
            wrong += int((network(shown).argmax(1) != source.labels[place : place + CHUNK]).sum())
    return 100 * wrong / len(source)


def train(
    source: digits.Digits,
    iterations: int = ITERATIONS,
    seed: int = 0,
    record: Path | None = None,
) -> TutorialNetwork:
    """A new one, trained on class labels only, in evaluation mode. record: a folder for a
    ``Recorder``, which watches it on ten of ``images``.

    >>> train(digits.installed().train, iterations=1).training
    False
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(), on_threads(1), ExitStack() as stack:
        torch.manual_seed(seed)  # of the first weights, and of the dropout
        network = TutorialNetwork()
        recorder = None
        if record:
            shown, labels = images()
            recorder = Recorder(record, network, (shown[10:20], labels[10:20]))
            stack.enter_context(recorder)
        optimiser = torch.optim.AdamW(network.parameters(), weight_decay=0.01)
        rate = torch.optim.lr_scheduler.OneCycleLR(optimiser, PEAK_RATE, max(iterations, 2))
        for _ in range(iterations):
            index = torch.randint(len(source), (BATCH_SIZE,), generator=generator)
            shown = POSES(source.images[index], generator).images
            logits, labels = network(shown), source.labels[index]
            loss = F.cross_entropy(logits, labels)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            if recorder:
                error = 100 * (logits.detach().argmax(1) != labels).float().mean()
                recorder.step(loss=loss, error=error, learning_rate=rate.get_last_lr()[0])
            rate.step()
    return network.eval()


def folder() -> Path:
    """Where its weights are.

    >>> folder().name
    'tutorial'
    """
    return checkpoints.PRETRAINED / NAME


def publish(source: digits.Source, iterations: int = ITERATIONS, seed: int = 0) -> dict[str, Any]:
    """Train it, measure it as it is shipped, and write its folder, with the recorded training.
    Gives the metrics.

    Raises DigitsError if MNIST's test digits are not there.

    >>> publish(digits.installed())  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    stn_core.digits.DigitsError: MNIST's 10,000 test digits are missing; set STN_DATA to a folder...
    """
    if source.test is None:
        raise digits.DigitsError(
            "MNIST's 10,000 test digits are missing; set STN_DATA to a folder with all of MNIST"
        )
    begun = time.monotonic()
    folder().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as beside:
        record = Path(beside, NAME)
        network = checkpoints.as_shipped(train(source.train, iterations, seed, record))
        pack(record, folder() / PACKED)
    metrics = {
        "error_percent_test": error_percent(network, source.test),
        "error_percent_gallery": error_percent(network, source.gallery),
        "test_digits": len(source.test),
        "evaluation_seed": EVALUATION_SEED,
        "parameters": sum(p.numel() for p in network.parameters()),
        "seed": seed,
        "iterations": iterations,
        "batch_size": BATCH_SIZE,
        "train_digits": len(source.train),
        "device": device_name(torch.device("cpu")),
        "seconds": round(time.monotonic() - begun, 1),
        "torch": torch.__version__,
    }
    halves = {name: tensor.half() for name, tensor in network.state_dict().items()}
    save_tensors(folder() / checkpoints.WEIGHTS, halves, {"network": NAME})
    write_atomically(folder() / checkpoints.METRICS, json.dumps(metrics, indent=1).encode() + b"\n")
    return metrics


if __name__ == "__main__":
    print(json.dumps(publish(digits.load()), indent=1))
