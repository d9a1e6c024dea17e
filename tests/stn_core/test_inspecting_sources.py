"""Code, weights and images of one's own: loaded as they are, or refused with a reason."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from stn_core.__main__ import main
from stn_core.errors import InputError
from stn_core.inspecting import Source, load
from stn_core.inspecting.images import MAX_IMAGES, as_images
from stn_core.inspecting.server import free_port, settings
from stn_core.inspecting.weights import load_weights

CODE = """
import torch
import torch.nn.functional as F
from torch import nn

class Net(nn.Module):
    def __init__(self, channels=1):
        super().__init__()
        self.model = nn.Sequential(nn.Conv2d(channels, 2, 3), nn.BatchNorm2d(2), nn.Flatten())
        self.last = nn.Linear(2 * 6 * 6, 4)

    def forward(self, image):
        theta = torch.eye(2, 3).expand(len(image), 2, 3)
        grid = F.affine_grid(theta, image.shape, align_corners=False)
        return self.last(self.model(F.grid_sample(image, grid, align_corners=False)))

def build():
    return Net()

def colour():
    return Net(3)

def fails():
    return 1 / 0

def number():
    return 3

def plain():
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 4))

constant = 3

def images():
    return torch.rand(3, 8, 8), [0, 1, 2]
"""


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A folder with a module, to be the current one; what it adds to Python is taken back."""
    (tmp_path / "their_network.py").write_text(CODE)
    (tmp_path / "broken.py").write_text("import nowhere_at_all")
    (tmp_path / "pictures").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield tmp_path
    for name in ("their_network", "broken"):
        sys.modules.pop(name, None)


def source(network="their_network:build", images="their_network:images", **more) -> Source:
    return Source(network=network, images=images, folder=str(Path.cwd()), **more)


def save_picture(path: Path, size=(8, 8), mode="L") -> None:
    Image.new(mode, size, 128 if mode == "L" else (128, 0, 0)).save(path)


@pytest.mark.parametrize("network", ["their_network:build", "their_network.py:build"])
def test_network_images_and_classes_are_those_named(network, folder):
    (folder / "names.txt").write_text("zero\none\n\ntwo\n")
    found = load(source(network, classes="names.txt"))
    assert found.images.shape == (3, 1, 8, 8) and found.labels.tolist() == [0, 1, 2]
    assert [found.class_name(n) for n in (0, 3)] == ["zero", "3"]
    assert not found.network.training and found.names == ("Net",)


def test_file_that_is_called_as_a_module_that_is_there_does_not_take_its_place(folder):
    (folder / "torch.py").write_text(CODE)
    assert load(source("torch.py:build", images="their_network.py:images")).names == ("Net",)
    assert sys.modules["torch"] is torch


@pytest.mark.parametrize(
    "wrap",
    [
        lambda own: own,
        lambda own: {"state_dict": own, "epoch": 3},
        lambda own: {"model": {f"module.{name}": tensor for name, tensor in own.items()}},
        lambda own: {name: t for name, t in own.items() if not name.endswith("_tracked")},
    ],
    ids=["plain", "lightning", "data-parallel", "without-counters"],
)
def test_weights_fit_however_they_were_wrapped(wrap, folder):
    own = load(source()).network.state_dict()
    torch.save(wrap({name: tensor + 1 for name, tensor in own.items()}), folder / "w.pt")
    weights = load(source(weights="w.pt")).network.state_dict()
    kept = [name for name in own if not name.endswith("_tracked")]
    assert all(torch.equal(weights[name], own[name] + 1) for name in kept)


