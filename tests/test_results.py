"""The tables, from published metrics."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from stn_core import checkpoints, results
from stn_core.experiments import EXPERIMENTS, find
from stn_core.results import Cell, difference

NAMES = [name for name in EXPERIMENTS if name.startswith("distorted/")]


def cell(name: str, misread: list[int], errors: list[float] | None = None) -> Cell:
    errors = errors or [len(misread) / 10]
    return Cell(
        find(name),
        {
            "misread_test": misread,
            "test_digits": 1000,
            "error_percent_test": sorted(errors)[(len(errors) - 1) // 2],
            "errors": errors,
        },
    )


def test_digits_that_both_misread_do_not_count():
    one, other = cell("distorted/rts/st-cnn-aff", [1, 2, 3]), cell("distorted/rts/cnn", [3, 4])
    found = difference(one, other)
    assert found.percent == pytest.approx(-0.1)  # two of its own against one, of 1000
    shared = list(range(500, 600))
    again = difference(
        cell("distorted/rts/st-cnn-aff", [1, 2, 3, *shared]),
        cell("distorted/rts/cnn", [3, 4, *shared]),
    )
    assert (again.percent, again.low, again.high) == (found.percent, found.low, found.high)


def test_ten_digits_are_not_an_order_and_a_hundred_are():
    few = difference(cell(NAMES[0], list(range(10))), cell(NAMES[1], list(range(20, 40))))
    assert few.percent == pytest.approx(1.0) and not few.decided
    many = difference(cell(NAMES[0], list(range(10))), cell(NAMES[1], list(range(100, 220))))
    assert many.decided and many.low > 0


def test_interval_is_mcnemar_s():
    # 30 against 10 of 1000: (30 − 10)/1000 ± 1.96 · sqrt(40 − 20²/1000)/1000
    found = difference(cell(NAMES[0], list(range(10))), cell(NAMES[1], list(range(50, 80))))
    reach = 1.96 * (40 - 20**2 / 1000) ** 0.5 / 10
    assert (found.low, found.high) == pytest.approx((2 - reach, 2 + reach))


def test_several_seeds_are_told_by_mean_and_spread():
    assert cell(NAMES[0], [1]).ours == "0.10"
    assert cell(NAMES[0], [1], [1.0, 2.0, 3.0]).ours == "2.00 ± 1.00"
    assert Cell(find(NAMES[0]), None).ours == results.NOT_TRAINED


def test_cells_are_the_table_and_have_the_published_metrics():
    found = results.cells("distorted")
    assert list(found) == NAMES
    for name, one in found.items():
        assert (one.metrics is not None) == checkpoints.is_published(find(name))
    rows, columns = results.rows_and_columns("distorted")
    assert len(rows) == 8 and columns == ["r", "rts", "p", "e", "tc"]


def test_every_claim_about_a_column_is_told_once_both_networks_are_there(pretrained):
    assert results.differences("distorted", "e") == []
    for name in ("st-fcn-tps", "st-fcn-aff", "fcn"):
        experiment = find(f"distorted/e/{name}")
        folder = checkpoints.published_folder(experiment)
        folder.mkdir(parents=True)
        (folder / checkpoints.WEIGHTS).touch()
        (folder / checkpoints.METRICS).write_text(
            json.dumps(replace(cell(experiment.name, [1, 2])).metrics)
        )
    told = [(d.better, d.than) for d in results.differences("distorted", "e")]
    assert told == [
        ("distorted/e/st-fcn-aff", "distorted/e/fcn"),
        ("distorted/e/st-fcn-tps", "distorted/e/fcn"),
        ("distorted/e/st-fcn-tps", "distorted/e/st-fcn-aff"),
    ]


def test_lines_name_what_is_not_trained_and_how_the_others_were():
    told = "\n".join(results.lines("distorted"))
    published = [name for name in NAMES if checkpoints.is_published(find(name))]
    assert told.count(results.NOT_TRAINED) == len(NAMES) - len(published)
    for name in published:
        metrics = checkpoints.load_metrics(find(name))
        assert f"{metrics['error_percent_test']:.2f} (" in told
        assert results.budget(metrics) in told


def test_a_column_that_had_one_budget_is_named_once(pretrained):
    networks = [name for name in NAMES if name.startswith("distorted/r/")]
    for name in (*networks, "distorted/rts/fcn"):
        recipe = find(name).with_recipe("quick", iterations=7, learning_rate=0.5).recipe
        trained = {"seeds": [0], "device": "a GPU", "precision": "float32"}
        folder = checkpoints.published_folder(find(name))
        folder.mkdir(parents=True)
        (folder / checkpoints.WEIGHTS).touch()
        (folder / checkpoints.METRICS).write_text(
            json.dumps({**cell(name, []).metrics, **trained, "recipe": recipe.to_json()})
        )
    (told,) = results.budgets(results.cells("distorted"))
    assert told == "  quick (Muon), 7 x 64 at 0.5, seed 0, a GPU, float32: r/*, rts/fcn"


def test_lines_of_volumes_tell_how_far_the_digits_are_turned_towards_the_front():
    told = "\n".join(results.lines("volumes"))
    rigid = checkpoints.load_metrics(find("volumes/extruded/st-cnn-rigid"))
    lying, seen = rigid["facing_degrees"]
    assert f"as it lies {lying:.1f}; by" in told and f"st-cnn-rigid {seen:.1f}" in told
    assert "aside" not in "\n".join(results.lines("addition"))


def test_what_is_no_table_is_an_error_that_names_those_there_are():
    with pytest.raises(ValueError, match="there is no table 'studies'; there are: distorted"):
        results.lines("studies")
