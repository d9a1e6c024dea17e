"""Results on birds, with a network that was trained for two steps on a tiny CUB and published."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from app.data import bird_parts, birds, networks
from app.views.birds import looks
from stn_core.birds import backbone, mean_crops
from stn_core.birds.species import SPECIES
from stn_core.checkpoints import load_pretrained
from stn_core.experiments import find
from stn_core.metrics import load_metrics
from tests.app.visiting import opened, texts
from tests.stn_core.birds.conftest import cub, tiny_backbone, written  # noqa: F401  # fixtures

NAME = "birds/128/2st-cnn"
CACHES = (birds.cub, networks.pretrained, bird_parts._shipped, bird_parts._middles)


@pytest.fixture
def published(cub, pretrained, command, monkeypatch, tmp_path):  # noqa: F811
    """Its metrics; the means are over three species of three photographs each."""
    monkeypatch.setattr(backbone, "pretrained", tiny_backbone)
    monkeypatch.setattr(birds, "backbone_problem", lambda: "")
    monkeypatch.setattr(mean_crops, "SHOWN", SPECIES[:3])
    monkeypatch.setattr(mean_crops, "LEAST", 3)
    run = str(tmp_path / "run")
    options = ["--iterations", "2", "--batch-size", "4", "--run-dir", run]
    command(["train", NAME, "--recipe", "fine-tuned", *options])
    command(["publish", "--force", run])
    for cache in CACHES:
        cache.clear()
    yield load_metrics(find(NAME))
    for cache in CACHES:
        cache.clear()


def figures(app) -> list[list[str]]:
    """The captions of each grid of pictures, in its order."""
    grids = [e.proto.body for e in app.get("html") if "stn-looks" in e.proto.body]
    return [re.findall(r"<figcaption>(.*?)</figcaption>", grid) for grid in grids]


def test_table_parts_means_and_the_wall_are_shown(published, monkeypatch):
    app = opened("birds", bird_view="Results")
    assert not app.exception and not app.error
    table = next(m.value for m in app.markdown if "<table>" in m.value)
    assert f"<b>{100 - published.error_percent_test:.2f}</b>" in table
    assert all(figure in table for figure in ("82.3", "83.1", "83.9", "84.1"))  # Table 3's
    [measured] = published.parts
    head = measured.of("head")[measured.best["head"]]
    best, elsewhere = (
        m.value for m in app.markdown if "role='region'" in m.value and "seed 0" in m.value
    )
    window = measured.best["head"]
    assert (
        f"| whole head | {window} | {head.percent:.1f} % | {head.ahead.percent:+.1f} ("
        in best.replace("−", "-")
    )
    assert f"seed 0 | {measured.placed['mean'].percent:+.1f} (" in elsewhere.replace("−", "-")
    heads = [measured.of("head")[window].ahead for window in ("1", "2")]
    more = sum(ahead.decided and ahead.percent > 0 for ahead in heads)
    assert f"Of their 2 windows, **{more or 'none'} contain" in texts(app)
    assert "With every window kept at its mean place, " in texts(app)

    means, wall = figures(app)
    assert means == ["whole images", "window 1", "window 2"]
    # A photograph of each of three species: their beaks are at (−½, −½), their bellies at (0, 0).
    test = birds.cub("test")
    network, expected = load_pretrained(find(NAME)), []
    for label in range(3):
        image = test.images[test.labels == label][:1] / 255
        with torch.inference_mode():
            t = [warp.theta[0].numpy() for warp in network.trace(image).warps]
        part = {"head": np.array([-0.5, -0.5]), "body": np.zeros(2)}
        far = [np.linalg.norm(t[int(w) - 1] - part[r]) / 2 for r, w in measured.best.items()]
        expected.append((np.mean(far), SPECIES[label]))
    assert wall == [f"{name} · {100 * far:.0f}\u202f%" for far, name in sorted(expected)]

    monkeypatch.delenv("STN_DATA")
    app = opened("birds", bird_view="Results")
    assert not app.exception and not app.error
    means, wall = figures(app)
    assert means == ["whole images", "window 1", "window 2"]
    assert len(wall) == 12 and wall[:2] == ["Horned Lark", "Mallard"]
    assert app.selectbox(key="mean_of").options == list(SPECIES[:3])  # those that were published

    monkeypatch.setattr(birds, "backbone_problem", lambda: "Install it.")
    app = opened("birds", bird_view="Results")
    assert not app.exception and not app.error
    assert figures(app) == [means] and "Install it." in [info.value for info in app.info]


def test_wall_of_a_network_whose_parts_nobody_measured_is_unsorted(published, monkeypatch):
    monkeypatch.setattr(looks, "_best", lambda metrics: {})
    app = opened("birds", bird_view="Results")
    assert not app.exception and not app.error
    _, wall = figures(app)
    assert wall == list(SPECIES[:3])
    assert "How near they are to the bird's parts was not measured" in texts(app)


def test_without_a_published_network_the_page_says_so(pretrained):
    app = opened("birds", bird_view="Results")
    assert not app.exception and not app.error
    assert "nothing has been measured" in texts(app) and not figures(app)
