"""What is not as printed: listed next to the code, with the code's own numbers."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import torch

from stn_core import departures, results
from stn_core.box_search import search as box_search
from stn_core.departures import KINDS, Departure, by_section, collect
from stn_core.experiments import (
    EXPERIMENTS,
    addition,
    birds,
    colocalisation,
    distorted,
    find,
    house_numbers,
)
from stn_core.localisation import BoxLocalisation
from stn_core.metrics import load_metrics
from stn_core.weights import count_parameters

EVERY = [mark for marks in collect().values() for mark in marks]
# What issue after issue has found, by a word of the departure that says it.
KNOWN = {
    "random patch": "App. A.2, Eq. 8", "28/84": "App. A.2, Eq. 8", "finer": "App. A.2, encoder",
    "75 to 94 %": "App. A.2, Table 5", "momentum": "App. A.4, training", "He's": "App. A.4",
    "three complete": "App. A.4, seeds", "10⁻⁵": "App. A.6, training",
    "literal": "App. A.2, recipe literal",
    "Adam": "App. A.2, search", "0.65": "App. A.2, search", "inside the image": "App. A.2",
    "Up.": "App. A.4", "ink stays inside": "App. A.4, RTS", "maximum": "App. A.4, TC",
    "row labels have slipped": "Sect. 4.1, Table 1", "5.8 %": "App. A.1, Table 4",
    "affine ones": "Sect. 4.1, Table 1, TC", "distorts its digits anew": "App. A.4, training",
    "for RTS": "App. A.1", "diagonal": "App. A.4, P", "11 hidden layers": "App. A.5",
    "trained on crops": "App. A.2, encoder", "stride of 4": "App. A.2", "2.6 %": "Sect. 4.2, data",
}  # fmt: skip


@pytest.mark.parametrize("words", KNOWN)
def test_known_departure_is_listed_in_its_section(words):
    found = [m for m in EVERY if words in f"{m.paper} {m.ours} {m.why} {m.where}"]
    assert KNOWN[words] in {mark.where for mark in found}


def test_each_says_where_what_and_why_in_sentences():
    for mark in EVERY:
        assert re.match(r"(Sect\. \d\.\d|App\. A\.\d)", mark.where), mark
        for words in (mark.paper, mark.ours, mark.why):
            assert words[0].isupper() or not words[0].isalpha() or words.startswith(("θ", "e()")), (
                words
            )
            assert words.endswith(".") and len(words) < 320, words
    with pytest.raises(ValueError, match="expected one of otherwise, contradiction, silent"):
        replace(EVERY[0], kind="never")


def test_every_one_is_in_a_section_once_and_the_appendix_comes_last():
    listed = [one for marks in by_section().values() for one in marks]
    assert sorted(map(repr, listed)) == sorted(
        repr((name, mark)) for name, marks in collect().items() for mark in marks
    )
    sections = list(by_section())
    assert sections == sorted(sections, key=lambda s: (s.startswith("App."), s))


def test_numbers_are_those_of_the_code():
    text = " ".join(f"{m.paper} {m.ours}" for m in EVERY)
    search = colocalisation.QUICK_SEARCH
    for value in (search.start, search.largest_at_end, search.objective.margin, search.patches):
        assert f"{value:g}" in text
    localiser = BoxLocalisation(
        (1, 84, 84), start=0.5, smallest=0.2, largest=0.9, generator=torch.Generator()
    )
    assert f"{count_parameters(localiser):,} parameters" in text
    whys = " ".join(m.why for m in EVERY)
    assert f"a unit's {localiser.hidden1.in_features:,} weights" in whys


def test_widths_are_those_that_are_solved_for():
    """Of all networks of Tables 1 and 4."""
    widths: dict[int, set[int]] = {2: set(), 4: set()}  # by a weight's dimensions
    for name, experiment in EXPERIMENTS.items():
        if name.startswith(("distorted/", "addition/")):
            with torch.device("meta"):
                network = experiment.build(0)
            first = next(network.classifier.parameters())
            widths[first.dim()].add(len(first))
    units, filters = ((min(of), max(of)) for of in widths.values())
    assert any(
        f"{units[0]} to {units[1]} units or {filters[0]} to {filters[1]} filters" in mark.ours
        for mark in EVERY
    )


def published(table: str) -> dict:
    """The metrics of a table's networks in pretrained/, by name."""
    return {n: load_metrics(e) for n, e in EXPERIMENTS.items() if n.startswith(f"{table}/")}


