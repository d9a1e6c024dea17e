"""What is put into pretrained/: the median seed, measured as it is shipped."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from stn_core import checkpoints, digits, publishing, report, results
from stn_core.evaluation import evaluate_draws, mean_error
from stn_core.experiments import find
from stn_core.measuring import EXAMPLE_SEEDS_READ
from stn_core.metrics import TRIED, load_metrics, load_tried, save_metrics
from stn_core.results.budgets import budget_words
from stn_core.runs.folder import Run
from stn_core.runs.packed import PACKED, packed_name, packed_runs, unpack
from stn_core.runs.records import RunError
from stn_core.training.network import train_steps

NAME = "distorted/r/fcn"


@pytest.fixture
def finished(mnist_folder, tmp_path):
    """A function seed -> a run of two steps, and the digits it was trained on."""
    source = digits.load()
    experiment = find(NAME)
    recipe = replace(experiment.with_recipe("thorough").recipe, iterations=2, batch_size=2)

    def make(seed: int) -> Run:
        run = Run(tmp_path / f"seed-{seed}")
        for _ in train_steps(replace(experiment, recipes=(recipe,)), source, seed=seed, run=run):
            pass
        return run

    return make, source


@pytest.fixture
def errors_of(monkeypatch):
    """Sets what each run's network is said to err, by a function (runs, errors)."""

    def set_errors(found: list[Run], errors: list[float]) -> None:
        real, key = publishing.evaluate_draws, "classifier.1.weight"
        weights = [
            checkpoints.load_trained(find(NAME), run.checkpoint)[0].state_dict()[key]
            for run in found
        ]

        def measured(network, experiment, chosen, **how):
            near = [(network.state_dict()[key] - w).abs().max().item() for w in weights]
            error = errors[int(np.argmin(near))]
            return [one._replace(measure=error) for one in real(network, experiment, chosen, **how)]

        monkeypatch.setattr(publishing, "evaluate_draws", measured)

    return set_errors


def test_median_seed_is_shipped_and_all_errors_are_told(finished, pretrained, errors_of):
    make, source = finished
    found = [make(seed) for seed in (0, 1, 2)]
    errors_of(found, [3.0, 1.0, 2.0])
    publishing.publish(found, source, force=True)
    metrics = load_metrics(find(NAME))
    assert metrics.seeds == (0, 1, 2) and metrics.errors == (3.0, 1.0, 2.0)
    assert metrics.seed == 2 and metrics.error_percent_test == 2.0


def test_of_two_seeds_the_worse_one_is_shipped(finished, pretrained, errors_of):
    make, source = finished
    found = [make(seed) for seed in (0, 1)]
    errors_of(found, [1.0, 2.0])
    publishing.publish(found, source, force=True)
    assert load_metrics(find(NAME)).seed == 1


def test_seed_trained_later_is_added_to_the_published_ones(finished, pretrained, errors_of):
    make, source = finished

    def misread(run: Run) -> tuple[tuple[int, ...], ...]:
        network = checkpoints.as_shipped(checkpoints.load_trained(find(NAME), run.checkpoint)[0])
        return tuple(
            tuple(draw.misread) for draw in evaluate_draws(network, find(NAME), source.test)
        )

    first, second, third, fourth = found = [make(seed) for seed in (2, 0, 1, 3)]
    errors_of(found, [2.0, 1.0, 3.0, 4.0])
    publishing.publish([first], source, force=True)
    assert load_metrics(find(NAME)).misread_seeds is None  # there is one
    shipped = (pretrained / NAME / checkpoints.WEIGHTS).read_bytes()
    publishing.publish([second, third], source, add=True)
    metrics = load_metrics(find(NAME))
    assert metrics.seeds == (0, 1, 2) and metrics.errors == (1.0, 3.0, 2.0)
    assert metrics.seed == 2 and metrics.error_percent_test == 2.0
    assert metrics.misread_seeds == tuple(map(misread, (second, third, first)))
    assert (pretrained / NAME / checkpoints.WEIGHTS).read_bytes() == shipped
    card = (pretrained / NAME / checkpoints.CARD).read_text()
    assert "| errors of all seeds | seed 0 1.00 %, seed 1 3.00 %, seed 2 2.00 % |" in card
    with pytest.raises(RunError, match="seed 1 should be shipped, .* its weights are not here"):
        publishing.publish([fourth], source, add=True)
    assert load_metrics(find(NAME)) == metrics
    with pytest.raises(RunError, match=r"seed 7 should be shipped, .* but those of \[2, 3\]"):
        publishing.publish([fourth], source, add=True, ship=7)
    publishing.publish([fourth], source, add=True, ship=2)
    assert load_metrics(find(NAME)).errors == (1.0, 3.0, 2.0, 4.0)
    assert load_metrics(find(NAME)).seed == 2
    metrics = load_metrics(find(NAME))
    assert metrics.misread_seeds == tuple(map(misread, (second, third, first, fourth)))
    # Where it was not kept of one seed, it is of none.
    save_metrics(find(NAME), replace(metrics, misread_seeds=None))
    publishing.publish([make(4)], source, add=True, ship=2)
    assert load_metrics(find(NAME)).misread_seeds is None