@pytest.mark.parametrize("wrap", ["", "module."])
@pytest.mark.parametrize("depth", [1, 2])
def test_weights_fit_a_wrapper_of_a_transformer_and_a_classifier(depth, wrap, tmp_path):
    parts = {"transformer": nn.Linear(1, 2), "classifier": nn.Linear(2, 3)}
    network = nn.ModuleDict(parts)
    for _ in range(depth):
        network = nn.ModuleDict({"net": network})
    saved = {name: tensor + 1 for name, tensor in network.state_dict().items()}
    torch.save({f"{wrap}{name}": t for name, t in saved.items()}, tmp_path / "w.pt")
    load_weights(network, tmp_path / "w.pt")
    assert all(torch.equal(tensor, saved[name]) for name, tensor in network.state_dict().items())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"network": "their_netwrk:build"}, "there is no module 'their_netwrk' in "),
        ({"network": "broken:build"}, "'broken' cannot be imported: ModuleNotFoundError"),
        ({"network": "their_network"}, "expected module:name"),
        ({"network": "their_network:make"}, "has no 'make'; it has .*build"),
        ({"network": "their_network:constant"}, "is no function but of int"),
        ({"network": "their_network:number"}, "returned int; expected a torch.nn.Module"),
        ({"network": "their_network:fails"}, "raised ZeroDivisionError: division by zero"),
        ({"network": "their_network:plain"}, "neither F.grid_sample nor a SpatialTransformer"),
        ({"network": "their_network:colour"}, "raised RuntimeError .*to have 3 channels"),
        ({"weights": "no.pt"}, "there is no file"),
        ({"weights": "their_network.py"}, "not a checkpoint that is safe to read"),
        ({"weights": "other.pt"}, "missing .*model.0.bias.*; unexpected .*own"),
        ({"images": "nowhere"}, "there is no folder or file"),
        ({"images": "pictures"}, "there is no picture in .*pictures"),
        ({"images": "their_network:number"}, r"gave images \(\)"),
        ({"classes": "no.txt"}, "the class names cannot be read"),
    ],
    ids=lambda value: next(iter(value.values())) if isinstance(value, dict) else "",
)  # fmt: skip
def test_what_cannot_be_used_says_why(change, words, folder):
    torch.save({"model.0.weight": torch.zeros(2, 1, 3, 3), "own": torch.zeros(1)}, "other.pt")
    with pytest.raises(InputError, match=words):
        load(source(**change))


def test_command_says_in_one_line_what_is_wrong(folder, capsys):
    assert main(["inspect", "nowhere_at_all:build", "--images", "pictures"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("stn_core: there is no module 'nowhere_at_all'")
    assert said.count("\n") == 1


def test_folder_s_damaged_pictures_are_left_out_and_named(folder):
    for number in range(3):
        save_picture(folder / "pictures" / f"{number}.png")
    (folder / "pictures" / "1.png").write_bytes(b"no picture")
    (folder / "pictures" / "notes.txt").write_text("none either")
    found = load(source(images="pictures"))
    assert found.images.shape == (2, 1, 8, 8) and found.images[0, 0, 0, 0] == 128 / 255
    assert found.left_out == ("1.png (UnidentifiedImageError)",)
    save_picture(folder / "pictures" / "red.png", mode="RGB")
    colour = load(source("their_network:colour", images="pictures"))
    assert colour.images[2, :, 0, 0].tolist() == pytest.approx([128 / 255, 0, 0])
    grey = load(source(images="pictures", channels=1))
    assert grey.images.shape == (3, 1, 8, 8)


def test_pictures_of_several_sizes_are_refused_with_the_sizes(folder):
    for number, size in enumerate([(8, 8), (8, 8), (9, 7)]):
        save_picture(folder / "pictures" / f"{number}.png", size)
    with pytest.raises(InputError, match="2 are 8 × 8 .*2.png is 7 × 9"):
        load(source(images="pictures"))


def test_arrays_are_images_in_any_usual_order(folder):
    many = np.zeros((MAX_IMAGES + 3, 8, 8), np.uint8) + 255
    np.savez("many.npz", many)
    found = load(source(images="many.npz"))
    assert found.images.shape == (MAX_IMAGES, 1, 8, 8) and found.images.max() == 1
    assert found.left_out == (f"3 of {MAX_IMAGES + 3} images",)
    assert as_images(np.zeros((2, 8, 9, 3)), "mine").images.shape == (2, 3, 8, 9)
    with pytest.raises(InputError, match="NaN"):
        as_images(torch.full((1, 1, 2, 2), torch.nan), "mine")
    with pytest.raises(InputError, match=r"labels \(3,\) for 2 images"):
        as_images((np.zeros((2, 8, 8)), [1, 2, 3]), "mine")


def test_server_listens_here_alone_and_answers_to_an_address_that_is_asked_for():
    here = settings("127.0.0.1", 8501)
    assert here["server.address"] == "127.0.0.1" and not here["browser.gatherUsageStats"]
    assert "0.0.0.0" not in here["server.allowedHosts"]
    asked = settings("192.168.7.7", 8501)
    assert asked["server.address"] == "192.168.7.7"
    assert {"192.168.7.7", "127.0.0.1"} <= set(asked["server.allowedHosts"])


def test_port_that_is_taken_is_refused():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(InputError, match="is not free on 127.0.0.1"):
            free_port("127.0.0.1", taken.getsockname()[1])
