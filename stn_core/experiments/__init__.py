"""The one table of experiments, one file for each section of the paper."""

from __future__ import annotations

import difflib
from typing import Any

from stn_core.errors import UnknownName
from stn_core.experiment import Experiment
from stn_core.experiments import (
    addition,
    birds,
    browser,
    crops,
    distorted,
    house_numbers,
    studies,
    volumes,
)
from stn_core.experiments.colocalisation import COLOCALISATIONS, OWN, Colocalisation

EXPERIMENTS: dict[str, Experiment] = {
    e.name: e
    for table in (distorted, house_numbers, birds, addition, crops, volumes, studies)
    for e in table.EXPERIMENTS
}
# Apart: they are in no table of the paper, and nothing of them is published.
BROWSER: dict[str, Experiment] = {e.name: e for e in browser.EXPERIMENTS}


class UnknownExperiment(UnknownName):
    """No experiment has this name; the message lists the near ones.

    >>> try:
    ...     find_colocalisation("colocalisation/t/eight")
    ... except UnknownExperiment as error:
    ...     print(str(error).split(";")[0])
    no experiment is called 'colocalisation/t/eight'
    """


def find(name: str) -> Experiment:
    """The experiment of this name. Raises UnknownExperiment, also for a set of Table 5's: of those
    boxes are searched.

    >>> find("distorted/rts/st-cnn-aff").source
    'Sect. 4.1, App. A.4, Table 1'
    """
    if name in COLOCALISATIONS or name == OWN.name:
        raise UnknownExperiment(
            f"{name!r} is a search for boxes, not a network's training; use `colocalise`"
        )
    return _found(name, EXPERIMENTS | BROWSER)


def find_colocalisation(name: str) -> Colocalisation:
    """The cell of Table 5 of this name, e.g. colocalisation/t/8, or the visitor's own set's.

    Raises UnknownExperiment.

    >>> find_colocalisation("colocalisation/tc/8").reported  # percent localised
    89
    """
    return _found(name, {**COLOCALISATIONS, OWN.name: OWN})


def _found(name: str, table: dict[str, Any]) -> Any:
    if name in table:
        return table[name]
    near = difflib.get_close_matches(name.lower(), table, n=4, cutoff=0.4) or list(table)[:4]
    raise UnknownExperiment(f"no experiment is called {name!r}; did you mean {', '.join(near)}?")