def test_added_seed_with_the_median_error_is_shipped(finished, pretrained, errors_of):
    make, source = finished
    found = [make(seed) for seed in (0, 1)]
    errors_of(found, [1.0, 2.0])
    publishing.publish([found[0]], source, force=True)
    publishing.publish([found[1]], source, add=True)
    metrics = load_metrics(find(NAME))
    assert metrics.seed == 1 and metrics.errors == (1.0, 2.0)
    recordings = packed_runs(pretrained / NAME)
    assert {key: unpack(path).description["seed"] for key, path in recordings.items()} == {
        None: 1,
        0: 0,  # the one shipped before
    }


def test_what_is_no_further_seed_is_not_added(finished, pretrained):
    make, source = finished
    one, other = make(0), make(1)
    with pytest.raises(RunError, match="no network of distorted/r/fcn is published yet"):
        publishing.publish([one], source, add=True)
    publishing.publish([one], source, force=True)
    with pytest.raises(RunError, match=r"expected one run per seed, got the seeds \[0, 0\]"):
        publishing.publish([one], source, add=True)
    description = other.description()
    recipe = {**description["recipe"], "batch_size": 3}
    other._write_json("run.json", {**description, "recipe": recipe})
    with pytest.raises(RunError, match="published network differ in their recipe; leave out --add"):
        publishing.publish([other], source, add=True)


def test_seeds_are_measured_as_the_shipped_one_is(finished, pretrained):
    make, source = finished
    publishing.publish([make(0)], source, force=True)
    metrics = load_metrics(find(NAME))
    assert metrics.errors == (pytest.approx(metrics.error_percent_test, abs=1e-4),)
    shipped = checkpoints.load_pretrained(find(NAME))
    test = evaluate_draws(shipped, find(NAME), source.test)
    assert tuple(draw.measure for draw in test) == metrics.draw_errors
    assert len(set(metrics.draw_errors)) > 1 and metrics.error_percent_test == mean_error(test)


def test_what_was_measured_once_is_measured_again_with_all_draws(
    finished, pretrained, monkeypatch, command, capsys
):
    make, source = finished
    publishing.publish([make(0)], source, force=True)
    whole = load_metrics(find(NAME))
    first = {
        "draw_errors": whole.draw_errors[:1],
        "misread_test": whole.misread_test[:1],
        "evaluation_seeds": (2015,),
        "error_percent_test": whole.draw_errors[0],
    }
    save_metrics(find(NAME), replace(whole, **first))
    assert results.measured_once(results.cells("distorted")) == ["r/fcn"]
    assert command(["evaluate", NAME, "--publish"]) == 0
    assert load_metrics(find(NAME)) == whole
    assert results.measured_once(results.cells("distorted")) == []
    assert (
        f"{whole.error_percent_test:.2f} ± {whole.draw_spread:.2f} %"
        in (pretrained / NAME / checkpoints.CARD).read_text()
    )
    assert command(["evaluate", str(pretrained / NAME), "--publish"]) == 1
    assert "--publish is for a published network" in capsys.readouterr().err


def test_what_is_misread_adds_up(finished, pretrained):
    make, source = finished
    publishing.publish([make(0)], source, force=True)
    metrics = load_metrics(find(NAME))
    confusion = torch.tensor(metrics.confusion_test)
    assert confusion.sum() == 5 * metrics.test_digits == 5 * len(source.test)
    misread = [len(draw) for draw in metrics.misread_test]
    assert confusion.sum() - confusion.trace() == sum(misread)
    assert metrics.draw_errors == pytest.approx([100 * n / len(source.test) for n in misread])
    assert len(metrics.misread_examples) == EXAMPLE_SEEDS_READ