def budget(recipe) -> tuple:
    return recipe.name, recipe.method, recipe.iterations, recipe.batch_size


def test_budgets_of_the_marks_are_the_published_ones():
    for name, metrics in published("distorted").items():
        assert budget(metrics.recipe) == budget(distorted.PUBLISHED[name.split("/")[1]])
    special = {f"addition/rts/{name}": addition.LONGER for name in addition.LONGER_NETWORKS}
    special["addition/rts/cnn"] = addition.CNN_THOROUGH
    for name, metrics in published("addition").items():
        assert budget(metrics.recipe) == budget(special.pop(name, addition.THOROUGH))
    assert not special
    for metrics in published("birds").values():
        assert budget(metrics.recipe) == budget(birds.FINE_TUNED)
        assert metrics.recipe.optimiser == birds.FINE_TUNED.optimiser


def test_marks_have_the_budgets_and_the_starts_in_words():
    text = " ".join(m.ours for m in EVERY)
    for column, recipe in distorted.PUBLISHED.items():
        assert f"{column.upper()} {recipe.iterations:,} × {recipe.batch_size}" in text
    assert f"2×ST-FCN TPS {addition.LONGER.iterations:,}" in text
    assert "1 for T; 2 for TC, but 4 for class 1 and 4 for class 4" in text


def test_searches_of_the_marks_are_the_published_ones():
    for name, metrics in results.colocalised().items():
        recipe = colocalisation.COLOCALISATIONS[name].recipe
        starts = colocalisation.PUBLISHED_STARTS.get(name, recipe.starts)
        assert metrics.recipe == replace(recipe, starts=starts)


def test_house_numbers_were_trained_for_as_long_as_the_mark_says():
    for name, metrics in published("house-numbers").items():
        if f"/{house_numbers.SIDE}/" in name:
            assert metrics.extended and metrics.recipe.iterations == house_numbers.LONGER
        else:
            assert metrics.extended is None
            assert budget(metrics.recipe) == budget(find(name).recipe)


def test_most_networks_have_one_seed():
    tables = ("distorted", "addition", "house-numbers", "birds")
    seeds = [len(metrics.seeds) for table in tables for metrics in published(table).values()]
    assert seeds.count(1) > len(seeds) / 2


def test_ablations_take_back_what_the_mark_says():
    (mark,) = [m for m in box_search.DEPARTURES if "ablate" in m.why]
    assert "neither the start nor the bounds at first" in mark.why
    taken_back = {key for changed in colocalisation.ABLATIONS.values() for key in changed}
    assert "largest_at_end" in taken_back and not taken_back & {"start", "smallest", "largest"}


def test_collecting_the_marks_leaves_torch_s_seed_alone():
    """The localiser whose parameters a mark counts is made at import."""
    from stn_core import localisation

    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    assert localisation._box_parameters() == 93_179
    assert torch.equal(torch.rand(1), expected)


def test_command_prints_all(command, capsys):
    assert command(["departures"]) == 0
    told = capsys.readouterr().out
    assert told.count("why:") == len(EVERY) and max(map(len, told.splitlines())) <= 100
    assert not re.search("[`*]", told)  # plain text
    assert "python -m stn_core ablate" in " ".join(told.split())
    for kind in KINDS.values():
        assert kind in told


def test_module_without_marks_is_none_and_a_departure_is_frozen():
    assert "stn_core.errors" not in collect()
    with pytest.raises(AttributeError):
        Departure(kind=departures.SILENT, where="", paper="", ours="", why="").where = "A.1"
