"""A network shown from Python."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from app.data import inspected
from app.notebook import in_a_notebook, server
from stn_core import watch
from stn_core.inspecting.server import MAIN, page_of
from tests.stn_core.foreign_networks import Tutorial


def test_script_s_network_is_served_from_its_own_process(monkeypatch, generator, capsys):
    class App:
        def __init__(self, main) -> None:
            assert main == MAIN

        def run(self, config) -> None:
            started.append((config["server.address"], config["server.port"]))
            started.append(inspected.started_with())

    started: list = []
    inspected.started_with.clear()
    monkeypatch.setattr(server.st, "App", App)
    monkeypatch.setattr(server, "_say", lambda *_: None)
    monkeypatch.setattr(inspected, "_handed", [])
    assert not in_a_notebook()
    network, images = Tutorial(), torch.rand(70, 1, 28, 28, generator=generator)
    network(images)
    with watch(network) as warps:
        network(images)
    warps.show(classes=("ant",), port=8629)
    inspected.started_with.clear()
    address, shown = started
    assert page_of(*address) == "http://127.0.0.1:8629/network"
    assert shown.network is network and torch.equal(shown.images, images[:64])
    assert (shown.title, shown.classes) == ("Tutorial", ("ant",))


def test_network_that_was_not_called_cannot_be_shown():
    with watch(nn.Identity()) as warps:
        pass
    with pytest.raises(ValueError, match="there is no network to show"):
        warps.show()