def test_runs_of_two_experiments_or_recipes_are_not_one_cell(finished, pretrained, tmp_path):
    make, source = finished
    one, other = make(0), make(1)
    description = other.description()
    other._write_json("run.json", {**description, "experiment": "distorted/r/cnn"})
    with pytest.raises(RunError, match="differ in their experiment"):
        publishing.publish([one, other], source, force=True)
    another = {**description["recipe"], "batch_size": 3}
    other._write_json("run.json", {**description, "recipe": another})
    with pytest.raises(RunError, match="differ in their recipe"):
        publishing.publish([one, other], source, force=True)
    other._write_json("run.json", {**description, "precision": "bfloat16"})
    with pytest.raises(RunError, match="differ in their precision"):
        publishing.publish([one, other], source, force=True)
    with pytest.raises(RunError, match=r"one run per seed, got the seeds \[0, 0\]"):
        publishing.publish([one, one], source, force=True)
    assert list(pretrained.iterdir()) == []


@pytest.mark.parametrize("part", ["measure_test", "save_metrics", "write_card"])
def test_publishing_that_breaks_off_can_be_done_again(finished, pretrained, monkeypatch, part):
    make, source = finished
    run = make(0)

    def broken(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(publishing, part, broken)
        with pytest.raises(KeyboardInterrupt):
            publishing.publish([run], source, force=True)
    assert not checkpoints.is_published(find(NAME))
    report.table("distorted")
    publishing.publish([run], source, force=True)
    budgets = results.budgets(results.cells("distorted"))
    assert "r/fcn" in "\n".join(map(report.budget_line, budgets))


def test_figures_that_a_broken_publishing_was_to_replace_are_kept(
    finished, pretrained, monkeypatch
):
    make, source = finished
    publishing.publish([make(0)], source, force=True)
    before = load_metrics(find(NAME))
    other = make(1)
    description = other.description()
    description["recipe"]["learning_rate"] /= 2
    other._write_json("run.json", description)

    def full(*_):
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "save_weights", full)
        with pytest.raises(OSError, match="No space left"):
            publishing.publish([other], source, force=True)
    assert load_metrics(find(NAME)) == before
    packed = pretrained / NAME / PACKED
    assert unpack(packed).description["recipe"] == before.recipe.to_json()
    publishing.publish([other], source, force=True)
    assert unpack(packed).description["recipe"] == description["recipe"]
    assert [one.recipe for one in load_tried(find(NAME))] == [before.recipe]


def test_further_seeds_of_another_recipe_go_with_its_network(finished, pretrained):
    make, source = finished
    folder = publishing.publish([make(0)], source, force=True)
    publishing.record(make(1))
    other = make(2)
    description = other.description()
    description["recipe"]["learning_rate"] /= 2
    other._write_json("run.json", description)
    publishing.publish([other], source, force=True)
    assert list(packed_runs(folder)) == [None]


def test_recording_alone_is_no_published_network(finished, pretrained):
    make, _ = finished
    path = publishing.record(make(0), force=True)
    assert path == pretrained / NAME / PACKED
    assert not checkpoints.is_published(find(NAME))
    assert unpack(path).snapshots


def test_recording_of_a_further_seed_stands_beside_the_published_network_s(finished, pretrained):
    make, source = finished
    folder = publishing.publish([make(0)], source, force=True)
    own = (folder / PACKED).read_bytes()
    path = publishing.record(make(4))
    assert path == folder / packed_name(4)
    assert unpack(path).description["seed"] == 4
    assert (folder / PACKED).read_bytes() == own


def test_recording_that_does_not_belong_to_the_published_network_is_refused(finished, pretrained):
    make, source = finished
    own = make(0)
    publishing.publish([own], source, force=True)
    with pytest.raises(RunError, match="seed 0 is already published"):
        publishing.record(own)
    other = make(2)
    description = other.description()
    recipe = {**description["recipe"], "name": "another"}
    other._write_json("run.json", {**description, "recipe": recipe})
    with pytest.raises(RunError, match="another recipe"):
        publishing.record(other)


def test_seed_that_is_shipped_has_no_recording_beside_its_own(finished, pretrained):
    make, source = finished
    folder = publishing.publish([make(0)], source, force=True)
    other = make(3)
    publishing.record(other)
    publishing.publish([other], source, force=True)
    assert list(packed_runs(folder)) == [None]
    assert unpack(folder / PACKED).description["seed"] == 3


