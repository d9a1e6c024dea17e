"""Odd folders among the runs: the pages leave them out and say so, and the queue goes on."""

from __future__ import annotations

import json
import os

import pytest
from streamlit.testing.v1 import AppTest

from app.training import dispatcher, job, processes, run_names
from stn_core.runs.folder import Run
from tests.app.training.trainings import FCN, start
from tests.app.visiting import MAIN, go_to

RECIPE = {"iterations": 20, "batch_size": 8, "learning_rate": 1e-3}
ODD = {  # a folder's name: run.json in it, and what is said
    "distorted-rts-foo-20260101-120000": (None, "its name belongs to no experiment here"),
    "distorted-rts-fcn-20269999-999999": (None, "its name has an impossible date"),
    "damaged": ("{", "its run.json cannot be read"),
    "unknown": (
        {"experiment": "distorted/rts/foo", "recipe": RECIPE},
        "belongs to no experiment here",
    ),
    "no-name": ({"experiment": 5, "recipe": RECIPE}, "belongs to no experiment here"),
    "no-steps": ({"experiment": FCN, "recipe": {}}, "does not say how many steps it has"),
    "st`a*r $x$": ("[]", "its run.json cannot be read"),
}
PLAIN = ("something-else", "pictures", "distorted")  # of no run: nothing is said
VIEWS = [
    ("distorted", {"view": "Explore"}),
    ("distorted", {"view": "Train"}),
    ("distorted", {"view": "Replay"}),
    ("addition", {"sum_view": "Train"}),
    ("volumes", {"volume_view": "Replay"}),
    ("colocalisation", {"boxes_view": "Run it live"}),
]


def put(folder, name, content) -> None:
    (folder / name).mkdir(parents=True)
    if content is not None:
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / name / "run.json").write_text(text)


@pytest.fixture
def odd(runs_of_its_own):
    for name, (content, _) in ODD.items():
        put(runs_of_its_own, name, content)
    for name in PLAIN:
        put(runs_of_its_own, name, None)
    put(runs_of_its_own, "a-study", {"experiment": "studies/st-fcn-tps", "recipe": RECIPE})
    (runs_of_its_own / "distorted-rts-fcn-20260101-120000").write_text("a file")
    (runs_of_its_own / "notes.txt").write_text("a file")
    return runs_of_its_own


def test_what_looks_like_a_run_and_is_none_is_left_out_with_a_reason(odd):
    found = job.odd_folders()
    assert found.keys() == {*ODD, "distorted-rts-fcn-20260101-120000"}
    for name, (_, why) in ODD.items():
        assert why in found[name]
    assert found["distorted-rts-fcn-20260101-120000"] == "not a folder"
    assert job.list_jobs() == []


def test_folder_that_may_not_be_read_is_left_out(runs_of_its_own, monkeypatch):
    secret = runs_of_its_own / "distorted-rts-fcn-20260101-120000"
    secret.mkdir(parents=True)
    scan, access = os.scandir, os.access

    def refuse(path):
        if str(path) == str(secret):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    monkeypatch.setattr(os, "access", lambda path, mode: path != secret and access(path, mode))
    assert job.odd_folders() == {secret.name: "no permission to read it"}
    assert job.list_jobs() == []


@pytest.mark.parametrize(("page", "fields"), VIEWS)
def test_page_goes_on_and_says_once_what_it_leaves_out(page, fields, odd):
    app = AppTest.from_file(MAIN, default_timeout=120)
    for name, value in fields.items():
        app.query_params[name] = value
    app = go_to(app, page).run()
    assert not app.exception and not app.error
    said = [c.value for c in app.caption if c.value.startswith("These folders are not listed")]
    assert len(said) == 1
    assert f"and {len(ODD) + 1 - 3} more" in said[0] and "damaged (its run.json" in said[0]
    assert str(odd) not in said[0]


def test_dispatcher_goes_on(odd, without_processes, as_visitor):
    put(odd, "an-order", None)
    (odd / "an-order" / run_names.ORDER).write_text(json.dumps({"experiment": FCN}))
    strange = {"command": 5, "experiment": FCN, "arguments": None, "device": "cpu", "iterations": 1}
    put(odd, "a-strange-order", None)
    (odd / "a-strange-order" / run_names.ORDER).write_text(json.dumps(strange))
    waiting = start()
    dispatcher.look()
    dispatcher.prune()
    assert [found.key for found in processes.running()] == [waiting.key]


FILES = ("status.json", "history.jsonl", "control.json", "process.json", "heartbeat", "log.txt")
FILES += ("lock", "probes.npz", "checkpoint.safetensors", "wanted", "claimed", "test_error.json")


@pytest.mark.parametrize("as_folder", [True, False])
def test_run_whose_other_files_are_no_files_or_damaged_breaks_no_page(
    as_folder, runs_of_its_own, without_processes
):
    run = Run(runs_of_its_own / "distorted-rts-fcn-20260101-120000")
    run.create({"experiment": FCN, "recipe": RECIPE, "seed": 0})
    for name in FILES:
        if as_folder:
            (run.folder / name).mkdir()
        else:
            (run.folder / name).write_bytes(b"\x00\xff{")
    (run.folder / "snapshots" / "10.npz").write_bytes(b"PK")
    for view in ("Train", "Replay", "Explore"):
        app = AppTest.from_file(MAIN, default_timeout=120)
        app.query_params["view"] = view
        app.query_params["a_rts"] = f"run-{run.folder.name}"
        app.query_params["replay_a_rts"] = f"run-{run.folder.name}"
        app = go_to(app, "distorted").run()
        assert not app.exception, view
        assert not any(str(runs_of_its_own) in e.value for e in app.error)
    dispatcher.look()
    dispatcher.prune()
    (run.folder / run_names.ORDER).write_text("{}")
    dispatcher.look()
