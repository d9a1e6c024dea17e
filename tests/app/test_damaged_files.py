"""Damaged files in pretrained/: every page goes on, names what it cannot read, and no folder of
the server's."""

from __future__ import annotations

import os
import shutil

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from stn_core import checkpoints
from tests.app.visiting import MAIN, go_to

DAMAGES = ("torn", "empty", "missing")  # in turn, file by file
PAGES = {  # that read a kind of file
    "weights.safetensors": [("invariance", {})],
    "metrics.json": [("invariance", {})],
    "run.npz": [
        ("front", {}),
        ("distorted", {"view": "Replay"}),
        ("addition", {"sum_view": "Results"}),
        ("volumes", {"volume_view": "Replay"}),
        ("colocalisation", {}),
    ],
    "layers.json": [("front", {}), ("labels", {})],
    "invariance.json": [("invariance", {})],
}


def forget() -> None:
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A pretrained/ to damage, of links to the files of the real one."""
    folder = tmp_path / "pretrained"
    shutil.copytree(checkpoints.PRETRAINED, folder, copy_function=os.symlink)
    monkeypatch.setattr(checkpoints, "PRETRAINED", folder)
    monkeypatch.setenv("STN_PRETRAINED", str(folder))
    monkeypatch.setenv("STN_RUNS", str(tmp_path / "runs"))
    forget()
    yield folder
    forget()


def damage(path, how: str) -> None:
    content = path.read_bytes()
    path.unlink()
    if how != "missing":
        path.write_bytes(content[: len(content) // 2] if how == "torn" else b"")


def drawn(node) -> str:
    """All that a page has sent to the browser."""
    parts = []
    for child in node.children.values():
        if hasattr(child, "children"):
            parts.append(drawn(child))
        parts.append(str(getattr(child, "proto", "")))
    return "\n".join(parts)


@pytest.mark.parametrize("kind", PAGES)
def test_every_page_goes_on_and_says_what_cannot_be_read(kind, copied, tmp_path):
    for n, path in enumerate(sorted(copied.rglob(kind))):
        damage(path, DAMAGES[n % len(DAMAGES)])
    said = ""
    for page, fields in PAGES[kind]:
        app = AppTest.from_file(MAIN, default_timeout=300)
        for name, value in fields.items():
            app.query_params[name] = value
        app = go_to(app, page).run()
        assert not app.exception, (page, app.exception[0].message)
        everything = drawn(app._tree)
        for folder in (tmp_path, MAIN.parents[1]):
            assert f"{folder}/" not in everything, page
        said += " ".join(element.value for element in (*app.error, *app.warning))
    assert kind in said
