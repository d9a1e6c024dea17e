"""Training on a small scale: it learns, by what it is told to, and says when it cannot go on."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.interpolate import RBFInterpolator

from stn_core import checkpoints, find
from stn_core.birds.photographs import BirdsError
from stn_core.recipes import SGD, StepDecay
from stn_core.training import checkpoint, network
from stn_core.training.network import train, train_steps
from stn_core.training.probes import Probes
from stn_core.training.recording import TrainingError
from stn_core.training.trainer import Trainer, elastic_digits
from tests.stn_core.training.small import (
    CPU,
    poison,
    small,
)


def test_loss_falls(source):
    steps = list(train_steps(small("distorted/r/fcn", iterations=400, batch_size=32), source))
    first, last = (np.mean([s.loss for s in part]) for part in (steps[:5], steps[-20:]))
    assert first == pytest.approx(np.log(10), abs=0.2)
    assert last < 0.75 * first


def test_training_without_a_run_gives_the_network(source):
    experiment, steps = small(), []
    trained = train(experiment, source, seed=3, device="cpu", on_step=steps.append)
    assert not trained.training
    assert [step.step for step in steps] == list(range(1, 13))
    trainer = Trainer(experiment, source, seed=3, device="cpu")
    for _ in range(12):
        trainer.advance()
    for name, tensor in trainer.network.state_dict().items():
        assert torch.equal(trained.state_dict()[name], tensor), name
    assert not torch.equal(trained.classifier[1].weight, experiment.build(3).classifier[1].weight)


def test_training_from_python_has_defaults(source):
    trained = train(small(iterations=1))  # seed 0, the CPU, the digits that are here
    again = train(small(iterations=1), source, seed=0, device=torch.device("cpu"))
    for name, tensor in trained.state_dict().items():
        assert torch.equal(again.state_dict()[name], tensor), name
    assert Trainer(small(), source).device == torch.device("cpu")


def test_training_without_a_source_is_on_the_experiment_s_own_pictures():
    with pytest.raises(BirdsError, match="birds need CUB-200-2011: set STN_DATA"):
        train(find("birds/64/cnn"))


def test_same_seed_trains_the_same_and_another_seed_differs(source):
    def losses(seed: int) -> list[float]:
        return [step.loss for step in train_steps(small(), source, seed=seed)]

    assert losses(0) == losses(0)
    assert losses(0) != losses(1)


def test_first_loss_is_that_of_the_network_s_answer_to_the_seed_s_first_batch(source):
    experiment = small(iterations=1)
    (step,) = train_steps(experiment, source, seed=3)
    generator = torch.Generator().manual_seed(3)
    index = torch.randint(len(source.train), (8,), generator=generator)
    batch = source.train[index]
    examples = experiment.data.examples(batch, generator)
    trace = experiment.build(seed=3).trace(examples.images)
    loss = experiment.objective.loss(trace, examples.labels)
    assert step.loss == pytest.approx(loss.item(), rel=1e-5)


def test_record_is_the_mean_over_the_steps_since_the_one_before(source, monkeypatch):
    each = list(train_steps(small(), source))
    monkeypatch.setattr(network, "RECORDS", 4)  # so every third of twelve
    records = list(train_steps(small(), source))
    assert [step.step for step in each] == list(range(1, 13))
    assert [step.step for step in records] == [3, 6, 9, 12]
    for end, record in zip((3, 6, 9, 12), records, strict=True):
        part = each[end - 3 : end]
        assert record.loss == pytest.approx(np.mean([s.loss for s in part]))
        errors = [s.measures["error_percent"] for s in part]
        assert record.measures == {"error_percent": pytest.approx(np.mean(errors))}


def test_learning_rate_follows_the_schedule(source):
    decay = StepDecay(every=5, divisor=10)
    steps = train_steps(small(schedule=decay, learning_rate=0.5, optimiser=SGD()), source)
    rates = [step.learning_rate for step in steps]
    assert rates == pytest.approx([0.5] * 5 + [0.05] * 5 + [0.005] * 2)


def test_localisation_with_a_factor_of_zero_stays_while_the_classifier_learns(source, run):
    experiment = small(localisation_lr_factor=0.0)
    list(train_steps(experiment, source, run=run))
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
    one, other = (Probes(t.experiment, source.gallery, CPU) for t in (plain, elastic))
    assert (one.images[0] == other.images[0]).all()
    assert (one.measured_examples.images == other.measured_examples.images).all()


def test_points_of_an_elastic_digit_move_by_the_pixels_that_are_given(generator):
    dots = torch.zeros(2000, 28, 28, dtype=torch.uint8)
    dots[:, 13:15, 13:15] = 255
    moved = elastic_digits(dots, 1.5, generator)
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
    steps = list(train_steps(small(), source, precision="bfloat16", run=run))
    exact = list(train_steps(small(), source))
    assert [s.loss for s in steps] != [s.loss for s in exact]
    assert steps[0].loss == pytest.approx(exact[0].loss, rel=0.02)
    tensors, _ = checkpoints.load_tensors(run.checkpoint)
    dtypes = {t.dtype for name, t in tensors.items() if name.startswith("network.")}
    assert dtypes == {torch.float32}


def test_training_without_a_run_writes_nothing(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STN_RUNS", str(tmp_path))
    assert len(list(train_steps(small(iterations=2), source))) == 2
    assert list(tmp_path.iterdir()) == []


def test_learning_rate_far_too_high_is_an_error_that_names_step_and_tensor(
    source, run, checkpoint_at_every_record
):
    experiment = small("distorted/r/fcn", learning_rate=1e6, iterations=40)
    with pytest.raises(
        TrainingError,
        match=r"step \d+: the loss is nan; .* is classifier\.\d\.(weight|bias)\. Try a small",
    ) as caught:
        list(train_steps(experiment, source, run=run))
    assert run.status().state == "failed"
    assert run.status().message == str(caught.value)
    tensors, header = checkpoints.load_tensors(run.checkpoint)
    assert header["step"] == run.history()[-1].step
    assert all(t.isfinite().all() for n, t in tensors.items() if n.startswith("network."))
    checkpoint.load(Trainer(experiment, source, seed=0, device=CPU), run.checkpoint)


def test_theta_that_is_not_finite_is_an_error_that_names_step_and_batch_items(source, run):
    with pytest.raises(TrainingError, match=r"after step \d+: theta must be finite; .* items 0"):
        list(train_steps(small(learning_rate=1e12, iterations=9), source, run=run))
    assert run.status().state == "failed"
    assert "theta" in run.status().message


def test_poisoned_weight_is_named_by_the_next_record(source):
    trainer = Trainer(small(), source, seed=0, device=CPU)
    poison(trainer, "classifier.3.bias")
    trainer.advance()
    with pytest.raises(TrainingError, match="step 1: the loss is nan; .* is transformer"):
        trainer.record()
