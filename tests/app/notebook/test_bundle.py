"""The stage's modules as one file, and a network shown from Python."""

from __future__ import annotations

import json
import re

import pytest
import torch
from torch import nn

from app.data import inspected
from app.notebook import bundle, in_a_notebook, server
from stn_core import watch
from stn_core.inspecting.server import MAIN, page_of
from tests.stn_core.foreign_networks import Tutorial


def modules() -> dict[str, str]:
    made = bundle.bundle("notebook.js")
    return dict(json.loads(re.match(r"const modules = (.*);$", made, re.MULTILINE)[1]))


def test_bundle_has_each_module_after_all_that_it_imports():
    before: set[str] = set()
    for name, source in modules().items():
        imported = set(re.findall(r'"module:([^"]+)"', source))
        assert imported <= before, name
        assert not re.search(r'(from|import)\s*"\.', source), name
        before.add(name)
    assert name == "notebook.js" and {"maths/sampling.js", "parts/handles.js"} <= before


def test_module_that_imports_itself_is_refused(tmp_path, monkeypatch):
    (tmp_path / "a.js").write_text('import { b } from "./b.js";\n')
    (tmp_path / "b.js").write_text('export { a } from "./a.js";\n')
    monkeypatch.setattr(bundle, "FRONTEND", tmp_path)
    with pytest.raises(ValueError, match="a.js imports itself"):
        bundle.bundle("a.js")


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
