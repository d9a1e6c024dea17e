"""The one table of experiments: each is built, traced and trained for a step."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from stn_core.digits import Digits
from stn_core.experiments import EXPERIMENTS, UnknownExperiment, find
from stn_core.experiments.studies import Halves
from stn_core.training.network import train_steps
from stn_core.weights import count_parameters

DISTORTIONS = ["r", "rts", "p", "e", "tc"]
ADDITION = ["fcn", "cnn"] + [
    f"{base}-{family}" for base in ("st-fcn", "2st-fcn") for family in ("aff", "proj", "tps")
]
NETWORKS = ["fcn", "cnn"] + [
    f"{base}-{family}" for base in ("st-fcn", "st-cnn") for family in ("aff", "proj", "tps")
]


OF_DIGITS = {n: e for n, e in EXPERIMENTS.items() if not n.startswith(("house-numbers/", "birds/"))}


@pytest.fixture(params=OF_DIGITS.values(), ids=OF_DIGITS)
def experiment(request):
    return request.param


def test_table_has_every_distortion_with_every_network():
    distorted = {f"distorted/{d}/{n}" for d in DISTORTIONS for n in NETWORKS}
    assert {name for name in EXPERIMENTS if name.startswith("distorted/")} == distorted


def test_table_has_every_network_of_addition_all_of_one_size():
    found = {n: e for n, e in EXPERIMENTS.items() if n.startswith("addition/")}
    assert set(found) == {f"addition/rts/{n}" for n in ADDITION}
    sizes = [count_parameters(e.build(seed=0)) for e in found.values()]
    assert min(sizes) >= 380_000 and max(sizes) <= 420_000
    count = {n: e.network.transformers for n, e in found.items() if e.network.transform}
    assert all(several == (2 if "/2st-" in n else 1) for n, several in count.items())
    assert all(e.network.pool == 2 for e in found.values() if e.network.transform)


def test_name_is_the_key_in_the_table(experiment):
    assert EXPERIMENTS[experiment.name] is experiment
    assert find(experiment.name) is experiment


def test_network_traces_the_experiment_s_own_images(experiment, source, generator):
    digits = source.gallery[::500]
    examples = experiment.data.examples(digits, generator)
    assert examples.images.shape == (2, *experiment.data.image_shape)
    told = examples.pose["digit"].sum(1) if "digit" in examples.pose else digits.labels
    if isinstance(experiment.data, Halves):  # the half is in the label too
        told = told + 10 * (examples.pose["shift_x_pixels"] > 0)
    assert torch.equal(examples.labels, told)
    trace = experiment.build(seed=0).trace(examples.images)
    assert trace.logits.shape == (2, experiment.data.classes)
    network = experiment.network
    assert [warp.theta.shape for warp in trace.warps] == (
        [(2, network.transform.num_params)] * network.transformers if network.transform else []
    )


def test_one_step_of_training_gives_a_finite_loss_and_gradients_everywhere(experiment, source):
    recipe = replace(experiment.recipe, iterations=1, batch_size=2)
    experiment = replace(experiment, recipes=(recipe,))
    (step,) = train_steps(experiment, source)
    assert step.step == 1
    assert math.isfinite(step.loss)
    assert set(step.measures) == {experiment.objective.measure}
    parts = {"classifier"} | ({"localisation"} if experiment.network.transform else set())
    assert set(step.gradient_norms) == parts
    assert all(0 < norm < math.inf for norm in step.gradient_norms.values())


def test_distorted_experiments_see_the_canvases_of_their_section():
    sizes = {d: EXPERIMENTS[f"distorted/{d}/fcn"].data.image_shape for d in DISTORTIONS}
    assert sizes == {
        "r": (1, 28, 28),
        "rts": (1, 42, 42),
        "p": (1, 28, 28),
        "e": (1, 28, 28),
        "tc": (1, 60, 60),
    }


def test_average_pooling_follows_the_transformer_for_rts_and_tc_alone():
    pools = {d: EXPERIMENTS[f"distorted/{d}/st-cnn-aff"].network.pool for d in DISTORTIONS}
    assert pools == {"r": 1, "rts": 2, "p": 1, "e": 1, "tc": 2}


def test_clutter_comes_from_the_others_where_they_are_given(source, generator):
    black = Digits(torch.zeros(5, 28, 28, dtype=torch.uint8), torch.arange(5))
    data = EXPERIMENTS["distorted/tc/fcn"].data
    assert data.examples(black, generator).images.sum() == 0
    assert data.examples(black, generator, source.gallery).images.sum() > 0


@pytest.mark.parametrize(
    ("name", "error_percent"),
    [
        ("distorted/r/fcn", 2.1),
        ("distorted/rts/fcn", 5.2),
        ("distorted/e/cnn", 1.4),
        ("distorted/p/st-fcn-aff", 1.5),
        ("distorted/rts/st-fcn-proj", 0.9),
        ("distorted/e/st-fcn-tps", 2.4),
        ("distorted/rts/st-cnn-aff", 0.5),
        ("distorted/e/st-cnn-proj", 1.3),
        ("distorted/e/st-cnn-tps", 1.1),
        ("distorted/tc/fcn", 13.2),
        ("distorted/tc/cnn", 3.5),
        ("distorted/tc/st-fcn-aff", 2.0),
        ("distorted/tc/st-cnn-aff", 1.7),
        ("distorted/tc/st-cnn-tps", None),
        ("addition/rts/fcn", 47.7),
        ("addition/rts/cnn", 14.7),
        ("addition/rts/st-fcn-aff", 22.6),
        ("addition/rts/st-fcn-proj", 18.5),
        ("addition/rts/st-fcn-tps", 19.1),
        ("addition/rts/2st-fcn-aff", 9.0),
        ("addition/rts/2st-fcn-proj", 5.9),
        ("addition/rts/2st-fcn-tps", 5.8),
    ],
)
def test_reported_figure_is_the_paper_s(name, error_percent):
    assert EXPERIMENTS[name].reported == error_percent


def test_paper_s_recipe_is_that_of_its_appendix(experiment):
    recipe = experiment.with_recipe("paper").recipe
    assert (recipe.iterations, recipe.batch_size, recipe.learning_rate) == (150_000, 256, 0.01)
    assert recipe.to_json()["optimiser"] == {
        "type": "SGD",
        "weight_decay": 0.0,
        "momentum": 0.0,
    }
    assert recipe.to_json()["schedule"] == {"type": "StepDecay", "every": 50_000, "divisor": 10}


def test_true_theta_belongs_to_the_data_s_family(experiment, source, generator):
    digits = source.gallery[:3]
    theta = experiment.data.examples(digits, generator).theta
    family = experiment.data.truth_family
    assert (theta is None) == (family is None)
    channels = (experiment.data.image_shape[0],) if theta is not None and theta.ndim == 3 else ()
    assert family is None or theta.shape == (3, *channels, family.num_params)


@pytest.mark.parametrize("name", ["distorted/r/fcn", "distorted/e/fcn", "addition/rts/fcn"])
def test_posed_images_show_the_same_digit_in_so_many_poses(name, source, generator):
    experiment = EXPERIMENTS[name]
    for digit in range(4):
        images = torch.zeros(4, 28, 28, dtype=torch.uint8)
        images[digit] = source.gallery.images[700]
        posed = experiment.data.posed(Digits(images, torch.arange(4)), 5, generator)
        assert posed.shape == (4, 5, *experiment.data.image_shape)
        inked = posed.amax((3, 4)) > 0  # (4, 5, channels)
        assert inked[digit, :, 0].all() and not inked[:digit, :, 0].any()
        assert not inked[digit + 1 :, :, 0].any()
        assert posed[digit].var(0).amax() > 0.01


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("distorted/rts/st-cnn-affine", "distorted/rts/st-cnn-aff"),
        ("rts/fcn", "distorted/rts/fcn"),
        ("Distorted/TC/CNN", "distorted/tc/cnn"),
    ],
)
def test_unknown_name_is_an_error_that_lists_the_near_ones(name, near):
    with pytest.raises(UnknownExperiment) as caught:
        find(name)
    assert str(caught.value).startswith(f"no experiment is called {name!r}; did you mean ")
    assert near in str(caught.value)


def test_name_that_is_near_to_nothing_still_gets_examples():
    with pytest.raises(UnknownExperiment, match="did you mean distorted/"):
        find("???")
