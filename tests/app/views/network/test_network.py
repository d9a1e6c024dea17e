"""The page on a network of one's own, run by Streamlit's test harness: no JavaScript."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from app.data import inspected
from app.views.network.shown import Choice
from stn_core import Affine, SpatialTransformer, save_warps, watch
from stn_core.errors import InputError
from stn_core.inspecting import Source
from stn_core.inspecting.poses import Pose
from stn_core.inspecting.sources import VARIABLE
from stn_core.recorder import Recorder
from tests.app.visiting import opened, payload, payloads, texts

CODE = """
import torch
from torch import nn
from stn_core import LearnedBasis, SpatialTransformer
from tests.stn_core.foreign_networks import Spline

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = Spline(), Spline(3, 3, (20, 24))
        self.features = nn.Conv2d(1, 4, 3, padding=1)
        self.head = nn.Sequential(nn.Flatten(), nn.LazyLinear(7))

    def forward(self, image):
        return self.head(self.second(self.features(self.first(image))))

class OneByOne(Net):
    def forward(self, image):
        if len(image) > 1:
            raise ValueError("only one image at a time")
        return super().forward(image)

class NotFinite(Net):
    def forward(self, image):
        scores = super().forward(image)
        scores[2:] = torch.nan
        return scores

class Learned(nn.Module):
    size = 28

    def __init__(self):
        super().__init__()
        self.parts = nn.Sequential(*(self.transformer() for _ in "12"))
        self.head = nn.Sequential(nn.AvgPool2d(4), nn.Flatten(), nn.LazyLinear(7))

    def transformer(self):
        size = (self.size, self.size)
        family = LearnedBasis(size)
        loc = lambda u: family.identity().expand(len(u), 12)
        return SpatialTransformer(loc, family, size=size)

    def forward(self, image):
        return self.head(self.parts(image))

class Large(Learned):
    size = 160

def images():
    return torch.rand(3, 28, 28), torch.tensor([0, 1, 2])

def broken():
    raise RuntimeError("see [here](http://evil)")
"""


class Crops(nn.Module):
    """Two crops of each image."""

    def forward(self, image):
        theta = torch.tensor([[[0.5, 0, x], [0, 0.5, 0]] for x in (-0.5, 0.5)] * len(image))
        grid = F.affine_grid(theta, [len(theta), 1, 8, 8], align_corners=False)
        crops = F.grid_sample(image.repeat_interleave(2, 0), grid, align_corners=False)
        return crops.view(len(image), 2, 64).mean(2)


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Start the server with a network, as the command does; gives the page."""
    (tmp_path / "inspected_here.py").write_text(CODE)
    (tmp_path / "names.txt").write_text("ant\n**bee**\n")
    monkeypatch.setattr(sys, "path", [*sys.path])

    def page(network: str):
        source = Source(
            network=network, images="inspected_here:images", classes="names.txt",
            folder=str(tmp_path),
        )  # fmt: skip
        monkeypatch.setenv(VARIABLE, source.text)
        return opened("network")

    for cache in CACHES:
        cache.clear()
    yield page
    for cache in CACHES:
        cache.clear()
    sys.modules.pop("inspected_here", None)


CACHES = (
    inspected.started_with,
    inspected.own_pass,
    inspected.first_images,
    inspected.sources,
    inspected.swept,
)


def move(app, theta) -> None:
    """Have the stage report a θ, as a browser does."""
    sent = payload(app)
    report = {"token": sent["token"], "thetas": [theta], "poses": None, "position": 1, "serial": 1}
    app.session_state["own-live-0"] = {"report": report}


def test_page_opens_on_an_example_that_runs_and_says_how_to_get_one_s_own_there():
    app = opened("network")
    assert not app.exception and not app.error
    assert "An example, live" in texts(app) and "Its own grids" in texts(app)
    assert any("python -m stn_core inspect" in code.value for code in app.code)
    sent = payload(app)
    assert sent["layout"] == "large" and len(sent["items"][0]["thetas"][0]) == 6
    network = inspected.example()
    assert (network.run(network.images).probabilities.argmax(1) == network.labels).all()


def test_network_of_the_command_is_shown_with_its_classes_and_follows_the_hand(start):
    app = start("inspected_here:Net")
    assert not app.exception and not app.error
    assert app.selectbox(key="own-transformer").options == ["first", "second"]
    assert "&#42;&#42;bee&#42;&#42;" in texts(app) and "<b>ant</b> ◂" in texts(app)
    assert "Grid set by hand" not in texts(app)
    first = payload(app)
    assert first["outputSize"] == [28, 28] and len(first["items"][0]["thetas"][0]) == 10

    theta = [0.5 * number for number in first["items"][0]["thetas"][0]]
    move(app, theta)
    app.run()
    assert not app.exception and not app.error
    assert "Grid set by hand" in texts(app)
    app.selectbox(key="own-transformer").select(1).run()  # the hand's grid stays on the first
    assert "Also set by hand: first" in texts(app)
    assert payload(app)["outputSize"] == [20, 24]
    assert [box.label for box in app.selectbox if "Channel" in box.label] == ["Channel of 4"]
    app.selectbox(key="own-channel").select(2).run()
    assert "channel 3 of 4" in payload(app)["captions"]["U"]
    app.button_group(key="own-sweep").set_value(["scale"]).run()
    assert not app.exception and not app.error


