"""An engine runs a sweep's shards elsewhere: what it is given, and how the sweep then ends."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from stn_core import checkpoints, digits, sweep
from stn_core.__main__ import parser
from stn_core.commands.sweep import _asked
from stn_core.errors import InputError
from stn_core.experiments import EXPERIMENTS, find
from stn_core.metrics import load_metrics, save_metrics
from stn_core.sweep import engines, planning, running

NAMES = ("distorted/r/fcn", "distorted/r/st-fcn-aff")
PUBLISHED = load_metrics(find(NAMES[0]))
SWEEP = ["sweep", "distorted", "--iterations=2", "--batch-size=2", "--device=cpu", "--force"]
SWEEP += ["--engine=here", "--shards=2", "--workers=1"]


@pytest.fixture(autouse=True)
def table(monkeypatch, pretrained, mnist_folder, tmp_path):
    """A table of two cheap cells, which are trained in this process."""

    def in_this_process(training, device, precision, threads):
        training.start_thread(digits.load(), torch.device(device), precision)

    monkeypatch.setattr(planning, "EXPERIMENTS", {name: EXPERIMENTS[name] for name in NAMES})
    monkeypatch.setattr(sweep.CellTraining, "start_process", in_this_process)
    monkeypatch.setattr(running, "POLL_SECONDS", 0.05)
    monkeypatch.setenv("STN_RUNS", str(tmp_path / "runs"))


@pytest.fixture
def engine(monkeypatch):
    """A function that makes another one the engine ``here``; gives what the engine is asked."""

    def install(ends) -> list[sweep.Asked]:
        given = []

        @contextmanager
        def here(asked, shards, settings):
            given.append(asked)
            yield lambda: [ends(asked, index) for index in range(1, shards + 1)]

        monkeypatch.setitem(sweep.ENGINES, "here", here)
        return given

    return install


def works(asked: sweep.Asked, index: int) -> str:
    engines.work(asked, index, of=2)
    return ""


def test_shards_train_all_cells_and_the_sweep_publishes_them(engine, command, capsys):
    given = engine(works)
    assert command(SWEEP) == 0
    [asked] = given
    assert asked.root.is_absolute() and set(asked.names) == set(NAMES)
    assert all(checkpoints.is_published(find(name)) for name in NAMES)
    assert "2 trainings, 1 in parallel on each of 2 machines" in capsys.readouterr().out


def test_shard_trains_what_was_planned_whatever_is_published_on_its_machine(
    engine, command, pretrained
):
    def late(asked: sweep.Asked, index: int) -> str:
        experiment = find(NAMES[0])
        recipe = asked.plan()[0].experiment.recipe
        (pretrained / NAMES[0]).mkdir(parents=True, exist_ok=True)
        (pretrained / NAMES[0] / checkpoints.WEIGHTS).touch()
        save_metrics(experiment, replace(PUBLISHED, recipe=recipe))
        assert [t.experiment.name for t in replace(asked, names=None).plan()] == [NAMES[1]]
        assert [t.experiment.name for t in asked.plan()] == list(NAMES)
        return works(asked, index)

    engine(late)
    assert command([*SWEEP, "--no-publish"]) == 0


def breaks_off(asked: sweep.Asked, index: int) -> str:
    return "out of time"


def is_killed(asked: sweep.Asked, index: int) -> str:
    run = asked.plan()[0].run
    if not run.is_described():
        run.create({"experiment": NAMES[0], "recipe": asked.plan()[0].experiment.recipe.to_json()})
    run.set_status("running", 1)
    return ""


def fails(asked: sweep.Asked, index: int) -> str:
    is_killed(asked, index)
    asked.plan()[0].run.set_status("failed", 1, "it diverged")
    return ""


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        (breaks_off, ["2 of 2 not finished: ", "; 2 shard(s) broke off; run the same command to "]),
        (is_killed, ["2 of 2 not finished: ", "; run the same command to continue"]),
        (fails, ["1 of 2 failed: distorted-r-fcn-quick-2x2-float32-0; 1 of 2 not finished: "]),
        (lambda asked, index: works(asked, index) or "killed", ["stn_core: 2 shard(s) broke off"]),
    ],
    ids=["breaks off", "is killed", "fails", "breaks off at the end"],
)
def test_sweep_that_is_not_finished_ends_with_an_error(ends, told, engine, command, capsys):
    engine(ends)
    assert command([*SWEEP, "--no-publish"]) == 1
    line = capsys.readouterr().err.splitlines()[-1]
    assert all(words in line for words in told)


def test_sweep_that_was_stopped_ends_without_an_error(engine, command, capsys):
    def stopped(asked: sweep.Asked, index: int) -> str:
        raise KeyboardInterrupt

    engine(stopped)
    assert command([*SWEEP, "--no-publish"]) == 0
    assert "stopped; run the same command to continue" in capsys.readouterr().out


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(2, "No such file or directory", "sbatch"),
        RuntimeError("sbatch: error: invalid partition\n"),
    ],
    ids=["there is none", "it refuses"],
)
def test_slurm_that_takes_no_jobs_is_an_error_that_says_what_to_check(error, monkeypatch, tmp_path):
    def map_array(*_):
        raise error

    executor = SimpleNamespace(update_parameters=lambda **_: None, map_array=map_array)
    submitit = SimpleNamespace(AutoExecutor=lambda folder: executor)
    monkeypatch.setitem(sys.modules, "submitit", submitit)
    asked = sweep.Asked(table="distorted", recipe=None, seeds=1, root=tmp_path)
    with pytest.raises(InputError, match=r"does not take the jobs: .*sbatch.*\. Check that sbatch"):
        next(sweep.dispatched("submitit", asked, 2, {}))


def test_folders_are_sent_by_their_whole_paths(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in engines.FOLDERS:
        monkeypatch.setenv(name, f"mine/{name}")
    sent = engines._variables()
    assert {name: sent[name] for name in engines.FOLDERS} == {
        name: str(tmp_path / "mine" / name) for name in engines.FOLDERS
    }
    assert sent["STN_OFFLINE"] == "1"
    monkeypatch.setenv("STN_DATA", "")  # as if it were not set
    assert engines._variables()["STN_DATA"] == ""


def test_sweep_has_a_worker_for_each_core_that_the_process_may_use(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 3, 5}, raising=False)
    assert _asked(parser().parse_args(["sweep", "distorted", "--device=cpu"])).workers == 3
