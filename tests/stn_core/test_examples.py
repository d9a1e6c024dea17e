"""The examples in the library's docstrings: there, and true."""

from __future__ import annotations

import doctest
import importlib
import inspect

import pytest

import stn_core

# Whose every public class and function has an example; those of ``stn_core`` itself have one too.
MODULES = [
    "stn_core.transforms.control_points",
    "stn_core.transforms.grids",
    "stn_core.transforms.learned_basis",
    "stn_core.transforms.matrices",
    "stn_core.transforms.poses",
    "stn_core.transforms.transform",
    "stn_core.sampling",
    "stn_core.localisation",
    "stn_core.trace",
    "stn_core.spatial_transformer",
    "stn_core.classifiers",
    "stn_core.weights",
    "stn_core.networks",
    "stn_core.checkpoints",
    "stn_core.foreign_checkpoints",
    "stn_core.conversion",
    "stn_core.watched",
]
# Of which some have one.
OTHERS = [
    "stn_core.digits",
    "stn_core.evaluation",
    "stn_core.experiments",
    "stn_core.training.network",
]


def public(module) -> dict[str, object]:
    """The classes and functions that a module defines."""
    return {
        name: thing
        for name, thing in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(thing) or inspect.isfunction(thing))
        and thing.__module__ == module.__name__
    }


@pytest.mark.parametrize("name", ["stn_core", *MODULES, *OTHERS])
def test_examples_are_true(name):
    done = doctest.testmod(importlib.import_module(name))
    assert done.attempted and not done.failed


@pytest.mark.parametrize("name", MODULES)
def test_every_public_class_and_function_has_an_example(name):
    things = public(importlib.import_module(name))
    assert things
    assert not [thing for thing in things if ">>> " not in (things[thing].__doc__ or "")]


@pytest.mark.parametrize("name", stn_core.__all__)
def test_every_name_of_the_one_import_has_an_example(name):
    assert ">>> " in (getattr(stn_core, name).__doc__ or "")