@pytest.mark.parametrize(("network", "side"), [("Learned", 28), ("Large", 160)])
def test_learned_basis_is_drawn_in_its_own_size_and_moved(network, side, start):
    app = start(f"inspected_here:{network}")
    assert not app.exception and not app.error
    sent = payload(app)
    assert sent["outputSize"] == [side, side]
    move(app, [0.8 * number for number in sent["items"][0]["thetas"][0]])
    app.run()
    assert not app.exception and "Grid set by hand" in texts(app)
    app.selectbox(key="own-transformer").select(1).run()
    assert not app.exception and not app.error


@pytest.mark.parametrize(
    ("network", "words"),
    [("OneByOne", "only one image at a time"), ("NotFinite", "NaN or infinite")],
)
def test_network_that_cannot_take_all_images_at_once_says_so_and_the_rest_is_drawn(
    network, words, start
):
    app = start(f"inspected_here:{network}")
    assert not app.exception
    assert "cannot be run on 3 images at once" in app.error[0].value
    assert words in app.error[0].value
    rows = [sent for sent in payloads(app) if sent["layout"] == "strip"]
    assert [item["thetas"] for item in rows[-1]["items"]] == [None] * 3
    assert "Your own network" in texts(app)


def test_grids_that_cannot_be_multiplied_out_are_an_error_above_the_images(start, monkeypatch):
    def broken(*_):
        raise InputError("it cannot be run")

    monkeypatch.setattr(inspected, "sources", broken)
    app = start("inspected_here:Net")
    assert not app.exception
    assert [error.value for error in app.error] == [
        "The grids cannot be drawn on the input: it cannot be run"
    ]
    assert "Your own network" in texts(app)


def test_grid_of_one_file_is_not_put_into_another(tmp_path):
    def file(name: str, scale: float) -> SimpleNamespace:
        theta = scale * Affine().identity().view(1, 6)
        network = SpatialTransformer(lambda u: theta.expand(len(u), 6), Affine())
        with watch(network) as warps:
            network(torch.rand(2, 1, 8, 8))
        save_warps(tmp_path / name, network, warps)
        content = (tmp_path / name).read_bytes()
        return SimpleNamespace(name=name, file_id=f"id-of-{name}", getvalue=lambda: content)

    app = opened("network")
    tokens = []
    for given in (file("one.safetensors", 0.5), file("two.safetensors", 0.75)):
        app.session_state["own-warps:kept"] = given
        app.run()
        assert not app.exception and not app.error
        tokens += [s["token"] for s in payloads(app) if s["layout"] in ("large", "strip")]
    assert len(tokens) == len(set(tokens)) == 4


@pytest.mark.parametrize(
    "thetas",
    [[], [[]], [[float("nan")] * 10], [[1.0] * 9], [["1"] * 10], "text", [[1.0] * 10] * 2],
    ids=str,
)
def test_theta_that_does_not_fit_is_ignored(thetas, start):
    app = start("inspected_here:Net")
    move(app, None)
    app.session_state["own-live-0"]["report"]["thetas"] = thetas
    app.run()
    assert not app.exception and "Grid set by hand" not in texts(app)


@pytest.mark.parametrize(
    ("network", "words"),
    [
        ("nowhere_to_be_seen:build", "there is no module"),
        ("inspected_here:broken", "raised RuntimeError: see &#91;here&#93;"),
    ],
)
def test_network_that_cannot_be_loaded_is_an_error_on_the_page(network, words, start):
    app = start(network)
    assert not app.exception and words in app.error[0].value
    assert any("python -m stn_core inspect" in code.value for code in app.code)


def test_choices_are_told_apart():
    network = inspected.example()
    choice = Choice(
        network=network, key="example", transformer=network.names[0], image=2, channel=None,
        crop=0, pose=Pose(degrees=5),
    )  # fmt: skip
    assert choice.token == "example/2/5,1,0,0/TutorialNetwork/0"
    assert choice.truth == 2


def test_recorded_transformer_of_several_crops_per_probe_is_an_error_on_the_page(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("STN_RUNS", str(tmp_path))
    with Recorder(tmp_path / "crops", Crops(), torch.rand(3, 1, 8, 8)) as recorder:
        recorder.step(loss=1.0)
    app = opened("network", network_view="Replay", own_run="crops")
    assert not app.exception
    assert (
        "crops cannot be shown: its transformer reads 6 images for 3 probes" in app.error[0].value
    )
