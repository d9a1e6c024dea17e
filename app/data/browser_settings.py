"""What a training in a browser can be set to: as the address has it, and as the browser tells it.

Only what is not the browser's own default (``DEFAULTS`` in frontend/learning/trainer.js) is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Settings = dict[str, float | str | bool]  # by the browser's names

RANGES = {"rate": (1e-4, 10**-1.5), "degrees": (0.0, 180.0)}  # degrees: of a rotation either way
FAMILIES = ("affine", "attention")
BREAKS = {
    "boost": "rate × 10",
    "random": "random start",
    "integer": "integer kernel",
    "frozen": "frozen localisation",
    "shifted": "shifted background",
    "swapped": "swapped labels",
}
BROKEN = "broken"  # the address's field with all that is broken, between commas
FIELDS = (*RANGES, "family", BROKEN)


def told(given: Any) -> Settings:
    """The settings that a browser tells. Raises ValueError for what are none."""
    if not isinstance(given, dict):
        raise ValueError("settings are no table of names and values")
    for name, value in given.items():
        if name in RANGES:
            low, high = RANGES[name]
            fits = type(value) in (int, float) and low * (1 - 1e-6) <= value <= high * (1 + 1e-6)
        else:
            fits = value in FAMILIES if name == "family" else name in BREAKS and value in (0, 1)
        if not fits:
            raise ValueError(f"{str(name)[:30]} is no setting, or has not this value")
    return dict(given)


def linked(fields: Mapping[str, str]) -> tuple[Settings, dict[str, str]]:
    """The settings that an address asks for; and of its fields what is none."""
    settings: Settings = {}
    refused: dict[str, list[str]] = {}
    for field in FIELDS:
        for value in fields[field].split(",") if field in fields else []:
            try:
                settings |= told(_read(field, value))
            except ValueError:
                refused.setdefault(field, []).append(value)
    return settings, {field: ",".join(values) for field, values in refused.items()}


def _read(field: str, value: str) -> Settings:
    """What a value of a field of an address sets. Raises ValueError for no number."""
    if field == BROKEN:
        return {value: True}
    return {field: float(value) if field in RANGES else value}


def fields_of(settings: Settings) -> dict[str, str]:
    """Settings as fields of an address."""
    fields = {name: f"{settings[name]:g}" for name in RANGES if name in settings}
    if "family" in settings:
        fields["family"] = str(settings["family"])
    if broken := ",".join(name for name in BREAKS if settings.get(name)):
        fields[BROKEN] = broken
    return fields
