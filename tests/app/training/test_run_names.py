"""Which folders are runs, and what they are called."""

from __future__ import annotations

import json
import os

import pytest

from app.training import dispatcher, job
from stn_core.runs.folder import Run
from tests.app.training.trainings import FCN, start

RECIPE = {"iterations": 3_000, "batch_size": 256, "learning_rate": 2e-3}
STARTED = "2026-01-01T12:00:00Z"


def begin(folder, **changes):
    described = {"experiment": FCN, "recipe": RECIPE, "seed": 7, "started": STARTED, **changes}
    Run(folder).create(described)
    return folder


def test_name_says_how_and_when_a_run_was_trained(runs_of_its_own):
    begin(runs_of_its_own / "distorted-rts-fcn-20260101-130000")
    (one,) = job.list_jobs()
    assert one.title == "FCN, 3,000 × 256, rate 0.002, seed 7, started 01 Jan, 13:00:00"


def test_name_of_a_run_that_waits_has_what_was_ordered(without_processes):
    waiting = start(iterations=500, learning_rate=3e-4, seed=2, batch_size=100)
    assert waiting.title.startswith("FCN, 500 × 100, rate 0.0003, seed 2, started ")


@pytest.mark.parametrize("name", ["mine", "my own/first try", "sweep/a/b", "größe", "*bold* $x$"])
def test_run_in_any_folder_is_listed_by_its_path(name, runs_of_its_own, without_processes):
    folder = begin(runs_of_its_own / name)
    (one,) = job.list_jobs("distorted/rts/")
    assert (one.key, one.folder) == (f"run-{name}", folder)
    assert one.title.startswith("FCN, 3,000 × 256, rate 0.002, seed 7, started ")
    assert job.find_job(one.key) == one
    dispatcher.look()
    dispatcher.prune()
    assert folder.exists()


def test_folders_that_are_no_runs_break_nothing(runs_of_its_own, without_processes):
    odd = {
        "not-json": "{",
        "a-list": "[1]",
        "no-experiment": json.dumps({"recipe": RECIPE}),
        "unknown": json.dumps({"experiment": "distorted/rts/resnet", "recipe": RECIPE}),
        "no-recipe": json.dumps({"experiment": FCN, "recipe": 5}),
        "steps": json.dumps({"experiment": FCN, "recipe": {"iterations": "many"}}),
        "study": json.dumps({"experiment": "studies/st-fcn-tps", "recipe": RECIPE}),
        "number": json.dumps({"experiment": 5, "recipe": RECIPE}),
        "deep": "[" * 100_000,
    }
    for name, content in odd.items():
        (runs_of_its_own / name).mkdir(parents=True)
        (runs_of_its_own / name / "run.json").write_text(content)
    (runs_of_its_own / "distorted-rts-resnet-20260101-120000").mkdir()
    os.mkdir(os.fsencode(runs_of_its_own) + b"/\xff")
    begin(runs_of_its_own / "a" / "b" / "c" / "d" / "too deep")
    (runs_of_its_own / "round").symlink_to(runs_of_its_own)
    good = begin(runs_of_its_own / "good")
    order = {"command": "train", "experiment": FCN, "arguments": [], "device": "cpu"}
    strange = {**order, "iterations": 9, "asked": "yesterday"}
    (runs_of_its_own / "order").mkdir()
    (runs_of_its_own / "order" / job.ORDER).write_text(json.dumps(strange))
    dispatcher.look()
    dispatcher.prune()
    assert {one.folder for one in job.list_jobs()} == {good, runs_of_its_own / "order"}


def test_name_follows_what_the_folder_says_now(runs_of_its_own):
    folder = begin(runs_of_its_own / "mine")
    assert "seed 7" in job.list_jobs()[0].title
    content = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**content, "seed": 8}))
    os.utime(folder / "run.json", (1, 1))
    assert "seed 8" in job.list_jobs()[0].title
