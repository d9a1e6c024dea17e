"""Dataclasses as JSON and back, each field checked. It needs no torch.

A field's annotation says what is expected: int, float, str, bool, a dataclass, ``tuple[...]``,
``dict[int, ...]`` or ``dict[str, ...]``, or one of them or None. A class with ``to_json`` and
``from_json`` of its own is asked for them.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from typing import Any, TypeVar

T = TypeVar("T")
NUMBERS = {int: "a whole number", float: "a finite number", str: "a string", bool: "true or false"}
MAX_VALUE_CHARS = 60  # of a wrong value in a message


class FieldError(ValueError):
    """A field is missing, unknown or of another type; the message names it.

    >>> try:
    ...     from_json(tuple[int, ...], [1, "two"], "sizes")
    ... except FieldError as error:
    ...     print(error)
    sizes[1] should be a whole number, got 'two'
    """


def to_json(value: Any) -> Any:
    """A value as ``json.dumps`` takes it.

    A dataclass's field that is None, and is so by default, is left out.

    >>> to_json({"sizes": (1, 2), 3: None})
    {'sizes': [1, 2], '3': None}
    """
    if hasattr(value, "to_json"):
        return value.to_json()
    if dataclasses.is_dataclass(value):
        fields = {field.name: field.default for field in dataclasses.fields(value)}
        parts = {name: getattr(value, name) for name in fields}
        return {
            name: to_json(part)
            for name, part in parts.items()
            if part is not None or fields[name] is not None
        }
    if isinstance(value, dict):
        return {str(key): to_json(part) for key, part in value.items()}
    return [to_json(part) for part in value] if isinstance(value, list | tuple) else value


def from_json(kind: type[T], value: Any, where: str = "it") -> T:
    """The inverse of ``to_json``.

    kind: what is expected; where: what the value is called in a message. Raises FieldError.

    >>> from_json(dict[int, float], {"3": 0.5})
    {3: 0.5}
    """
    return _from_json(kind, value, where)


def _from_json(kind: Any, value: Any, where: str) -> Any:
    if hasattr(kind, "from_json"):
        try:
            return kind.from_json(value)
        except ValueError as error:
            raise FieldError(f"{where}: {error}") from error
    if dataclasses.is_dataclass(kind):
        return _dataclass(kind, value, where)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        if value is None and type(None) in arguments:
            return None
        return _from_json(next(a for a in arguments if a is not type(None)), value, where)
    if origin is tuple:
        return _tuple(arguments, value, where)
    if origin is dict:
        key_kind, part_kind = arguments
        if not isinstance(value, dict):
            raise _wrong(where, "an object", value)
        try:
            return {
                key_kind(key): _from_json(part_kind, part, f"{where}[{key!r}]")
                for key, part in value.items()
            }
        except FieldError:
            raise
        except ValueError as error:
            raise _wrong(f"a key of {where}", NUMBERS[key_kind], list(value)) from error
    is_kind = _is_finite(value) if kind is float else type(value) is kind
    if not is_kind:
        raise _wrong(where, NUMBERS[kind], value)
    return value


def _is_finite(value: Any) -> bool:
    """Whether it is a number that a float holds: JSON as Python reads it knows Infinity and NaN."""
    try:
        return type(value) in (int, float) and math.isfinite(value)
    except OverflowError:  # of a whole number
        return False


def _dataclass(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise _wrong(where, "an object", value)
    hints = typing.get_type_hints(kind)
    fields = dataclasses.fields(kind)
    absent = (dataclasses.MISSING, dataclasses.MISSING)
    needed = {f.name for f in fields if (f.default, f.default_factory) == absent}
    if missing := sorted(needed - value.keys()):
        raise FieldError(f"{where} has no {', '.join(missing)}")
    if surplus := sorted(value.keys() - {field.name for field in fields}):
        raise FieldError(f"{where} has unknown fields: {', '.join(surplus)}")
    return kind(**{name: from_json(hints[name], part, name) for name, part in value.items()})


def _tuple(kinds: tuple, value: Any, where: str) -> tuple:
    if not isinstance(value, list):
        raise _wrong(where, "a list", value)
    if kinds[-1] is ...:
        kinds = kinds[:1] * len(value)
    if len(kinds) != len(value):
        raise _wrong(where, f"a list of {len(kinds)}", value)
    return tuple(
        from_json(kind, part, f"{where}[{i}]")
        for i, (kind, part) in enumerate(zip(kinds, value, strict=True))
    )


def _wrong(where: str, expected: str, value: Any) -> FieldError:
    return FieldError(f"{where} should be {expected}, got {repr(value)[:MAX_VALUE_CHARS]}")
