"""The card of a published network says what its metrics say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stn_core import checkpoints
from stn_core.card import render_card
from stn_core.experiments import EXPERIMENTS
from stn_core.metrics import load_metrics

EXPERIMENT = EXPERIMENTS["distorted/r/fcn"]
PUBLISHED = [name for name, e in EXPERIMENTS.items() if checkpoints.is_published(e)]
METRICS = replace(
    load_metrics(EXPERIMENT),
    error_percent_test=2.345,
    error_percent_gallery=3.5,
    test_digits=10_000,
    gallery_digits=1_000,
    draw_errors=(2.3, 2.4, 2.3, 2.4, 2.325),
    evaluation_seeds=(2015, 2016, 2017, 2018, 2019),
    parameters=398_765,
    seconds=1234.4,
    recipe=EXPERIMENT.with_recipe("thorough").recipe,
    seed=42,
    device="Difference Engine",
    precision="float32",
    train_digits=59_000,
)


@pytest.mark.parametrize(
    "line",
    [
        "# distorted/r/fcn",
        "| 10,000 MNIST test digits, each distorted with seeds 2015 to 2019 | 2.35 ± 0.05 % |",
        "| 1,000 gallery digits, distorted with seed 2015 | 3.50 % |",
        "| the paper's error | 2.1 % |",
        "| recipe | thorough: Muon, OneCycle, rate 0.001 |",
        "| budget | 20,000 steps, batch size 64 |",
        "| seed | 42 |",
        "| digits | 59,000 of MNIST's training set, without the gallery |",
        "| device | Difference Engine |",
        "| precision | float32 |",
        "| seconds | 1,234 |",
        "| parameters | 398,765 |",
    ],
)
def test_card_tells_what_the_metrics_say(line):
    assert line in render_card(EXPERIMENT, METRICS).splitlines()


def test_card_has_a_dash_where_the_paper_gives_no_figure():
    card = render_card(EXPERIMENTS["distorted/tc/st-cnn-tps"], METRICS)
    assert "| the paper's error | - |" in card


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_card_is_rendered_from_its_metrics(name):
    experiment = EXPERIMENTS[name]
    card = (checkpoints.PRETRAINED / name / checkpoints.CARD).read_text()
    assert card == render_card(experiment, load_metrics(experiment))
