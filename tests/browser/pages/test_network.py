"""The page on a network of one's own: a file of a real network's transformers, drawn."""

from __future__ import annotations

import io
import math
import os
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from stn_core import Affine, FullyConnectedBody, Localisation, SpatialTransformer, save_warps, watch
from tests.browser.driving import (
    PATIENCE_MILLISECONDS,
    drag,
    go,
    handle,
    settle,
    stage_of,
    theta_shown,
    until,
)
from tests.browser.output.test_export import SVG, take
from tests.browser.output.test_pictures import drawn, halved
from tests.browser.serving import ROOT

HEIGHT, WIDTH = 60, 120
ANGLE = math.radians(30)
# A turn of the picture, in the coordinates of one that is twice as wide as it is high.
TURN = [
    [math.cos(ANGLE), -math.sin(ANGLE) * HEIGHT / WIDTH, 0],
    [math.sin(ANGLE) * WIDTH / HEIGHT, math.cos(ANGLE), 0],
]


MIDDLE = """(node) => {
    const box = node.getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
}"""


@pytest.fixture
def warps_file(tmp_path):
    """Two wide images, turned by 30°."""
    body = FullyConnectedBody((1, HEIGHT, WIDTH))
    transformer = SpatialTransformer(
        Localisation(body, Affine().identity()), Affine(), size=(HEIGHT, WIDTH)
    )
    network = nn.Sequential(transformer)
    with torch.no_grad():
        transformer.localisation.regression.bias.copy_(torch.tensor(TURN).flatten())
    images = torch.zeros(2, 1, HEIGHT, WIDTH)
    images[..., 16:44, 32:88] = 1
    with watch(network) as warps, torch.no_grad():
        network(images)
    save_warps(tmp_path / "warps.safetensors", network, warps)
    return tmp_path / "warps.safetensors"


def assert_the_hand_changes_the_answer(page) -> None:
    """Two bars for a class once a handle was dragged: by the network's grid, and by the hand's."""
    verdict = page.locator(".st-key-verdict")
    verdict.get_by_text("Its own grids").wait_for()
    own = verdict.inner_text()
    drag(page, "top left corner", 0.3, 0.2)
    verdict.get_by_text("Grid set by hand").wait_for()
    bars = verdict.get_by_role("img", name="Class probabilities")
    before, after = bars.get_attribute("aria-label").split("; Grid set by hand: ")
    assert after not in before
    stage_of(page).get_by_role("button", name="Use the network's grid").click()
    verdict.get_by_text("Grid set by hand").wait_for(state="detached")
    until(page, lambda: verdict.inner_text() == own, "the network's grid is not back")


def assert_exports_keep_the_shape(page, tmp_path) -> None:
    """U and V as they are on the screen, and the same in all three files."""
    svg, png, gif = (take(page, kind, tmp_path) for kind in ("SVG", "PNG", "GIF"))
    images = ElementTree.fromstring(svg).iter(f"{SVG}image")
    sizes = [[float(image.get(side)) for side in ("width", "height")] for image in images]
    for canvas in stage_of(page).locator("canvas.pixels").all():
        box = canvas.bounding_box()
        assert any(np.allclose(size, [box["width"], box["height"]], atol=1) for size in sizes)
    picture = drawn(page, svg)
    film = Image.open(io.BytesIO(gif))
    film.seek(film.n_frames - 1)
    frame = film.convert("RGB").resize(picture.shape[1::-1])
    for other in (halved(png, picture.shape), np.array(frame, float)):
        assert np.abs(picture - other).mean() < 6


def test_wide_image_keeps_its_shape_and_a_turn_its_right_angles(visit, warps_file, tmp_path):
    page = visit(at="network", reduced_motion="reduce")
    handle(page, "the whole grid").wait_for()  # the example, live
    assert_the_hand_changes_the_answer(page)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(warps_file)
    page.get_by_text("An example, live").wait_for(state="detached")
    settle(page)
    handle(page, "the whole grid").wait_for()
    page.locator(".strip button").nth(1).wait_for()

    def shapes() -> list[float]:
        """Of U, V and the first of the strip: the pane, and the picture in it."""
        places = (stage_of(page), page.locator(".strip button").first)
        panes = [at.locator(f"[data-pane={pane}]").first for at in places for pane in ("U", "V")]
        parts = [pane.locator(what).first for pane in panes for what in (".square", ".pixels")]
        return [box["width"] / box["height"] for box in (part.bounding_box() for part in parts)]

    wide = lambda: np.allclose(shapes(), WIDTH / HEIGHT, rtol=0.04)  # noqa: E731
    until(page, wide, "the panes have not the images' shape")

    assert_exports_keep_the_shape(page, tmp_path)

    def middle(name: str) -> np.ndarray:
        return np.array(handle(page, f"{name} corner").evaluate(MIDDLE))

    def sides() -> tuple[np.ndarray, np.ndarray]:
        first = middle("top left")
        return middle("top right") - first, middle("bottom left") - first

    stage_of(page).get_by_role("button", name="θ = identity").click()
    handle(page, "the whole grid").focus()
    for key in [*6 * ["Shift+-"], *3 * ["Shift+]"]]:  # small, so that no handle is beyond the pane
        page.keyboard.press(key)
    across, down = sides()
    lengths = np.linalg.norm(across), np.linalg.norm(down)
    assert abs(across @ down) < 0.02 * lengths[0] * lengths[1]
    assert lengths[0] / lengths[1] == pytest.approx(WIDTH / HEIGHT, rel=0.02)
    turned, scale = theta_shown(page), 1.1**-6
    assert turned[1, 0] == pytest.approx(2 * scale * math.sin(0.3), abs=0.02)
    assert turned[0, 1] == pytest.approx(-scale * math.sin(0.3) / 2, abs=0.02)

    go(page, "Glossary")  # an upload stays while the tab is open
    page.get_by_role("heading", name="Glossary").wait_for()
    page.go_back()
    page.get_by_text("Open: warps.safetensors").wait_for()
    until(page, wide, "the file is lost on the way back")


THEIRS = """
import torch
from torch import nn
from tests.stn_core.foreign_networks import Spline

torch.manual_seed(0)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = Spline(), Spline(3, 3, (20, 24))
        self.head = nn.Sequential(nn.Flatten(), nn.LazyLinear(5))

    def forward(self, image):
        return 20 * self.head(self.second(self.first(image)))

def images():
    return torch.rand(3, 28, 28)
"""


@pytest.fixture
def inspected(tmp_path):
    """The address that the command ``inspect`` says, with a network as others write them."""
    (tmp_path / "their_network.py").write_text(THEIRS)
    command = [sys.executable, "-m", "stn_core", "inspect", "their_network:Net"]
    command += ["--images", "their_network:images", "--no-browser"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "STN_RUNS": str(tmp_path / "runs")}
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
    )
    said = iter(process.stdout.readline, "")
    yield next(line.split()[1] for line in said if line.startswith("Open http"))
    process.terminate()
    process.wait()


def test_network_that_the_command_names_runs_under_the_hand(chromium, inspected):
    context = chromium.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    page.goto(inspected)
    handle(page, "the whole grid").wait_for()
    assert_the_hand_changes_the_answer(page)
    page.get_by_text("All grids on the input image").wait_for()  # two in sequence
    assert page.locator(".strip").first.locator("button").all_inner_texts() == ["first", "second"]
    context.close()
