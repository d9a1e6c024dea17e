"""`--set recipe.FIELD=VALUE`: other values of a recipe, checked against its dataclasses."""

from __future__ import annotations

import ast
import dataclasses
import difflib
import types
import typing
from collections.abc import Sequence
from typing import Any

from stn_core.errors import InputError, UnknownName
from stn_core.recipes import Recipe

NUMBERS = (int, float, bool, str)


def changed(recipe: Recipe, settings: Sequence[str]) -> Recipe:
    """A recipe with some values changed. settings: each ``recipe.learning_rate=0.01`` or, within a
    part, ``recipe.schedule.warmup=0.2``.

    Raises UnknownName for a field that is none, InputError for a value that it cannot have.

    >>> from stn_core import find
    >>> recipe = changed(find("distorted/r/fcn").recipe, ["recipe.schedule.warmup=0.2"])
    >>> recipe.schedule.warmup
    0.2
    """
    for setting in settings:
        path, equals, value = setting.partition("=")
        root, *fields = path.strip().split(".")
        if not equals or root != "recipe" or not fields:
            raise InputError(f"--set expects recipe.FIELD=VALUE, got {setting!r}")
        recipe = _with(recipe, fields, value.strip(), path.strip())
    return recipe


def _with(part: Any, fields: list[str], value: str, path: str) -> Any:
    """A dataclass with one field, at any depth, set."""
    name, *deeper = fields
    kinds = typing.get_type_hints(type(part)) if dataclasses.is_dataclass(part) else {}
    if name not in kinds:
        near = difflib.get_close_matches(name, kinds, n=3) or list(kinds)
        hint = f"; there are: {', '.join(near)}" if near else ""
        raise UnknownName(f"--set {path}: there is no {name!r}{hint}")
    now = getattr(part, name)
    if deeper and now is None:
        raise InputError(f"--set {path}: this recipe has no {name}; choose one that has")
    if deeper:
        return dataclasses.replace(part, **{name: _with(now, deeper, value, path)})
    return dataclasses.replace(part, **{name: _value(kinds[name], value, path)})


def _value(kind: Any, text: str, path: str) -> Any:
    """A number or a word of the annotated kind."""
    union = typing.get_origin(kind) in (typing.Union, types.UnionType)
    plain = [k for k in (typing.get_args(kind) if union else (kind,)) if k in NUMBERS]
    if not plain:
        raise InputError(f"--set {path}: it has parts; set one of them, as in {path}.FIELD=VALUE")
    if union and text == "None" and type(None) in typing.get_args(kind):
        return None
    if plain == [str]:
        return text
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        value = None
    if bool in plain and isinstance(value, bool):
        return value
    if float in plain and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if int in plain and isinstance(value, int) and not isinstance(value, bool):
        return value
    wanted = {int: "a whole number", float: "a number", bool: "True or False"}[plain[0]]
    raise InputError(f"--set {path} expects {wanted}, got {text!r}")
