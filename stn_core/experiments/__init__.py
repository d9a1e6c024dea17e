"""The one table of experiments, one file for each section of the paper."""

from __future__ import annotations

import difflib

from stn_core.experiment import Experiment
from stn_core.experiments import addition, distorted, studies

EXPERIMENTS: dict[str, Experiment] = {
    e.name: e for table in (distorted, addition, studies) for e in table.EXPERIMENTS
}


class UnknownExperiment(ValueError):
    """No experiment has this name; the message lists the near ones."""


def find(name: str) -> Experiment:
    """The experiment of this name. Raises UnknownExperiment."""
    if name in EXPERIMENTS:
        return EXPERIMENTS[name]
    near = difflib.get_close_matches(name.lower(), EXPERIMENTS, n=4, cutoff=0.4)
    near = near or list(EXPERIMENTS)[:4]
    raise UnknownExperiment(f"no experiment is called {name!r}; did you mean {', '.join(near)}?")
