"""A network shown from Python."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from app.data import inspected
from app.notebook import in_a_notebook, server
from stn_core import tutorial_network, watch
from stn_core.errors import InputError
from stn_core.inspecting import Inspected
from stn_core.inspecting.server import MAIN, page_of
from tests.stn_core.foreign_networks import Tutorial


def test_script_s_network_is_served_from_its_own_process(monkeypatch, generator, capsys):
    class App:
        def __init__(self, main) -> None:
            assert main == MAIN

        def run(self, config) -> None:
            started.append((config["server.address"], config["server.port"]))
            started.append(inspected.started_with())
            raise KeyboardInterrupt  # as uvicorn does once it has shut down

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
    warps.show(classes=("ant",), port=8629)  # Ctrl-C leaves it, and not the script
    inspected.started_with.clear()
    address, shown = started
    assert page_of(*address) == "http://127.0.0.1:8629/network"
    assert shown.network is network and torch.equal(shown.images, images[:64])
    assert (shown.title, shown.classes) == ("Tutorial", ("ant",))


def test_app_that_has_run_in_this_process_is_refused_before_anything_is_done(monkeypatch):
    monkeypatch.setattr(inspected, "_handed", [])
    monkeypatch.setattr(server.runtime, "exists", lambda: True)
    monkeypatch.setattr(server, "_say", lambda *_: pytest.fail("a page is announced"))
    images, _ = tutorial_network.images()
    with pytest.raises(InputError, match="restart Python"):
        server.serve(Inspected(tutorial_network.build(), images), browser=False)
    assert not inspected._handed


@pytest.mark.parametrize("answers", [True, False])
def test_page_is_announced_only_once_it_is_there(answers, monkeypatch, capsys):
    def opened(*_, **__):
        if not answers:
            raise ConnectionRefusedError
        return SimpleNamespace(close=lambda: None)

    browsed: list[str] = []
    monkeypatch.setattr(server, "START_SECONDS", 0.5)
    monkeypatch.setattr(server.urllib.request, "urlopen", opened)
    monkeypatch.setattr(server.webbrowser, "open", browsed.append)
    server._say("http://127.0.0.1:8629/network", True)
    said = capsys.readouterr().out
    if answers:
        assert said.startswith("Open http://127.0.0.1:8629/network") and len(browsed) == 1
    else:
        assert said == "" and browsed == []


def test_shell_of_colab_is_a_notebook_s_as_well(monkeypatch):
    class ZMQInteractiveShell:
        pass

    class Shell(ZMQInteractiveShell):  # google.colab's
        pass

    for shell, is_one in ((Shell(), True), (ZMQInteractiveShell(), True), (None, False)):
        ipython = SimpleNamespace(get_ipython=lambda shell=shell: shell)
        monkeypatch.setitem(sys.modules, "IPython", ipython)
        assert in_a_notebook() is is_one


def test_network_that_was_not_called_cannot_be_shown():
    with watch(nn.Identity()) as warps:
        pass
    with pytest.raises(ValueError, match="there is no network to show"):
        warps.show()
