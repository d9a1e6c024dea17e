"""When a training whose end is not known is looked at, and when its loss is written down."""

from __future__ import annotations

import math

from stn_core.runs.records import FIRST_SNAPSHOT
from stn_core.training import pacing

SHARE = pacing.KEPT_SHARE + pacing.LIVE_SHARE  # of the time so far, for all snapshots
KEPT_FACTOR = 1.1  # from one kept step to the next: 80 of them in 20,000 steps
RECORD_FACTOR = 1.02  # the same of the history: each of the first 50 steps, then 50 in 2.7 times


class OpenPace(pacing.Looks):
    """Log-spaced steps without a last one, as far as they can be afforded. Step 0 is kept.

    >>> pace = OpenPace()
    >>> [step for step in range(1, 15) if pace.is_recorded(step)] == [*range(1, 15)]
    True
    """

    def __init__(self) -> None:
        super().__init__()
        self._kept = FIRST_SNAPSHOT
        self._recorded = 1

    def is_kept(self, step: int) -> bool:
        """Whether this step's snapshot is one of the recording's: it is taken then."""
        elapsed = pacing.monotonic() - self.started
        if step < self._kept or self.spent + self.cost > SHARE * elapsed:
            return False
        self._kept = _next(step, KEPT_FACTOR)
        return True

    def is_recorded(self, step: int) -> bool:
        """Whether this step's loss is written down: it is then."""
        if step < self._recorded:
            return False
        self._recorded = _next(step, RECORD_FACTOR)
        return True

    def seconds(self) -> float:
        """Of training so far, without the snapshots."""
        return pacing.monotonic() - self.started - self.spent


def _next(step: int, factor: float) -> int:
    return max(step + 1, math.ceil(step * factor))
