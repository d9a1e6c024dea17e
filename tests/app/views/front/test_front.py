"""The front page: a network told to the browser without torch; cards that open what they say."""

from __future__ import annotations

import base64
import functools
import subprocess
import sys
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from streamlit.testing.v1 import AppTest

from app.data import browser_networks, networks, once
from app.data.front_probe import front_probe
from app.views.front import cards
from stn_core import checkpoints, report, results
from stn_core.experiments import find
from stn_core.metrics import load_metrics
from stn_core.runs.packed import PACKED, unpack
from stn_core.sampling import sample
from stn_core.transforms import Affine, Attention, invert_affine
from tests.app.visiting import MAIN, go_to

CARDS = 14


def numbers(text: str) -> torch.Tensor:
    return torch.from_numpy(np.frombuffer(base64.b64decode(text), np.float16).astype(np.float32))


def run(layers: list[dict], x: torch.Tensor) -> torch.Tensor:
    """What a told network gives, by torch."""
    for layer in layers:
        kind, side = layer["kind"], layer.get("side")
        if kind in ("convolution", "linear"):
            weight, bias = numbers(layer["weight"]), numbers(layer["bias"])
            shape = [layer["outputs"], layer["inputs"], *[layer["kernel"]] * 2]
            if kind == "convolution":
                x = F.conv2d(x, weight.reshape(shape), bias)
            else:
                x = F.linear(x.flatten(1), weight.reshape(shape[:2]), bias)
        elif kind == "rectify":
            x = x.relu()
        elif kind == "max":
            x = F.max_pool2d(x, side, ceil_mode=True)
        else:
            x = F.avg_pool2d(x, side)
    return x


@pytest.mark.parametrize("imported", [True, False])
def test_torch_is_waited_with_until_the_figure_is_there(imported, monkeypatch):
    waited = []
    monkeypatch.setattr(once.time, "sleep", waited.append)
    if not imported:
        monkeypatch.delitem(sys.modules, "torch")
    once.wait_for_figure()
    assert waited == ([] if imported else [once.FIGURE_SECONDS])


@torch.no_grad()
@pytest.mark.parametrize(
    "name",
    [
        f"distorted/{c}/{n}"
        for c in ("rts", "tc", "r", "p", "e")
        for n in ("st-cnn-aff", "st-fcn-aff")
    ],
)
def test_told_network_is_the_published_one(name):
    told, network = browser_networks.network(name), checkpoints.load_pretrained(find(name))
    images = torch.from_numpy(browser_networks.probes(name)[0])[:, None].float() / 255
    trace = network.trace(images)
    torch.testing.assert_close(
        run(told.localisation, images), trace.warps[0].theta, rtol=0, atol=1e-4
    )
    assert told.pool == network.pool
    pooled = F.avg_pool2d(trace.warps[0].output, told.pool)
    torch.testing.assert_close(run(told.classifier, pooled), trace.logits, rtol=1e-4, atol=1e-3)
    metrics = load_metrics(find(name))
    assert f"{metrics.error_percent_test:.2f} %" in told.record


@pytest.mark.parametrize("name", ["distorted/rts/st-cnn-tps", "addition/rts/2st-fcn-aff"])
def test_network_that_the_browser_cannot_run_is_refused(name):
    with pytest.raises(ValueError, match="it needs one affine transformer"):
        browser_networks.network(name)


def test_digits_are_one_of_each_class_and_the_first_one_is_turned():
    recorded = unpack(browser_networks.folder() / PACKED)
    assert [digit.label for digit in browser_networks.digits()] == list(range(10))
    theta = recorded.snapshots[-1].theta[browser_networks.FIRST_DIGIT, 0]
    assert abs(np.degrees(np.arctan2(theta[3], theta[0]))) > 20
    assert (
        recorded.snapshots[-1].logits[browser_networks.FIRST_DIGIT].argmax()
        == browser_networks.FIRST_DIGIT
    )
    network = networks.pretrained(browser_networks.NAME)
    identity = Affine().identity().tolist()
    assert networks.run_network(network, front_probe()).logits.argmax() == 8
    assert networks.run_network(network, front_probe(), identity).logits.argmax() == 9


def test_cut_digit_is_laid_back_where_it_was():
    for image, digit in zip(browser_networks.probes()[0], browser_networks.digits(), strict=True):
        grid = Affine().grid(invert_affine(torch.tensor([digit.pose])), image.shape)
        laid = sample(torch.from_numpy(digit.image)[None, None].float(), grid)[0, 0]
        np.testing.assert_allclose(laid.numpy(), image, atol=0.01)


def test_figure_is_there_without_torch():
    code = (
        "import sys; from app.data import browser_networks as n; n.network(); n.digits()\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_page_shows_the_figure_and_then_the_cards():
    app = AppTest.from_file(MAIN, default_timeout=120).run()
    assert not app.exception and not app.error
    assert app.title[0].value == "Spatial Transformer Networks"
    assert app.get("bidi_component") and app.get("html")


@functools.cache
def shown() -> list[cards.Card]:
    found, problems = cards.cards()
    assert len(found) == CARDS and problems == []
    return found


@pytest.mark.parametrize("n", range(CARDS))
def test_card_opens_a_page_that_takes_all_of_its_link(n):
    link = urlsplit(shown()[n].href)
    app = AppTest.from_file(MAIN, default_timeout=120)
    fields = dict(parse_qsl(link.query))
    app.query_params.update(fields)
    go_to(app, link.path).run()
    assert not app.exception and not app.error and not app.toast
    for name, value in fields.items():
        assert str(app.session_state[name]) == value


def test_tables_on_cards_are_the_tables():
    found = {card.name: card for card in shown()}
    rows = {name: (ours, paper) for name, ours, paper in found["Table 1: error in percent"].rows}
    cell = results.cells("distorted")["distorted/rts/st-cnn-aff"]
    assert rows["ST-CNN Aff"] == (cell.ours, "0.5")
    means = next(line for line in report.colocalisation() if line.startswith("mean   "))
    for _, ours, paper in found["Table 5: localised, in percent"].rows:
        assert f"{ours} ({paper})" in means


def test_corners_are_where_the_family_reads():
    affine = cards.corners(Affine(), [0.5, 0, 0.1, 0, 0.25, -0.2])
    np.testing.assert_allclose(affine, [[-0.4, -0.45], [0.6, -0.45], [0.6, 0.05], [-0.4, 0.05]])
    box = cards.corners(Attention(), [0.5, 0.2, 0.3])
    np.testing.assert_allclose(box[[0, 2]], [[-0.3, -0.2], [0.7, 0.8]], atol=1e-6)
