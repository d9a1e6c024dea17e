"""The examples in the library's docstrings: there, and true.

A command is used from the shell: in place of an example its module shows a command line.
"""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re

import pytest

import stn_core
from stn_core.__main__ import COMMANDS, parser

MODULES = [module.name for module in pkgutil.walk_packages(stn_core.__path__, "stn_core.")]
COMMAND_MODULES = [command.__name__ for command in COMMANDS]


def public(module) -> set[str]:
    """The names of the classes and functions that a module defines."""
    return {
        name
        for name, thing in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(thing) or inspect.isfunction(inspect.unwrap(thing)))
        and thing.__module__ == module.__name__
    }


def with_examples(module) -> set[str]:
    """The names of a module's whose docstrings have an example that is run."""
    found = doctest.DocTestFinder().find(module)
    return {test.name.removeprefix(f"{module.__name__}.") for test in found if test.examples}


@pytest.mark.parametrize("name", ["stn_core", *MODULES])
def test_examples_are_true(name):
    assert not doctest.testmod(importlib.import_module(name)).failed


@pytest.mark.parametrize("name", [name for name in MODULES if name not in COMMAND_MODULES])
def test_every_public_class_and_function_has_an_example(name):
    module = importlib.import_module(name)
    assert not public(module) - with_examples(module)


@pytest.mark.parametrize("name", COMMAND_MODULES)
def test_every_command_shows_a_command_line_that_it_takes(name):
    module = importlib.import_module(name)
    (line,) = re.findall(r"^python -m stn_core (.+)$", module.__doc__ or "", re.MULTILINE)
    assert parser().parse_args(line.split()).command is module.run


@pytest.mark.parametrize("name", stn_core.__all__)
def test_every_name_of_the_one_import_has_an_example(name):
    assert ">>> " in (getattr(stn_core, name).__doc__ or "")


def test_the_library_is_covered():
    assert {"stn_core.digits", "stn_core.training.trainer", "stn_core.__main__"} <= set(MODULES)
    assert public(importlib.import_module("stn_core.digits")) >= {"load", "installed", "Digits"}
