"""The free photographs: each is there, is no image of CUB's, is credited, and is installed."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from stn_core.birds import free_photographs
from stn_core.birds.free_photographs import FOLDER, PHOTOGRAPHS
from stn_core.birds.photographs import CLASSES, BirdsError
from stn_core.birds.species import SPECIES

ROOT = Path(__file__).parents[3]


def test_there_are_two_hundred_species_of_which_three_are_shown():
    assert len(set(SPECIES)) == len(SPECIES) == CLASSES
    assert (SPECIES[0], SPECIES[199]) == ("Black-footed Albatross", "Common Yellowthroat")
    labels = {one.name: one.label for one in PHOTOGRAPHS if one.label is not None}
    assert labels == {"Horned Lark": 84, "Mallard": 86, "White Pelican": 100}  # CUB's less 1


def test_every_picture_is_credited_with_its_licence():
    rows = [line for line in (FOLDER / "CREDITS.md").read_text().splitlines() if ".jpg" in line]
    credited = {line.split(" | ")[0].removeprefix("| "): line for line in rows}
    assert credited.keys() == {path.name for path in FOLDER.glob("*.jpg")}
    assert credited.keys() == {one.file for one in PHOTOGRAPHS}
    for one in PHOTOGRAPHS:
        assert one.author.split(" (")[0] in credited[one.file]
        assert credited[one.file].endswith(f"| {one.licence} |")


def test_pictures_are_read_and_differ():
    images = free_photographs.images()
    assert images.shape == (len(PHOTOGRAPHS), 3, 128, 128)
    assert len({image.numpy().tobytes() for image in images}) == len(images)
    assert images.float().std((1, 2, 3)).min() > 20  # none is blank


def test_missing_picture_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(free_photographs, "FOLDER", tmp_path)
    with pytest.raises(BirdsError, match="horned-lark.jpg is missing"):
        free_photographs.read(PHOTOGRAPHS[0])


def test_folder_is_installed_with_the_library():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "birds/free/*" in project["tool"]["setuptools"]["package-data"]["stn_core"]
