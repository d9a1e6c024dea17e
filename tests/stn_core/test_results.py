"""The tables, from published metrics."""

from __future__ import annotations

import statistics
from dataclasses import replace

import numpy as np
import pytest

from stn_core import checkpoints, report, results
from stn_core.experiments import EXPERIMENTS, find
from stn_core.metrics import load_metrics, save_metrics
from stn_core.results import Cell, difference

PUBLISHED = load_metrics(find("distorted/r/fcn"))
NAMES = [name for name in EXPERIMENTS if name.startswith("distorted/")]


def cell(
    name: str, misread: list[int], errors: list[float] | None = None, recipe: str = "quick"
) -> Cell:
    errors = errors or [len(misread) / 10]
    metrics = replace(
        PUBLISHED,
        recipe=find("distorted/r/fcn").with_recipe(recipe).recipe,
        misread_test=(tuple(misread),),
        test_digits=1000,
        error_percent_test=sorted(errors)[(len(errors) - 1) // 2],
        draw_errors=(len(misread) / 10,),
        errors=tuple(errors),
    )
    return Cell(find(name), metrics)


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


def test_four_digits_against_none_decide_nothing():
    found = difference(cell(NAMES[0], []), cell(NAMES[1], [1, 2, 3, 4]))
    assert found.percent == pytest.approx(0.4) and not found.decided
    assert difference(cell(NAMES[0], []), cell(NAMES[1], list(range(9)))).decided


def test_interval_is_bonett_and_price_s():
    # 30 against 10 of 1000: p = 31/1002 and 11/1002
    found = difference(cell(NAMES[0], list(range(10))), cell(NAMES[1], list(range(50, 80))))
    p, q = 31 / 1002, 11 / 1002
    reach = 1.96 * ((p + q - (p - q) ** 2) / 1002) ** 0.5
    assert (found.low, found.high) == pytest.approx((100 * (p - q - reach), 100 * (p - q + reach)))


def test_interval_holds_the_true_difference_as_often_as_it_says():
    random = np.random.default_rng(0)
    true, held = (0.012, 0.008), 0
    for _ in range(400):
        only_than, only_better = random.multinomial(1000, [*true, 1 - sum(true)])[:2]
        one = cell(NAMES[0], list(range(only_better)))
        found = difference(one, cell(NAMES[1], list(range(500, 500 + only_than))))
        held += found.low <= 100 * (true[0] - true[1]) <= found.high
    assert 0.93 <= held / 400 <= 0.98


def drawn(name: str, misread: list[list[int]]) -> Cell:
    """A cell whose 1000 test digits had several draws."""
    errors = tuple(len(draw) / 10 for draw in misread)
    one = cell(name, misread[0])
    several = {
        "misread_test": tuple(map(tuple, misread)),
        "draw_errors": errors,
        "error_percent_test": statistics.mean(errors),
        "errors": (statistics.mean(errors),),
    }
    return Cell(one.experiment, replace(one.metrics, **several))


def test_draws_of_one_digit_are_counted_together():
    none = drawn(NAMES[0], [[]] * 5)
    always = difference(none, drawn(NAMES[1], [list(range(30))] * 5))
    one = difference(cell(NAMES[0], []), cell(NAMES[1], list(range(30))))
    assert (always.low, always.high) == (one.low, one.high)
    once_each = drawn(NAMES[1], [list(range(k, 150, 5)) for k in range(5)])
    seldom = difference(none, once_each)
    assert always.percent == pytest.approx(3.0) == seldom.percent
    # 30 digits that are misread in every draw say less than 150 in one draw each.
    assert seldom.high - seldom.low < 0.5 * (always.high - always.low)


def test_networks_are_compared_on_the_draws_that_both_had():
    five = drawn(NAMES[0], [[1], [2, 3], [4], [5], [6]])
    once = cell(NAMES[1], [1, 7])
    assert difference(five, once).percent == pytest.approx(0.1)
    assert five.ours == "0.12 ± 0.04" and once.ours == "0.20"
    cells = {NAMES[0]: five, NAMES[1]: once}
    assert results.measured_once(cells) == [NAMES[1].split("/", 1)[1]]


def test_networks_of_two_recipes_are_said_to_be_trained_otherwise():
    one, other = cell(NAMES[0], [1]), cell(NAMES[1], [2])
    assert difference(one, other).alike
    assert not difference(one, cell(NAMES[1], [2], recipe="long")).alike
    alike = {(d.better, d.than): d.alike for d in results.differences("birds", "128")}
    assert not alike["birds/128/4st-cnn", "birds/128/2st-cnn"]  # of fewer layers
    assert alike["birds/128/2st-cnn", "birds/64/cnn"]


def test_only_what_the_paper_compares_is_held_against_it():
    told = [line for line in report.table("distorted") if "%  [" in line]
    ours = [line for line in told if line.endswith("not in the paper")]
    assert [line.split()[:2] for line in ours] == [
        ["TC", f"st-{kind}-{family}"] for kind in ("fcn", "cnn") for family in ("proj", "tps")
    ]
    assert not any("confirmed here" in line for line in ours) and len(told) > len(ours)
    assert not any("not in the paper" in line for line in report.table("volumes"))


def test_several_seeds_are_told_by_mean_and_spread():
    assert cell(NAMES[0], [1]).ours == "0.10"
    assert cell(NAMES[0], [1], [1.0, 2.0, 3.0]).ours == "2.00 ± 1.00"
    assert Cell(find(NAMES[0]), None).ours == results.NOT_TRAINED


def test_differences_say_which_seed_of_several_they_are_of():
    def shipping(seed: int, errors: list[float] | None = None) -> str:
        one = cell(NAMES[0], [1], errors or [3.0, 1.0, 2.0])
        several = Cell(one.experiment, replace(one.metrics, seeds=(0, 1, 2), seed=seed))
        cells = {NAMES[0]: several, NAMES[1]: cell(NAMES[1], [2])}
        [shipped] = results.shipped_seeds(cells, [difference(*cells.values())])
        return shipped.words

    assert shipping(2, [1.0, 2.0, 1.0]) == "seed 2, the median of 3"  # as ``publish`` chooses it
    assert [shipping(seed) for seed in (0, 1, 2)] == [
        "seed 0, the worst of 3", "seed 1, the best of 3", "seed 2, the median of 3"
    ]  # fmt: skip


def of_seeds(name: str, misread: list[list[int]]) -> Cell:
    """A cell with so many seeds, of which the first is shipped."""
    one = cell(name, misread[0], [len(seed) / 10 for seed in misread])
    several = {
        "seeds": tuple(range(len(misread))),
        "seed": 0,
        "misread_seeds": tuple((tuple(seed),) for seed in misread),
    }
    return Cell(one.experiment, replace(one.metrics, **several))


def test_networks_of_the_same_seeds_are_compared_by_all_of_them():
    one, other = of_seeds(NAMES[0], [[1], [2, 3], []]), of_seeds(NAMES[1], [[4, 5, 6], [2], [7, 8]])
    found = difference(one, other)
    assert found.percent == pytest.approx(other.mean - one.mean) and found.seeds == 3
    assert results.shipped_seeds({NAMES[0]: one, NAMES[1]: other}, [found]) == []
    # Ten digits that each seed misreads say less than thirty that one of three does.
    none = of_seeds(NAMES[0], [[]] * 3)
    alike = difference(none, of_seeds(NAMES[1], [list(range(10))] * 3))
    unlike = difference(none, of_seeds(NAMES[1], [list(range(k, k + 10)) for k in (0, 10, 20)]))
    assert alike.percent == pytest.approx(unlike.percent)
    assert unlike.high - unlike.low < alike.high - alike.low


def test_networks_of_other_seeds_are_compared_as_they_are_shipped():
    three, two = of_seeds(NAMES[0], [[1], [2], [3]]), of_seeds(NAMES[1], [[4, 5], [6]])
    assert difference(three, two).seeds == 1
    assert difference(three, two).percent == pytest.approx(0.1)
    unknown = Cell(two.experiment, replace(three.metrics, misread_seeds=None))
    assert difference(three, unknown).seeds == 1


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
        save_metrics(experiment, cell(experiment.name, [1, 2]).metrics)
    assert results.misread_by_all("distorted", "e") == (2, 1000)
    told = [(d.better, d.than) for d in results.differences("distorted", "e")]
    assert told == [
        ("distorted/e/st-fcn-aff", "distorted/e/fcn"),
        ("distorted/e/st-fcn-tps", "distorted/e/fcn"),
        ("distorted/e/st-fcn-tps", "distorted/e/st-fcn-aff"),
    ]


def test_what_every_network_of_a_column_misreads_is_counted(pretrained):
    for name, misread in (("fcn", [1, 2, 3, 9]), ("cnn", [2, 3, 4]), ("st-cnn-aff", [3, 2])):
        two = (2, 1000) if name == "st-cnn-aff" else None
        assert results.misread_by_all("distorted", "p") == two
        experiment = find(f"distorted/p/{name}")
        folder = checkpoints.published_folder(experiment)
        folder.mkdir(parents=True)
        (folder / checkpoints.WEIGHTS).touch()
        save_metrics(experiment, cell(NAMES[0], misread).metrics)
    assert results.misread_by_all("distorted", "p") == (2, 1000)
    assert results.misread_by_all("distorted", "r") is None


def test_lines_name_what_is_not_trained_and_how_the_others_were():
    told = "\n".join(report.table("distorted"))
    published = [name for name in NAMES if checkpoints.is_published(find(name))]
    assert told.count(results.NOT_TRAINED) == len(NAMES) - len(published)
    for name in published:
        metrics = load_metrics(find(name))
        assert f"{results.cells('distorted')[name].ours} (" in told
        assert results.budget_words(metrics) in told
    assert told.endswith(f"TC {results.misread_by_all('distorted', 'tc').words}")


def test_a_column_that_had_one_budget_is_named_once(pretrained):
    networks = [name for name in NAMES if name.startswith("distorted/r/")]
    for name in (*networks, "distorted/rts/fcn"):
        recipe = find(name).with_recipe("thorough", iterations=7, learning_rate=0.5).recipe
        trained = {"seeds": (0,), "device": "a GPU", "precision": "float32"}
        folder = checkpoints.published_folder(find(name))
        folder.mkdir(parents=True)
        (folder / checkpoints.WEIGHTS).touch()
        save_metrics(find(name), replace(cell(name, []).metrics, **trained, recipe=recipe))
    (told,) = results.budgets(results.cells("distorted"))
    words = "thorough (Muon), 7 steps of 64, rate 0.5, seed 0, a GPU, float32"
    assert report.budget_line(told) == f"{words}: r/*, rts/fcn"


def test_lines_of_volumes_tell_how_far_the_digits_are_turned_towards_the_front():
    told = "\n".join(report.table("volumes"))
    rigid = load_metrics(find("volumes/extruded/st-cnn-rigid"))
    lying, seen = rigid.facing_degrees
    assert f"in U {lying:.1f}; in V of" in told and f"st-cnn-rigid {seen:.1f}" in told
    assert "Viewing angle" not in "\n".join(report.table("addition"))


def test_what_is_no_table_is_an_error_that_names_those_there_are():
    with pytest.raises(ValueError, match="there is no table 'studies'; there are: distorted"):
        report.table("studies")
