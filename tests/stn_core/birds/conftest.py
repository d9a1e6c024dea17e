"""A tiny CUB in STN_DATA, and a tiny backbone in place of the one that has to be installed."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from stn_core.birds import backbone
from stn_core.birds.backbone import Architecture, Stage, assemble
from tests.stn_core.birds import tiny_cub

TINY = Architecture(
    4, (Stage(1, 3, 2, 1, 4), Stage(1, 3, 2, 2, 6), Stage(1, 3, 2, 2, 6), Stage(1, 3, 2, 2, 8)), 12
)


def tiny_backbone() -> nn.Sequential:
    """The same random weights each time."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return assemble(TINY)


@pytest.fixture(scope="session")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cub")
    tiny_cub.write(folder / "official" / "cub")
    tiny_cub.write_small(folder / "small" / "cub")
    return folder


@pytest.fixture
def cub(written, tmp_path, monkeypatch):
    """STN_DATA with the official layout, and a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("STN_DATA", str(written / "official"))
    return written / "official" / "cub"


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setattr(backbone, "pretrained", tiny_backbone)
