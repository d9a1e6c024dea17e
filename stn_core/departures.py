"""Where this reproduction is not as the paper prints it, and why: marks next to the code.

A module that departs from the paper, or that decides what the paper leaves open, lists it in its
``DEPARTURES``. Settings in them are the code's own constants where there is one, and tests hold
sizes against the code and budgets against the published metrics. Figures in the reasons were
measured once. ``python -m stn_core departures`` and the app's page *Faithful?* print all.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path

MARKS = "DEPARTURES"  # what a module calls its own
CODE, EMPHASIS = r"`+([^`]+)`+", r"\*([^*]+)\*"  # what their words have of Markdown
SILENT, CONTRADICTION, OTHERWISE = "silent", "contradiction", "otherwise"
KINDS = {  # in words, in this order
    OTHERWISE: "Done differently",
    CONTRADICTION: "The paper contradicts itself",
    SILENT: "The paper does not say",
}


@dataclass(frozen=True, kw_only=True)
class Departure:
    """One thing that is not as printed, or not printed.

    kind: SILENT, CONTRADICTION or OTHERWISE; where: the paper's section, table or equation; paper:
    what it says; ours: what is done here; why: the reason, with figures where there are any.
    Raises ValueError for an unknown kind.

    >>> Departure(kind=SILENT, where="A.4", paper="no canvas", ours="28 pixels", why="fits").where
    'A.4'
    """

    kind: str
    where: str
    paper: str
    ours: str
    why: str

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"expected one of {', '.join(KINDS)}, got {self.kind!r}")


def collect() -> dict[str, tuple[Departure, ...]]:
    """All of them, by the module that makes them, in the modules' order.

    >>> "stn_core.distortions.projection" in collect()
    True
    """
    folder = Path(__file__).parent
    names = (
        ".".join(("stn_core", *path.relative_to(folder).with_suffix("").parts))
        for path in sorted(folder.rglob("*.py"))
        if f"\n{MARKS} = (" in path.read_text(encoding="utf-8")
    )
    return {name: tuple(getattr(importlib.import_module(name), MARKS)) for name in names}


def by_section() -> dict[str, list[tuple[str, Departure]]]:
    """The paper's sections in its order, each with its departures and the modules of them.

    >>> list(by_section())[0]
    'Sect. 3.3'
    """
    every = [(name, mark) for name, marks in collect().items() for mark in marks]
    sections: dict[str, list[tuple[str, Departure]]] = {}
    for name, mark in sorted(every, key=lambda one: _order(one[1])):
        sections.setdefault(_section(mark), []).append((name, mark))
    return sections


def _section(mark: Departure) -> str:
    return mark.where.split(",")[0]


def _order(mark: Departure) -> tuple[bool, str, int]:
    """Sections before the appendix, and what is done differently first."""
    section = _section(mark)
    return section.startswith("App."), section, list(KINDS).index(mark.kind)
