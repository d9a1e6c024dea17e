"""Snapshots: what a network in training makes of fixed digits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from stn_core.evaluation import evaluate
from stn_core.experiments import EXPERIMENTS
from stn_core.sampling import sample
from stn_core.training.network import train_steps
from stn_core.training.recording import TrainingError
from stn_core.training.trainer import Trainer
from stn_core.transforms import Affine
from tests.stn_core.training.small import (
    CPU,
    look,
    poison,
    small,
)


def test_first_snapshot_is_step_0_with_theta_the_identity_and_the_last_is_the_end(source, run):
    list(train_steps(small(), source, run=run))
    snapshots = run.snapshots()
    assert (snapshots[0].step, snapshots[-1].step) == (0, 12)
    identity = np.tile(np.float32([1, 0, 0, 0, 1, 0]), (10, 1, 1))
    np.testing.assert_array_equal(snapshots[0].theta, identity)
    assert (snapshots[-1].theta != identity).any()


def test_snapshot_tells_the_error_that_an_evaluation_on_the_gallery_tells(source, run):
    experiment = small()
    list(train_steps(experiment, source, seed=2, run=run))
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
    list(train_steps(experiment, source, run=run))
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
    snapshot = look(trainer, source)
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
    list(train_steps(small("distorted/r/fcn"), source, run=run))
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
        seen.append(look(trainer, source))
    plain, shifted = seen
    np.testing.assert_allclose(shifted.pose_left, plain.pose_left, rtol=1e-4)
    np.testing.assert_allclose(shifted.mean_output.astype(int), plain.mean_output, atol=1)


def test_poisoned_localisation_is_an_error_of_the_snapshot_too(source):
    trainer = Trainer(small(), source, seed=0, device=CPU)
    poison(trainer, "transformer.localisation.regression.bias")
    with pytest.raises(TrainingError, match="after step 0: theta must be finite"):
        look(trainer, source)
