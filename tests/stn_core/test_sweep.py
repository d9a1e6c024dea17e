"""A table is trained cell by cell, in processes that can be stopped and taken up again."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
import torch

from stn_core import checkpoints, digits, publishing, sweep
from stn_core.experiments import EXPERIMENTS, find
from stn_core.metrics import load_metrics, save_metrics
from stn_core.recipes import AdamW
from stn_core.runs.records import RunError
from stn_core.sweep import planning

PUBLISHED = load_metrics(find("distorted/r/fcn"))


@pytest.fixture
def two_cells(monkeypatch, pretrained):
    """A table of two cheap cells, of which nothing is published."""
    chosen = {name: EXPERIMENTS[name] for name in ("distorted/r/st-fcn-aff", "distorted/r/fcn")}
    monkeypatch.setattr(planning, "EXPERIMENTS", chosen)
    return chosen


@pytest.fixture
def pictures(source):
    """What every cell is trained on."""
    return lambda experiment: source


def test_cheap_cells_come_first_and_every_seed_has_a_folder(pretrained, tmp_path):
    trainings = sweep.plan("distorted", "quick", 3, tmp_path)
    assert len(trainings) == 3 * 40
    kinds = [t.experiment.name.split("/")[-1].split("-aff")[0] for t in trainings]
    assert kinds[0] == "fcn" and kinds[-1] == "cnn"
    assert len({t.run.folder for t in trainings}) == len(trainings)
    assert {t.seed for t in trainings} == {0, 1, 2}


def test_what_is_published_is_left_out_and_by_a_named_recipe_only_what_is_of_it(tmp_path):
    table = {name: e for name, e in EXPERIMENTS.items() if name.startswith("distorted/")}
    published = {name for name, e in table.items() if checkpoints.is_published(e)}
    assert published

    def planned(*asked) -> set[str]:
        return {t.experiment.name for t in sweep.plan("distorted", *asked, tmp_path)}

    assert planned(None, 1) == table.keys() - published
    assert planned(None, 9) == table.keys()
    for name in ("quick", "long"):
        of_it = {
            n for n in published if load_metrics(find(n)).recipe == find(n).with_recipe(name).recipe
        }
        assert planned(name, 1) == table.keys() - of_it


def test_published_recipe_is_known_by_all_of_it_not_by_its_name(two_cells, pretrained, tmp_path):
    experiment = find("distorted/r/fcn")
    folder = checkpoints.published_folder(experiment)
    folder.mkdir(parents=True)
    (folder / checkpoints.WEIGHTS).touch()
    for rate, left in ((experiment.recipe.learning_rate, 1), (0.5, 2)):
        recipe = replace(experiment.recipe, learning_rate=rate)
        save_metrics(experiment, replace(PUBLISHED, recipe=recipe, errors=(1.0,)))
        assert len(sweep.plan("distorted", "quick", 1, tmp_path)) == left


def test_finished_trial_is_not_started_again_nor_taken_for_the_training(
    two_cells, tmp_path, pictures
):
    trial = sweep.plan("distorted", "quick", 1, tmp_path, iterations=2)
    for _ in sweep.sweep(trial, pictures, workers=2, device="cpu", precision="float32"):
        pass
    again = sweep.plan("distorted", "quick", 1, tmp_path, iterations=2)
    assert [t.state for t in (*trial, *again)] == ["finished"] * 4
    assert list(sweep.sweep(again, pictures, workers=2, device="cpu", precision="float32")) == []
    whole = sweep.plan("distorted", "quick", 1, tmp_path)
    half = sweep.plan("distorted", "quick", 1, tmp_path, iterations=2, precision="bfloat16")
    assert [t.state for t in (*whole, *half)] == ["waiting"] * 4


def test_run_of_a_recipe_that_has_changed_since_is_not_gone_on_with(two_cells, tmp_path):
    training = sweep.plan("distorted", "quick", 1, tmp_path)[0]
    recipe = replace(training.experiment.recipe, optimiser=AdamW(), learning_rate=5e-3)
    training.run.create({"experiment": training.experiment.name, "recipe": recipe.to_json()})
    with pytest.raises(RunError, match=r"another recipe \(AdamW, rate 0.005\); delete it, or set"):
        sweep.plan("distorted", "quick", 1, tmp_path)


def test_other_budget_than_the_published_one_is_trained(tmp_path):
    name = "distorted/rts/st-fcn-aff"
    recipe = load_metrics(find(name)).recipe
    budget = {key: getattr(recipe, key) for key in ("iterations", "batch_size")}
    there = sweep.plan("distorted", recipe.name, 1, tmp_path, **budget)
    assert name not in {t.experiment.name for t in there}
    for key in budget:
        more = {**budget, key: 2 * budget[key]}
        found = {
            t.experiment.name: t for t in sweep.plan("distorted", "quick", 1, tmp_path, **more)
        }
        assert getattr(found[name].experiment.recipe, key) == more[key]


def test_slow_networks_of_addition_come_last(tmp_path):
    planned = sweep.plan("addition", "paper", 1, tmp_path)
    kinds = [t.experiment.name.rsplit("/", 1)[1].rsplit("-", 1)[0] for t in planned]
    order = [kind for i, kind in enumerate(kinds) if kind not in kinds[:i]]
    assert order == ["fcn", "st-fcn", "2st-fcn", "cnn"]


def test_unknown_table_names_those_there_are(tmp_path):
    with pytest.raises(ValueError, match="there are: distorted"):
        sweep.plan("nonsense", "quick", 1, tmp_path)


def test_sweep_trains_all_and_goes_on_after_a_stop(two_cells, tmp_path, pictures):
    trainings = sweep.plan("distorted", "quick", 1, tmp_path, iterations=100_000)
    steps = sweep.sweep(trainings, pictures, workers=2, device="cpu", precision="float32")
    until = time.monotonic() + 300
    while not all(t.run.history() for t in trainings):
        assert len(next(steps)) == 2
        assert time.monotonic() < until
    steps.close()  # as Ctrl-C does
    assert {t.run.status().state for t in trainings} == {"stopped"}
    reached = {t.run.folder: t.run.status().step for t in trainings}
    assert all(0 < step < 100_000 for step in reached.values())

    again = sweep.plan("distorted", "quick", 1, tmp_path, iterations=100_000)
    steps = sweep.sweep(again, pictures, workers=2, device="cpu", precision="float32")
    while not all(t.run.status().step > reached[t.run.folder] for t in again):
        next(steps)
        assert time.monotonic() < until
    assert "running" in again[0].summary and "of 100,000" in again[0].summary
    steps.close()


def test_cell_that_fails_says_where_its_last_words_are(two_cells, tmp_path, pictures):
    trainings = sweep.plan("distorted", "quick", 1, tmp_path, iterations=2)
    for _ in sweep.sweep(trainings, pictures, workers=2, device="cpu", precision="nonsense"):
        pass
    assert [t.state for t in trainings] == ["failed", "failed"]
    assert str(trainings[0].run.folder / sweep.LOG) in trainings[0].summary
    assert "invalid choice: 'nonsense'" in (trainings[0].run.folder / sweep.LOG).read_text()


@pytest.mark.parametrize("kind", ["process", "thread"])
def test_worker_that_ends_at_once_is_not_taken_for_the_earlier_stop(
    kind, two_cells, tmp_path, source, pictures
):
    training = sweep.plan("distorted", "quick", 1, tmp_path, iterations=2)[0]
    training.run.create({"experiment": "nothing", "recipe": training.experiment.recipe.to_json()})
    training.run.set_status("stopped", 1)
    if kind == "process":
        for _ in sweep.sweep([training], pictures, workers=1, device="cpu", precision="float32"):
            pass
    else:
        (training.run.folder / "heartbeat").touch()  # another one owns it
        training.start_thread(source, torch.device("cpu"), "float32")
        training.wait(60)
    assert training.state == "failed"
    training.stopping.set()
    assert training.state == "stopped"  # asked to end, it may have been on its way only


@pytest.mark.parametrize("error", [OSError("No space left on device"), RunError("it is odd")])
def test_cell_that_cannot_be_published_is_told_and_the_others_are(
    error, two_cells, command, capsys, monkeypatch, mnist_folder, tmp_path
):
    real = publishing.publish

    def publish(found, source, *, force):
        if "st-fcn" in str(found[0].folder):
            raise error
        return real(found, source, force=force)

    def in_this_process(
        training, device, precision, threads
    ):  # where little MNIST passes for the whole
        training.start_thread(digits.load(), torch.device(device), precision)

    monkeypatch.setattr(publishing, "publish", publish)
    monkeypatch.setattr(sweep.CellTraining, "start_process", in_this_process)
    monkeypatch.setenv("STN_RUNS", str(tmp_path))
    asked = [
        "distorted",
        "--iterations=2",
        "--batch-size=2",
        "--workers=2",
        "--device=cpu",
        "--force",
    ]
    assert command(["sweep", *asked]) == 1
    told = capsys.readouterr()
    assert f"distorted/r/st-fcn-aff is not published: {error}" in told.out
    assert "1 of 2 failed: distorted-r-st-fcn-aff-quick-2x2-float32-0" in told.err
    assert checkpoints.is_published(find("distorted/r/fcn"))


def test_threads_of_a_sweep_train_and_stop_even_before_their_first_step(
    two_cells, tmp_path, source
):
    cpu = torch.device("cpu")
    brief = sweep.plan("distorted", "quick", 1, tmp_path / "brief", iterations=2)
    endless = sweep.plan("distorted", "quick", 1, tmp_path / "endless", iterations=100_000)
    for training in (*brief, *endless):
        training.run.folder.mkdir(parents=True)
        training.start_thread(source, cpu, "float32")
    endless[0].stop()  # its run is not even described yet
    until = time.monotonic() + 300
    while not endless[1].run.history():
        assert time.monotonic() < until
        time.sleep(0.01)
    endless[1].stop()
    for training in (*brief, *endless):
        training.wait(300)
    assert [t.state for t in (*brief, *endless)] == ["finished"] * 2 + ["stopped"] * 2
    assert all(t.run.checkpoint.is_file() for t in endless)


def test_thread_that_fails_says_where_its_last_words_are(two_cells, tmp_path, source):
    training = sweep.plan("distorted", "quick", 1, tmp_path, iterations=2)[0]
    training.run.folder.mkdir(parents=True)
    training.start_thread(source, torch.device("cpu"), "nonsense")
    training.wait(60)
    assert training.state == "failed"
    assert "got 'nonsense'" in (training.run.folder / sweep.LOG).read_text()