def test_other_recipe_s_error_is_noted_without_weights_and_told(finished, pretrained):
    make, source = finished
    run, again = make(0), make(1)
    for one in (run, again, run):  # the last time it is measured anew
        path = publishing.note(one, source)
    assert [one.seeds for one in load_tried(find(NAME))] == [(1,), (0,)]
    assert [file.name for file in path.parent.iterdir()] == [TRIED]
    network, _ = checkpoints.load_trained(find(NAME), run.checkpoint)
    error = mean_error(evaluate_draws(network, find(NAME), source.test))
    told = "\n".join(report.table("distorted"))
    device = run.description()["device"]
    assert f"2 steps of 2, rate 0.001, seed 0, {device}, float32: r/fcn {error:.2f}" in told
    assert "after" not in told.split("r/fcn")[1].splitlines()[0]


def test_run_that_was_stopped_is_noted_as_far_as_it_came(finished, pretrained):
    make, source = finished
    run = make(0)
    description = run.description()
    description["recipe"]["iterations"] = 1_000
    run._write_json("run.json", description)
    publishing.note(run, source)
    assert "(after 2)" in "\n".join(report.table("distorted"))


def test_run_of_the_published_recipe_is_to_be_published_not_noted(finished, pretrained):
    make, source = finished
    publishing.publish([make(0)], source, force=True)
    with pytest.raises(RunError, match="was trained as the published network; use `publish`"):
        publishing.note(make(1), source)
    path = checkpoints.published_folder(find(NAME)) / checkpoints.METRICS
    metrics = json.loads(path.read_text())
    del metrics["recipe"]["curriculum"]  # as before there was one
    path.write_text(json.dumps(metrics))
    with pytest.raises(RunError, match="was trained as the published network; use `publish`"):
        publishing.note(make(2), source)


@pytest.mark.parametrize("prolonged", [{}, {"taken_up": [1]}])
def test_longer_training_stands_beside_the_straight_one(finished, pretrained, prolonged):
    make, source = finished
    straight, longer = make(0), make(1)
    longer._write_json("run.json", {**longer.description(), "extended": [1], **prolonged})
    publishing.publish([straight], source, force=True)
    publishing.note(longer, source)  # it is not taken for the published one
    again = make(2)
    publishing.publish([again], source, force=True)  # nor dropped as if it were
    (one,) = load_tried(find(NAME))
    assert one.extended == (1,) and one.taken_up == (tuple(prolonged.get("taken_up", ())) or None)
    words = "from its published weights"
    assert (words in one.extension_words) == (words in budget_words(one)) == bool(prolonged)


def test_seeds_of_one_distortion_and_of_five_are_not_mixed(finished, pretrained):
    make, source = finished
    publishing.publish([make(0), make(1)], source, force=True)
    metrics = load_metrics(find(NAME))
    first = round(metrics.draw_errors[0], 4)
    assert first != round(metrics.error_percent_test, 4)
    save_metrics(find(NAME), replace(metrics, errors=(first, first)))
    told = "\n".join(report.table("distorted"))
    assert "Each seed of a training measured with the first only: r/fcn" in told
    with pytest.raises(RunError, match="publish all seeds' runs together, without --add"):
        publishing.publish([make(2)], source, add=True)


def test_recipe_that_is_published_after_all_is_no_longer_another(finished, pretrained):
    make, source = finished
    run = make(0)
    publishing.note(run, source)
    publishing.publish([run], source, force=True)
    assert load_tried(find(NAME)) == ()
    assert not (pretrained / NAME / TRIED).exists()


def test_figures_of_a_network_stay_when_another_recipe_s_takes_its_place(finished, pretrained):
    make, source = finished
    publishing.publish([make(0)], source, force=True)
    before = load_metrics(find(NAME))
    again = make(1)  # of the same recipe: it is not another
    publishing.publish([again], source, force=True)
    assert load_tried(find(NAME)) == ()
    other = make(2)
    description = other.description()
    description["recipe"]["learning_rate"] /= 2
    other._write_json("run.json", description)
    publishing.publish([other], source, force=True)
    (kept,) = load_tried(find(NAME))
    assert kept.recipe == before.recipe and kept.step == 2 and kept.seeds == (1,)
    assert load_metrics(find(NAME)).recipe.to_json() == description["recipe"]
    publishing.publish([again], source, force=True)
    assert [one.recipe.to_json() for one in load_tried(find(NAME))] == [description["recipe"]]
