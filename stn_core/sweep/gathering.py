"""What the trainings of a sweep have come to, whichever machines trained them: over the seeds."""

from __future__ import annotations

import statistics

from stn_core.sweep.cells import CellTraining


def gathered(trainings: list[CellTraining]) -> list[str]:
    """A line for each cell with a finished training: the seeds' mean error and their spread.

    >>> gathered([])
    []
    """
    errors: dict[str, list[float]] = {}
    for training in trainings:
        snapshots = training.run.snapshots() if training.state == "finished" else []
        if snapshots:
            errors.setdefault(training.experiment.name, []).append(snapshots[-1].measure)
    return [_line(name, of_seeds) for name, of_seeds in errors.items()]


def _line(name: str, errors: list[float]) -> str:
    mean = f"{name}: {statistics.mean(errors):.2f}"
    if len(errors) == 1:
        return f"{mean} % error on the gallery, 1 seed"
    return f"{mean} ± {statistics.stdev(errors):.2f} % error on the gallery, {len(errors)} seeds"
