"""Recipes: their schedules and optimisers, and that they survive being written down."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch

from stn_core.checkpoints import is_published
from stn_core.digits import load as load_digits
from stn_core.errors import InputError
from stn_core.experiments import EXPERIMENTS, find
from stn_core.metrics import load_metrics
from stn_core.muon import KernelMuon
from stn_core.recipes import SGD, AdamW, Curriculum, Muon, OneCycle, Recipe, StepDecay
from stn_core.training.trainer import Trainer

RECIPE = Recipe(
    name="brief",
    optimiser=AdamW(weight_decay=0.02),
    schedule=OneCycle(warmup=0.25),
    iterations=40,
    batch_size=8,
    learning_rate=0.005,
    localisation_lr_factor=0.1,
)
RECIPES = [
    RECIPE,
    replace(RECIPE, optimiser=SGD(), schedule=StepDecay(every=7, divisor=3)),
    replace(RECIPE, optimiser=Muon(weight_decay=0.03)),
    replace(RECIPE, optimiser=Muon(kernels=True)),
    replace(RECIPE, curriculum=Curriculum(start=0, end=0.5)),
    replace(RECIPE, elastic_pixels=0.5),
    replace(RECIPE, localisation_optimiser=Muon(kernels=True)),
    *next(iter(EXPERIMENTS.values())).recipes,
]


# -- schedules


@pytest.mark.parametrize(
    ("step", "factor"),
    [(0, 1), (49_999, 1), (50_000, 0.1), (99_999, 0.1), (100_000, 0.01), (149_999, 0.01)],
)
def test_step_decay_divides_the_rate_by_ten_every_50_000_iterations(step, factor):
    assert StepDecay().factor(step, 150_000) == pytest.approx(factor)


@pytest.mark.parametrize(
    ("step", "factor"),
    [(0, 0.01), (49, 0.5), (99, 1), (100, 1), (400, 0.75), (550, 0.5), (700, 0.25), (1000, 0)],
)
def test_one_cycle_rises_in_a_line_and_falls_in_half_a_cosine(step, factor):
    assert OneCycle(warmup=0.1).factor(step, 1000) == pytest.approx(factor)


@pytest.mark.parametrize("iterations", [1, 2, 10, 999])
def test_one_cycle_is_never_zero_at_a_step_that_is_taken(iterations):
    factors = [OneCycle().factor(step, iterations) for step in range(iterations)]
    assert all(0 < factor <= 1 for factor in factors)
    assert max(factors) == 1


# -- the curriculum


@pytest.mark.parametrize(
    ("step", "reach"), [(0, 0), (100, 0), (250, 0.25), (400, 0.5), (700, 1), (999, 1)]
)
def test_curriculum_s_reach_grows_in_a_line(step, reach):
    assert Curriculum(start=0.1, end=0.7).reach(step, 1000) == pytest.approx(reach)


@pytest.mark.parametrize(("start", "end"), [(-0.1, 0.5), (0.5, 0.5), (0.7, 0.1), (0.5, 1.1)])
def test_curriculum_of_no_span_is_refused(start, end):
    with pytest.raises(ValueError, match="0 <= start < end <= 1"):
        Curriculum(start=start, end=end)


def test_data_while_training_have_the_curriculum_s_reach():
    experiment = find("volumes/extruded/st-cnn-aff")
    brief = replace(RECIPE, iterations=10, curriculum=Curriculum(start=0, end=0.5))
    experiment = replace(experiment, recipes=(brief,))
    assert [experiment.data_at(reach).reach for reach in (0, 0.4, 1)] == [0, 0.4, 1]
    assert experiment.data.reach == 1  # what is watched and measured
    plain = find("distorted/rts/fcn")
    assert plain.data_at(0) is plain.data


def test_curriculum_for_data_without_a_reach_is_refused():
    experiment = find("distorted/rts/fcn")
    with pytest.raises(ValueError, match="distorted/rts/fcn: a curriculum"):
        replace(experiment, recipes=(replace(RECIPE, curriculum=Curriculum()),))


# -- optimisers


def test_sgd_steps_down_the_gradient_without_momentum():
    weight = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
    (optimiser,) = SGD().build([{"params": [weight], "lr": 0.5}])
    for _ in range(2):
        weight.grad = torch.tensor([1.0, -2.0])
        optimiser.step()
    assert weight.tolist() == [0, 4]


def test_adamw_s_first_step_is_the_rate_and_its_decay_is_decoupled():
    weight = torch.nn.Parameter(torch.tensor([2.0, 2.0]))
    (optimiser,) = AdamW(weight_decay=0.1).build([{"params": [weight], "lr": 0.01}])
    weight.grad = torch.tensor([5.0, -0.001])
    optimiser.step()
    decayed = 2 * (1 - 0.01 * 0.1)
    assert weight.tolist() == pytest.approx([decayed - 0.01, decayed + 0.01], abs=1e-6)


def test_muon_s_step_is_about_as_long_in_every_direction_and_what_is_no_hidden_matrix_has_adamw_s():
    generator = torch.Generator().manual_seed(0)
    gradient = torch.randn(6, 20, generator=generator) * torch.logspace(0, -3, 6)[:, None]
    weight, bias = (torch.nn.Parameter(torch.zeros(shape)) for shape in ((6, 20), (6,)))
    groups = [
        {"params": [weight], "lr": 0.01, "kind": "matrix"},
        {"params": [bias], "lr": 0.01, "kind": "other"},
    ]
    weight.grad, bias.grad = gradient, gradient[:, 0].clone()
    for optimiser in Muon().build(groups):
        optimiser.step()
    lengths = torch.linalg.svdvals(weight.detach())
    assert torch.linalg.svdvals(gradient).max() > 500 * torch.linalg.svdvals(gradient).min()
    assert lengths.max() < 5 * lengths.min()
    # as long as AdamW's usual steps: 0.2 of the rate (Liu et al., 2025)
    assert weight.detach().square().mean().sqrt() == pytest.approx(0.2 * 0.01, rel=0.3)
    torch.testing.assert_close(bias.detach(), -0.01 * bias.grad.sign(), atol=1e-5, rtol=0)


def test_muon_without_hidden_matrices_is_adamw():
    gradient = torch.tensor([[5.0, -0.001], [0.3, 0.0]])
    ours, theirs = (torch.nn.Parameter(torch.ones(2, 2)) for _ in range(2))
    optimisers = Muon(weight_decay=0.1).build([{"params": [ours], "lr": 0.01, "kind": "other"}])
    adamw = torch.optim.AdamW([theirs], lr=0.01, weight_decay=0.1)
    for _ in range(3):
        ours.grad, theirs.grad = gradient.clone(), gradient.clone()
        for optimiser in [*optimisers, adamw]:
            optimiser.step()
    assert torch.equal(ours, theirs)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_muon_takes_a_kernel_as_the_matrix_of_its_filters(layout):
    generator = torch.Generator().manual_seed(0)
    start, *gradients = torch.randn(3, 6, 4, 5, 5, generator=generator)
    matrix = torch.nn.Parameter(start.flatten(1).clone())
    kernel = torch.nn.Parameter(start.clone().contiguous(memory_format=layout))
    settings = Muon(kernels=True)
    (_, ours), (_, theirs) = (
        settings.build(
            [
                {"params": [p], "lr": 0.01, "kind": kind},
                {"params": [torch.nn.Parameter(torch.ones(2))], "lr": 0.01, "kind": "other"},
            ]
        )
        for p, kind in ((kernel, "kernel"), (matrix, "matrix"))
    )
    for gradient in gradients:
        kernel.grad = gradient.contiguous(memory_format=layout)
        matrix.grad = gradient.flatten(1)
        ours.step()
        theirs.step()
    assert kernel.shape == kernel.grad.shape == (6, 4, 5, 5)
    assert kernel.is_contiguous(memory_format=layout)
    torch.testing.assert_close(kernel.detach().flatten(1), matrix.detach(), atol=1e-6, rtol=0)
    assert (kernel.detach() - start).abs().min() > 0


def test_muon_leaves_kernels_to_adamw_unless_told():
    kernel, matrix = (torch.nn.Parameter(torch.ones(shape)) for shape in ((2, 3, 5, 5), (2, 3)))
    groups = [
        {"params": [kernel], "lr": 0.01, "kind": "kernel"},
        {"params": [matrix], "lr": 0.01, "kind": "matrix"},
        {"params": [torch.nn.Parameter(torch.ones(2))], "lr": 0.01, "kind": "other"},
    ]

    def steps(settings: Muon) -> list[set[torch.Tensor]]:
        built = settings.build([dict(group) for group in groups])
        return [{p for group in o.param_groups for p in group["params"]} for o in built]

    assert [kernel in stepped for stepped in steps(Muon())] == [True, False]
    assert [kernel in stepped for stepped in steps(Muon(kernels=True))] == [False, True]


# -- recipes


def test_a_recipe_s_method_in_words_tells_of_kernels_curriculum_and_elastic_digits():
    words = [replace(RECIPE, optimiser=o).method for o in (SGD(), Muon(), Muon(kernels=True))]
    assert words == ["SGD", "Muon", "Muon, kernels too"]
    assert replace(RECIPE, optimiser=SGD(momentum=0.9)).method == "SGD, momentum 0.9"
    assert replace(RECIPE, curriculum=Curriculum()).method == "AdamW, curriculum"
    assert replace(RECIPE, elastic_pixels=0.5).method == "AdamW, digits elastic by 0.5 px"


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: repr(recipe.schedule))
def test_recipe_comes_back_from_its_json(recipe):
    assert Recipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe


@pytest.mark.parametrize(
    "change",
    [
        {"optimiser": {"type": "Adagrad"}},
        {"optimiser": {"weight_decay": 1}},
        {"schedule": None},
        {"schedule": {"type": "StepDecay", "warmup": 1}},
        {"momentum": 0.9},
        {"learning_rate": "fast"},
    ],
    ids=str,
)
def test_json_of_something_else_is_an_error(change):
    with pytest.raises(ValueError, match="not a recipe"):
        Recipe.from_json({**RECIPE.to_json(), **change})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"iterations": 0}, "at least 1, got 0 and 8"),
        ({"batch_size": -1}, "at least 1, got 40 and -1"),
        ({"learning_rate": 0}, "a positive number, got 0"),
        ({"learning_rate": float("nan")}, "a positive number, got nan"),
        ({"learning_rate": float("inf")}, "a positive number, got inf"),
        ({"elastic_pixels": -1.0}, "at least 0, got -1"),
        (
            {"localisation_lr_factor": -1.0},
            "localisation_lr_factor should be .* at least 0, got -1",
        ),
        ({"backbone_lr_factor": float("inf")}, "backbone_lr_factor should be .* 0, got inf"),
        ({"elastic_pixels": float("nan")}, "at least 0, got nan"),
    ],
    ids=str,
)
def test_recipe_that_cannot_be_trained_by_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        replace(RECIPE, **change)


@pytest.mark.parametrize(
    ("part", "values", "message"),
    [
        *(
            (part, {"weight_decay": -1.0}, "weight_decay .* at least 0")
            for part in (SGD, AdamW, Muon)
        ),
        (AdamW, {"weight_decay": float("inf")}, "weight_decay .* at least 0, got inf"),
        (StepDecay, {"every": 0}, "every should be a number of at least 1, got 0"),
        (StepDecay, {"divisor": 0}, "divisor should be a number of at least 1, got 0"),
        (OneCycle, {"warmup": float("inf")}, "warmup should be a share .* from 0 to 1, got inf"),
        (OneCycle, {"warmup": -0.1}, "warmup should be a share .* from 0 to 1, got -0.1"),
    ],
)
def test_part_of_a_recipe_that_cannot_be_trained_by_is_refused(part, values, message):
    with pytest.raises(InputError, match=message):
        part(**values)


def test_experiment_has_the_recipe_that_is_asked_for_first():
    experiment = EXPERIMENTS["distorted/r/fcn"]
    assert experiment.recipe.name == "quick"
    assert experiment.with_recipe("paper").recipe.name == "paper"


def test_unknown_recipe_is_an_error_that_lists_the_recipes():
    with pytest.raises(ValueError, match="distorted/r/fcn has no recipe 'slow'; it has: quick, t"):
        EXPERIMENTS["distorted/r/fcn"].with_recipe("slow")


# -- f_loc's own optimiser, and the recipes' names


def test_f_loc_has_an_optimiser_of_its_own_and_the_others_have_theirs():
    experiment = find("distorted/rts/st-fcn-aff")
    recipe = replace(RECIPE, localisation_optimiser=Muon())
    trainer = Trainer(replace(experiment, recipes=(recipe,)), load_digits())
    by_muon = [o for o in trainer.optimisers if isinstance(o, KernelMuon)]
    parts = {group["part"] for o in by_muon for group in o.param_groups}
    assert len(by_muon) == 1 and parts == {"localisation"}
    given = [p for o in trainer.optimisers for g in o.param_groups for p in g["params"]]
    assert {id(p) for p in given} == {id(p) for p in trainer.network.parameters()}
    assert len(given) == len(list(trainer.network.parameters()))


def test_network_without_f_loc_is_trained_by_the_others_optimiser_alone():
    recipe = replace(RECIPE, localisation_optimiser=Muon())
    trainer = Trainer(replace(find("distorted/r/fcn"), recipes=(recipe,)), load_digits())
    assert [type(optimiser) for optimiser in trainer.optimisers] == [torch.optim.AdamW]


def test_recipe_that_was_called_quick_before_is_read_as_the_one_that_it_is():
    experiment = find("distorted/rts/st-fcn-aff")
    written = experiment.with_recipe("thorough").recipe.to_json()
    del written["localisation_optimiser"]  # as before there was one
    assert (
        Recipe.from_json({**written, "name": "quick"}) == experiment.with_recipe("thorough").recipe
    )
    quick = experiment.with_recipe("quick").recipe
    assert Recipe.from_json(quick.to_json()) == quick


def test_published_networks_are_of_no_recipe_that_is_called_quick_now():
    published = [e for e in EXPERIMENTS.values() if is_published(e)]
    assert published
    for experiment in published:
        recipe = load_metrics(experiment).recipe
        assert recipe.name != "quick" or recipe == experiment.with_recipe("quick").recipe
