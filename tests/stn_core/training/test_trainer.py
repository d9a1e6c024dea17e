"""Training on a small scale: it learns, it can be steered, and it survives being killed."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.interpolate import RBFInterpolator

from stn_core import checkpoints, runs, training
from stn_core.checkpoints import CheckpointError
from stn_core.digits import Digits
from stn_core.evaluation import evaluate
from stn_core.experiment import SGD, AdamW, Experiment, Muon, StepDecay
from stn_core.experiments import EXPERIMENTS
from stn_core.runs import Run, RunError
from stn_core.sampling import sample
from stn_core.training import Trainer, TrainingError, written_otherwise
from stn_core.transforms import Affine

PATIENCE_SECONDS = 120
CPU = torch.device("cpu")


def small(name: str = "distorted/r/st-fcn-aff", **recipe) -> Experiment:
    """An experiment with a small network and few, small steps."""
    experiment = EXPERIMENTS[name]
    recipe = replace(experiment.recipe, **{"iterations": 12, "batch_size": 8, **recipe})
    network = replace(experiment.network, parameters=60_000)
    return replace(experiment, network=network, recipes=(recipe,))


@pytest.fixture
def run(tmp_path) -> Run:
    return Run(tmp_path / "run")


@pytest.fixture
def checkpoint_at_every_record(monkeypatch) -> None:
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", -1.0)


def comparable(history: list) -> list:
    """Steps without the seconds that they took."""
    return [step._replace(seconds=0) for step in history]


def assert_same_run(first: Run, second: Run) -> None:
    """The same weights, optimiser and generator to the last bit, and the same records."""
    tensors, others = (checkpoints.load_tensors(run.checkpoint)[0] for run in (first, second))
    assert tensors.keys() == others.keys()
    assert all(torch.equal(tensors[name], others[name]) for name in tensors)
    assert comparable(first.history()) == comparable(second.history())
    for one, other in zip(first.snapshots(), second.snapshots(), strict=True):
        for name, value in one._asdict().items():
            np.testing.assert_array_equal(value, getattr(other, name), err_msg=name)


def wait_until(condition) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.005)


# -- learning


def test_loss_falls(source):
    steps = list(training.train(small("distorted/r/fcn", iterations=400, batch_size=32), source))
    first, last = (np.mean([s.loss for s in part]) for part in (steps[:5], steps[-20:]))
    assert first == pytest.approx(np.log(10), abs=0.2)
    assert last < 0.75 * first


def test_same_seed_trains_the_same_and_another_seed_differs(source):
    def losses(seed: int) -> list[float]:
        return [step.loss for step in training.train(small(), source, seed=seed)]

    assert losses(0) == losses(0)
    assert losses(0) != losses(1)


def test_first_loss_is_that_of_the_network_s_answer_to_the_seed_s_first_batch(source):
    experiment = small(iterations=1)
    (step,) = training.train(experiment, source, seed=3)
    generator = torch.Generator().manual_seed(3)
    index = torch.randint(len(source.train), (8,), generator=generator)
    batch = Digits(source.train.images[index], source.train.labels[index])
    examples = experiment.data.examples(batch, generator)
    trace = experiment.build(seed=3).trace(examples.images)
    loss = experiment.objective.loss(trace, examples.labels)
    assert step.loss == pytest.approx(loss.item(), rel=1e-5)


def test_record_is_the_mean_over_the_steps_since_the_one_before(source, monkeypatch):
    each = list(training.train(small(), source))
    monkeypatch.setattr(training, "RECORDS", 4)  # so every third of twelve
    records = list(training.train(small(), source))
    assert [step.step for step in each] == list(range(1, 13))
    assert [step.step for step in records] == [3, 6, 9, 12]
    for end, record in zip((3, 6, 9, 12), records, strict=True):
        part = each[end - 3 : end]
        assert record.loss == pytest.approx(np.mean([s.loss for s in part]))
        errors = [s.measures["error_percent"] for s in part]
        assert record.measures == {"error_percent": pytest.approx(np.mean(errors))}


def test_learning_rate_follows_the_schedule(source):
    decay = StepDecay(every=5, divisor=10)
    steps = training.train(small(schedule=decay, learning_rate=0.5, optimiser=SGD()), source)
    rates = [step.learning_rate for step in steps]
    assert rates == pytest.approx([0.5] * 5 + [0.05] * 5 + [0.005] * 2)


def test_localisation_with_a_factor_of_zero_stays_while_the_classifier_learns(source, run):
    experiment = small(localisation_lr_factor=0.0)
    list(training.train(experiment, source, run=run))
    tensors, _ = checkpoints.load_tensors(run.checkpoint)
    for name, start in experiment.build(seed=0).state_dict().items():
        stayed = torch.equal(tensors[f"network.{name}"], start)
        assert stayed == name.startswith("transformer."), name


def test_elastic_digits_are_trained_on_and_never_looked_at(source):
    plain, elastic = (
        Trainer(small(elastic_pixels=pixels), source, seed=0, device=CPU) for pixels in (0, 1.0)
    )
    (before, labels, *_), (after, same, *_) = (t._draw(200, 1.0) for t in (plain, elastic))
    assert torch.equal(labels, same)
    assert not torch.equal(before, after)
    for one, other in (
        (plain.probe_images[0], elastic.probe_images[0]),
        (plain.watched_examples.images, elastic.watched_examples.images),
    ):
        assert (one == other).all()


def test_points_of_an_elastic_digit_move_by_the_pixels_that_are_given(generator):
    dots = torch.zeros(2000, 28, 28, dtype=torch.uint8)
    dots[:, 13:15, 13:15] = 255
    moved = written_otherwise(dots, 1.5, generator)
    assert moved.dtype == torch.uint8
    at = torch.arange(28.0) - 13.5
    weight = moved.float()
    centres = torch.stack(
        [(weight.sum(axis) * at).sum(-1) / weight.sum((1, 2)) for axis in (1, 2)], 1
    )
    places = np.stack(np.meshgrid(*[np.linspace(-1, 1, 4)] * 2), -1).reshape(16, 2)
    spline = RBFInterpolator(places, np.eye(16), kernel="thin_plate_spline", degree=1)
    share = np.linalg.norm(spline([[0.0, 0.0]]))  # of each point's shift, in the middle
    assert centres.mean(0).abs().max() < 0.1
    assert centres.std(0).tolist() == pytest.approx([1.5 * share] * 2, rel=0.1)


def test_half_precision_trains_float32_weights(source, run):
    steps = list(training.train(small(), source, precision="bfloat16", run=run))
    exact = list(training.train(small(), source))
    assert [s.loss for s in steps] != [s.loss for s in exact]
    assert steps[0].loss == pytest.approx(exact[0].loss, rel=0.02)
    tensors, _ = checkpoints.load_tensors(run.checkpoint)
    dtypes = {t.dtype for name, t in tensors.items() if name.startswith("network.")}
    assert dtypes == {torch.float32}


def test_training_without_a_run_writes_nothing(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STN_RUNS", str(tmp_path))
    assert len(list(training.train(small(iterations=2), source))) == 2
    assert list(tmp_path.iterdir()) == []


# -- what is recorded


def test_run_records_what_was_asked_for_and_how_it_went(source, run):
    experiment = small()
    steps = list(training.train(experiment, source, seed=4, run=run))
    description = run.description()
    assert description["experiment"] == experiment.name
    assert description["recipe"] == experiment.recipe.to_json()
    assert (description["seed"], description["train_digits"]) == (4, 4000)
    assert run.history() == steps
    assert run.status() == ("finished", 12, "", False)


def test_first_snapshot_is_step_0_with_theta_the_identity_and_the_last_is_the_end(source, run):
    list(training.train(small(), source, run=run))
    snapshots = run.snapshots()
    assert (snapshots[0].step, snapshots[-1].step) == (0, 12)
    identity = np.tile(np.float32([1, 0, 0, 0, 1, 0]), (10, 1, 1))
    np.testing.assert_array_equal(snapshots[0].theta, identity)
    assert (snapshots[-1].theta != identity).any()


def test_snapshot_tells_the_error_that_an_evaluation_on_the_gallery_tells(source, run):
    experiment = small()
    list(training.train(experiment, source, seed=2, run=run))
    start = run.snapshots()[0]
    network = experiment.build(seed=2)
    expected = evaluate(network, experiment, source.gallery).measure
    assert start.measure == pytest.approx(expected)
    images, labels = run.probes()
    assert labels.tolist() == list(range(10))
    with torch.no_grad():
        logits = network(torch.from_numpy(images).float() / 255)
    np.testing.assert_allclose(start.logits, logits, atol=1e-5)


def test_snapshot_holds_the_mean_output_over_a_few_classes(source, run):
    experiment = small()
    list(training.train(experiment, source, run=run))
    mean = run.snapshots()[0].mean_output
    assert (mean.shape, mean.dtype) == ((3, 1, 28, 28), np.uint8)
    # At the identity the output is the input: the gallery as an evaluation distorts it.
    generator = torch.Generator().manual_seed(2015)
    inputs = experiment.data.examples(source.gallery, generator).images[:, 0]
    expected = torch.stack([inputs[100 * c : 100 * c + 100].mean(0) for c in (2, 5, 8)])
    np.testing.assert_allclose(mean[:, 0], 255 * expected, atol=1)


def test_snapshot_of_two_transformers_holds_what_each_shows_and_leaves(source):
    experiment = EXPERIMENTS["addition/rts/2st-fcn-aff"]
    trainer = Trainer(experiment, source, seed=0, device=CPU)
    theta = torch.tensor([0.6, 0.1, 0.2, -0.1, 0.7, -0.1])
    with torch.no_grad():  # the second looks elsewhere
        trainer.network.transformer.transformers[1].localisation.regression.bias.copy_(theta)
    snapshot = trainer.snapshot()
    both = torch.stack([Affine().identity(), theta])
    np.testing.assert_array_equal(snapshot.theta, both.expand(10, 2, 6))

    generator = torch.Generator().manual_seed(2015)
    first = experiment.data.examples(source.gallery, generator).images[:, :1]
    for number, one in enumerate(both):
        grid = Affine().grid(one.expand(1000, 6), (42, 42))
        shown = F.avg_pool2d(sample(first, grid), 2)[:, 0]
        expected = torch.stack([shown[100 * c : 100 * c + 100].mean(0) for c in (2, 5, 8)])
        np.testing.assert_allclose(snapshot.mean_output[:, number], 255 * expected, atol=1)

    assert snapshot.pose_left.shape == (2, 2)
    assert (snapshot.pose_left > 0.5).all()
    assert (snapshot.pose_left[0] != snapshot.pose_left[1]).all()


def test_snapshot_of_a_network_without_a_transformer_has_no_theta_and_no_mean(source, run):
    list(training.train(small("distorted/r/fcn"), source, run=run))
    start = run.snapshots()[0]
    assert start.theta.shape == (10, 0, 0)
    assert start.mean_output.size == start.pose_left.size == 0
    assert start.logits.shape == (10, 10)


def test_what_is_subtracted_from_the_input_changes_nothing_of_what_is_seen_at_the_start(source):
    seen = []
    for subtracted in (0.0, 1.0):
        experiment = small("studies/st-fcn-aff")
        network = replace(experiment.network, subtracted=subtracted)
        experiment = replace(experiment, network=network)
        trainer = Trainer(experiment, source, seed=0, device=torch.device("cpu"))
        seen.append(trainer.snapshot())
    plain, shifted = seen
    np.testing.assert_allclose(shifted.pose_left, plain.pose_left, rtol=1e-4)
    np.testing.assert_allclose(shifted.mean_output.astype(int), plain.mean_output, atol=1)


# -- steering


OPTIMISED = {
    "adamw": small(optimiser=AdamW()),
    "sgd": small(optimiser=SGD(), learning_rate=0.05),
    "muon": small(optimiser=Muon()),
    "muon, kernels too": small("distorted/r/st-cnn-aff", optimiser=Muon(kernels=True)),
}


@pytest.mark.parametrize("precision", training.PRECISIONS)
@pytest.mark.parametrize("experiment", OPTIMISED.values(), ids=OPTIMISED)
def test_stopped_and_resumed_run_is_bit_for_bit_the_undisturbed_one(
    experiment, precision, source, tmp_path
):
    undisturbed, run = Run(tmp_path / "undisturbed"), Run(tmp_path / "run")
    list(training.train(experiment, source, seed=5, precision=precision, run=undisturbed))

    steps = training.train(experiment, source, seed=5, precision=precision, run=run)
    for step in steps:
        if step.step == 4:
            run.control("stop")
    assert run.status() == ("stopped", 5, "", False)
    assert len(run.history()) == 5

    # Recipe, seed and precision are the run's own, whatever is asked for now.
    other = replace(experiment.recipe, batch_size=3, iterations=9)
    other = replace(experiment, recipes=(other,))
    resumed = list(training.train(other, source, seed=6, run=run, resume=True))
    assert [step.step for step in resumed] == list(range(6, 13))
    assert run.status().state == "finished"
    assert_same_run(run, undisturbed)


def stopped_at_5(source, run: Run) -> tuple[dict[str, torch.Tensor], dict]:
    """A run that has been stopped, and what is in its checkpoint."""
    for step in training.train(small(), source, seed=5, run=run):
        if step.step == 4:
            run.control("stop")
    return checkpoints.load_tensors(run.checkpoint)


def test_run_whose_checkpoint_numbers_the_parameters_as_older_ones_do_is_resumed(source, tmp_path):
    undisturbed, run = Run(tmp_path / "undisturbed"), Run(tmp_path / "run")
    list(training.train(small(), source, seed=5, run=undisturbed))
    tensors, header = stopped_at_5(source, run)
    names = [name for name, _ in small().build(seed=5).named_parameters()]
    names.sort(key=lambda name: not name.startswith("transformer."))  # localisation comes first
    for number, name in enumerate(names):
        for key in checkpoints.under(f"optimiser.{name}.", tensors):
            tensors[f"optimiser.{number}.{key}"] = tensors.pop(f"optimiser.{name}.{key}")
    checkpoints.save_tensors(run.checkpoint, tensors, header)
    list(training.train(small(), source, run=run, resume=True))
    assert_same_run(run, undisturbed)


@pytest.mark.parametrize("name", ["optimiser.nothing.step", "optimiser.99.step"])
def test_optimiser_of_another_network_is_an_error_that_names_its_tensor(name, source, run):
    tensors, header = stopped_at_5(source, run)
    tensors[name] = torch.zeros(())
    checkpoints.save_tensors(run.checkpoint, tensors, header)
    with pytest.raises(CheckpointError, match=name.removeprefix("optimiser.")):
        next(training.train(small(), source, run=run, resume=True))


def test_optimiser_s_memory_of_another_shape_is_an_error(source, run):
    tensors, header = stopped_at_5(source, run)
    tensors["optimiser.classifier.1.bias.exp_avg"] = torch.zeros(3)
    checkpoints.save_tensors(run.checkpoint, tensors, header)
    with pytest.raises(CheckpointError, match=r"classifier\.1\.bias\.exp_avg"):
        next(training.train(small(), source, run=run, resume=True))


def test_run_that_was_dropped_before_its_first_checkpoint_starts_again(source, tmp_path):
    undisturbed, run = Run(tmp_path / "undisturbed"), Run(tmp_path / "run")
    list(training.train(small(), source, run=undisturbed))
    steps = training.train(small(), source, run=run)
    for _ in range(3):
        next(steps)
    steps.close()
    assert run.status().interrupted
    assert not run.checkpoint.exists()
    list(training.train(small(), source, run=run, resume=True))
    assert_same_run(run, undisturbed)


def test_run_names_every_device_that_it_has_been_on(source, run, monkeypatch):
    for device, until in (("a GPU", 4), ("a GPU", 7), ("a laptop", 12), ("a desktop", 12)):
        monkeypatch.setattr(training, "device_name", lambda _, name=device: name)
        for step in training.train(small(), source, run=run, resume=run.is_described()):
            if step.step == until < 12:
                run.control("stop")
    assert run.status().state == "finished"  # before it was resumed on the desktop
    assert run.description()["device"] == "a GPU, then a laptop"


def test_finished_run_is_resumed_to_its_end_at_once(source, run):
    list(training.train(small(), source, run=run))
    history = run.history()
    assert list(training.train(small(), source, run=run, resume=True)) == []
    assert run.history() == history
    assert run.status().state == "finished"


@pytest.mark.parametrize(("command", "state"), [("run", "finished"), ("stop", "stopped")])
def test_paused_training_waits_for_its_next_command(command, state, source, run):
    steps = training.train(small(), source, run=run)
    next(steps)
    run.control("pause")
    seen = {}

    def look_and_release() -> None:
        wait_until(lambda: run.status().state == "paused")
        time.sleep(3 * training.PAUSE_SECONDS)  # in which it does nothing
        seen["status"] = run.status()
        seen["records"] = len(run.history())
        seen["saved"] = checkpoints.load_tensors(run.checkpoint)[1]["step"]
        run.control(command)

    onlooker = threading.Thread(target=look_and_release)
    onlooker.start()
    list(steps)
    onlooker.join()
    assert seen == {"status": ("paused", 2, "", True), "records": 2, "saved": 2}
    assert run.status().state == state
    assert len(run.history()) == {"finished": 12, "stopped": 2}[state]


def test_command_is_obeyed_within_an_interval_and_the_weights_are_as_ever(
    source, tmp_path, monkeypatch
):
    monkeypatch.setattr(training, "RECORDS", 2)  # of its twelve steps
    undisturbed, run = Run(tmp_path / "undisturbed"), Run(tmp_path / "run")
    list(training.train(small(), source, seed=5, run=undisturbed))
    monkeypatch.setattr(training, "LOOK_SECONDS", 0.0)
    real = Trainer.advance

    def advance(trainer: Trainer) -> None:
        real(trainer)
        if trainer.step == 3:
            run.control("stop")

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "advance", advance)
        list(training.train(small(), source, seed=5, run=run))
    assert run.status() == ("stopped", 3, "", False)
    list(training.train(small(), source, run=run, resume=True))
    assert [step.step for step in run.history()] == [3, 6, 12]
    ours, theirs = (checkpoints.load_tensors(r.checkpoint)[0] for r in (run, undisturbed))
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_stop_that_is_asked_for_while_a_resumed_training_is_built_is_obeyed(
    source, run, monkeypatch
):
    stopped_at_5(source, run)
    real = training.Trainer

    def build(*args, **settings) -> Trainer:
        run.control("stop")
        return real(*args, **settings)

    monkeypatch.setattr(training, "Trainer", build)
    list(training.train(small(), source, run=run, resume=True))
    assert run.status() == ("stopped", 6, "", False)


def test_command_of_an_earlier_sitting_is_forgotten(source, run):
    for step in training.train(small(), source, run=run):
        if step.step == 2:
            run.control("stop")
    list(training.train(small(), source, run=run, resume=True))
    assert run.status().state == "finished"


def test_rate_that_is_asked_for_holds_from_then_on_also_after_a_resume(source, run):
    experiment = small(iterations=12, optimiser=SGD(), schedule=StepDecay(every=1000))
    base = experiment.recipe.learning_rate
    steps = training.train(experiment, source, run=run)
    for step in steps:
        if step.step == 4:
            run.control("run", learning_rate=base / 8)
        elif step.step == 8:
            run.control("stop")
    for _ in training.train(experiment, source, run=run, resume=True):
        pass
    assert run.asked_rate() == base / 8  # what is shown as the one it goes on with
    rates = {step.step: step.learning_rate for step in run.history()}
    assert all(rates[n] == base for n in range(1, 5))
    assert all(rates[n] == pytest.approx(base / 8) for n in range(6, 13))


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf"), "fast"], ids=str)
def test_senseless_rate_cannot_be_asked_for(rate, run):
    with pytest.raises(ValueError, match="learning_rate is a positive number"):
        run.control("run", learning_rate=rate)


def test_training_that_is_asked_to_stops_once_it_has_stopped_improving(source, run, monkeypatch):
    measures = iter([90.0, 50.0, 40.0, *[45.0] * 100])

    def snapshot(trainer: Trainer) -> runs.Snapshot:
        return real(trainer)._replace(measure=next(measures))

    real = Trainer.snapshot
    monkeypatch.setattr(Trainer, "snapshot", snapshot)
    experiment = small(iterations=60)
    taken = runs.snapshot_steps(60)
    best = taken[2]  # of the third measure
    for _ in training.train(experiment, source, run=run, patience=20):
        pass
    status = run.status()
    assert status.state == "stopped"
    assert status.step == next(step for step in taken if step >= best + 20)
    assert f"no better than at step {best}" in status.message
    assert checkpoints.load_tensors(run.checkpoint)[1]["step"] == status.step
    for _ in training.train(experiment, source, run=run, resume=True):
        pass  # it is given as much time again
    again = run.status()
    assert again.state == "stopped"
    assert again.step == next(step for step in taken if step >= status.step + 20)


def test_changed_rate_is_given_time_before_a_training_is_given_up(source, run, monkeypatch):
    measures = iter([90.0, *[95.0] * 100])
    real = Trainer.snapshot
    monkeypatch.setattr(Trainer, "snapshot", lambda t: real(t)._replace(measure=next(measures)))
    experiment = small(iterations=60)
    for step in training.train(experiment, source, run=run, patience=20):
        if step.step == 15:
            run.control("run", learning_rate=1e-4)
    taken = runs.snapshot_steps(60)
    assert run.status().step == next(step for step in taken if step >= 15 + 20)


@pytest.mark.parametrize(("begun", "advice"), [(59_000, "STN_DATA"), (12, "begin anew")])
def test_run_does_not_go_on_with_other_digits_and_its_status_says_why(begun, advice, source, run):
    stopped_at_5(source, run)
    run._write_json("run.json", {**run.description(), "train_digits": begun})
    told = rf"begun on {begun:,} digits, and [\d,]+ are here: .*{advice}"
    with pytest.raises(RunError, match=told):
        next(training.train(small(), source, run=run, resume=True))
    status = run.status()
    assert status.state == "failed" and advice in status.message


def test_resumed_training_that_cannot_be_built_says_so_in_its_status(source, run, monkeypatch):
    stopped_at_5(source, run)

    def build(*args, **settings) -> Trainer:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(training, "Trainer", build)
    with pytest.raises(RuntimeError, match="out of memory"):
        next(training.train(small(), source, run=run, resume=True))
    assert run.status() == ("failed", 5, "out of memory", False)


def test_training_that_diverges_leaves_a_recording_that_can_be_replayed(source, run):
    experiment = small("distorted/r/fcn", optimiser=SGD(), iterations=20_000, learning_rate=1e8)
    with pytest.raises(TrainingError, match="not finite"):
        list(training.train(experiment, source, run=run))
    assert run.status().state == "failed"
    assert run.recorded().snapshots


def test_folder_in_training_takes_no_second_training(source, run):
    steps = training.train(small(), source, run=run)
    next(steps)
    with pytest.raises(RunError, match="being trained by another process"):
        next(training.train(small(), source, run=run, resume=True))
    with pytest.raises(RunError, match="holds a run already"):
        next(training.train(small(), source, run=run))
    assert run.status() == ("running", 1, "", True)
    list(steps)
    assert run.status().state == "finished"


# -- being killed


def test_killed_training_is_resumed_to_the_same_weights_with_its_history_whole(
    source, tmp_path, command
):
    """SIGKILL, as by the out-of-memory killer, in a process that checkpoints all the time."""
    driver = (
        "import sys\n"
        "from stn_core import training\n"
        "from stn_core.__main__ import main\n"
        "training.CHECKPOINT_SECONDS = 0.0\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    iterations = 120
    arguments = [
        "train",
        "distorted/r/st-fcn-aff",
        f"--iterations={iterations}",
        "--batch-size=8",
        "--seed=5",
    ]
    arguments += ["--device=cpu", "--threads=1"]
    undisturbed, run = Run(tmp_path / "undisturbed"), Run(tmp_path / "run")
    killed = subprocess.Popen(
        [sys.executable, "-c", driver, *arguments, f"--run-dir={run.folder}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: len(run.history()) >= 10 or killed.poll() is not None)
    finally:
        killed.kill()
        killed.wait()
    assert killed.returncode == -signal.SIGKILL
    assert 10 <= len(run.history()) < iterations

    resume = [*arguments, f"--run-dir={run.folder}", "--resume"]
    (run.folder / "heartbeat").touch()
    assert command(resume) == 1  # its heart has only just stopped
    os.utime(run.folder / "heartbeat", (1, 1))
    assert run.status().interrupted
    assert command(resume) == 0
    assert command([*arguments, f"--run-dir={undisturbed.folder}"]) == 0
    assert [step.step for step in run.history()] == list(range(1, iterations + 1))
    assert_same_run(run, undisturbed)


def test_record_that_a_kill_has_torn_is_written_again(source, tmp_path, checkpoint_at_every_record):
    undisturbed, run = Run(tmp_path / "undisturbed"), Run(tmp_path / "run")
    list(training.train(small(), source, run=undisturbed))
    steps = training.train(small(), source, run=run)
    for _ in range(5):
        next(steps)
    steps.close()
    with open(run.folder / "history.jsonl", "ab") as file:
        file.write(b'{"step": 6, "lo')
    list(training.train(small(), source, run=run, resume=True))
    assert_same_run(run, undisturbed)


def test_full_disk_ends_the_training_and_leaves_its_last_checkpoint(
    source, tmp_path, monkeypatch, checkpoint_at_every_record
):
    undisturbed, run = Run(tmp_path / "undisturbed"), Run(tmp_path / "run")
    list(training.train(small(), source, run=undisturbed))

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    steps = training.train(small(), source, run=run)
    for _ in range(5):
        next(steps)
    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
        patch.setattr(os, "fsync", full)
        next(steps)
    assert checkpoints.load_tensors(run.checkpoint)[1]["step"] == 5
    list(training.train(small(), source, run=run, resume=True))
    assert_same_run(run, undisturbed)


# -- going wrong


def test_learning_rate_far_too_high_is_an_error_that_names_step_and_tensor(
    source, run, checkpoint_at_every_record
):
    experiment = small("distorted/r/fcn", learning_rate=1e6, iterations=40)
    with pytest.raises(
        TrainingError,
        match=r"step \d+: the loss is nan; .* is classifier\.\d\.(weight|bias)\. A smaller learn",
    ) as caught:
        list(training.train(experiment, source, run=run))
    assert run.status().state == "failed"
    assert run.status().message == str(caught.value)
    tensors, header = checkpoints.load_tensors(run.checkpoint)
    assert header["step"] == run.history()[-1].step
    assert all(t.isfinite().all() for n, t in tensors.items() if n.startswith("network."))
    Trainer(experiment, source, seed=0, device=CPU).load(run)


def test_theta_that_is_not_finite_is_an_error_that_names_step_and_batch_items(source, run):
    with pytest.raises(TrainingError, match=r"after step \d+: theta must be finite; .* items 0"):
        list(training.train(small(learning_rate=1e12, iterations=9), source, run=run))
    assert run.status().state == "failed"
    assert "theta" in run.status().message


def poison(trainer: Trainer, name: str) -> None:
    with torch.no_grad():
        trainer.network.get_parameter(name).view(-1)[0] = float("nan")


def test_poisoned_weight_is_named_by_the_next_record(source):
    trainer = Trainer(small(), source, seed=0, device=CPU)
    poison(trainer, "classifier.3.bias")
    trainer.advance()
    with pytest.raises(TrainingError, match="step 1: the loss is nan; .* is transformer"):
        trainer.record()


def test_poisoned_weight_is_never_saved(source, run):
    list(training.train(small(), source, run=run))
    before = run.checkpoint.read_bytes()
    trainer = Trainer(small(), source, seed=0, device=CPU)
    poison(trainer, "classifier.3.bias")
    with pytest.raises(TrainingError, match="step 0: classifier.3.bias is not finite"):
        trainer.save(run)
    assert run.checkpoint.read_bytes() == before


def test_poisoned_localisation_is_an_error_of_the_snapshot_too(source):
    trainer = Trainer(small(), source, seed=0, device=CPU)
    poison(trainer, "transformer.localisation.regression.bias")
    with pytest.raises(TrainingError, match="after step 0: theta must be finite"):
        trainer.snapshot()


def test_run_without_a_description_cannot_be_resumed(source, run):
    with pytest.raises(RunError, match=f"{run.folder} is not a run"):
        list(training.train(small(), source, run=run, resume=True))


def test_checkpoint_of_another_experiment_is_an_error_that_names_both(source, tmp_path):
    run, other = Run(tmp_path / "run"), Run(tmp_path / "other")
    list(training.train(small(iterations=1), source, run=run))
    list(training.train(small("distorted/p/st-fcn-aff", iterations=1), source, run=other))
    Path(other.checkpoint).replace(run.checkpoint)
    with pytest.raises(CheckpointError, match=r"is of 'distorted/p/.*, expected 'distorted/r/"):
        list(training.train(small(), source, run=run, resume=True))
    assert run.status().state == "failed"


def test_damaged_checkpoint_is_an_error_and_the_run_says_so(source, run):
    list(training.train(small(), source, run=run))
    run.checkpoint.write_bytes(run.checkpoint.read_bytes()[:1000])
    with pytest.raises(CheckpointError, match="not a readable safetensors file"):
        list(training.train(small(), source, run=run, resume=True))
    assert run.status().state == "failed"
    assert "not a readable" in run.status().message


# -- device and precision


def test_device_is_the_one_that_is_asked_for():
    assert training.choose_device("cpu") == CPU
    assert "CPU" in training.device_name(CPU)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tpu", "a device is auto, cpu, cuda or mps, got 'tpu'"),
        ("cuda", "there is no cuda device on this machine; use auto or cpu"),
        ("mps", "there is no mps device on this machine; use auto or cpu"),
    ],
)
def test_device_that_is_not_there_is_an_error(name, message, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert training.choose_device("auto") == CPU
    with pytest.raises(ValueError, match=message):
        training.choose_device(name)


def test_unknown_precision_is_an_error(source):
    with pytest.raises(ValueError, match=r"one of \('float32', 'bfloat16'\), got 'float8'"):
        next(training.train(small(), source, precision="float8"))
