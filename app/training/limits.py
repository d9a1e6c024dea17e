"""What a server allows its visitors, by environment variables."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass

from streamlit.logger import get_logger


@dataclass(frozen=True, kw_only=True)
class Limits:
    """steps, seconds: of one training; waiting: places in the queue that a visitor may hold;
    queue: that all visitors may hold together, whom a server cannot always tell apart;
    megabytes: of the runs' folder; days: that an ended run is kept."""

    steps: int
    seconds: float
    waiting: int
    queue: int
    megabytes: float
    days: float


VARIABLES = {  # field of Limits: its variable and its default
    "steps": ("STN_MAX_STEPS", 1_000_000),
    "seconds": ("STN_MAX_SECONDS", math.inf),
    "waiting": ("STN_MAX_WAITING", 2),
    "queue": ("STN_MAX_QUEUE", 40),
    "megabytes": ("STN_MAX_MEGABYTES", 5_000.0),
    "days": ("STN_KEEP_DAYS", 30.0),
}
_complained: set[str] = set()


def limits() -> Limits:
    """The limits as they are now. A variable that is no positive number is complained of in the
    log, once, and its default holds."""
    return Limits(**{field: _value(*VARIABLES[field]) for field in VARIABLES})


def _value(variable: str, default: float) -> float:
    given = os.environ.get(variable)
    if not given:
        return default
    try:
        value = float(given)
    except ValueError:
        value = math.nan
    if value > 0:
        return int(value) if isinstance(default, int) and math.isfinite(value) else value
    if variable not in _complained:
        _complained.add(variable)
        get_logger(__name__).warning(
            "%s should be a positive number, got %r; using %s", variable, given, default
        )
    return default
