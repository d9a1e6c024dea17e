"""What is not as printed: listed next to the code, with the code's own numbers."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from stn_core import departures
from stn_core.departures import KINDS, Departure, by_section, collect
from stn_core.experiments import colocalisation, distorted
from stn_core.localisation import BoxLocalisation

EVERY = [mark for marks in collect().values() for mark in marks]
# What issue after issue has found, by a word of the departure that says it.
KNOWN = {
    "random patch": "App. A.2, Eq. 8", "literal": "App. A.2, recipe literal",
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
    assert f"{distorted.THOROUGH.iterations:,}" in text
    import torch

    localiser = BoxLocalisation(
        (1, 84, 84), start=0.5, smallest=0.2, largest=0.9, generator=torch.Generator()
    )
    assert f"{sum(p.numel() for p in localiser.parameters()):,} parameters" in text


def test_command_prints_all(command, capsys):
    assert command(["departures"]) == 0
    told = capsys.readouterr().out
    assert told.count("why:") == len(EVERY) and max(map(len, told.splitlines())) <= 100
    for kind in KINDS.values():
        assert kind in told


def test_module_without_marks_is_none_and_a_departure_is_frozen():
    assert "stn_core.errors" not in collect()
    with pytest.raises(AttributeError):
        Departure(kind=departures.SILENT, where="", paper="", ours="", why="").where = "A.1"
