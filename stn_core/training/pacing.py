"""When a run takes a snapshot: few enough to be cheap, late ones often enough to be live.

A snapshot is a look at a thousand digits and costs as much as several steps. Those that are kept
are log-spaced; the last one may be a live one, which the next one replaces.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from stn_core.runs.records import FIRST_SNAPSHOT, SNAPSHOTS, snapshot_steps

KEPT_SHARE = 0.05  # of a run's time, for the snapshots that are kept
LIVE_SHARE = 0.05  # of the time so far, for those that are replaced
LIVE_SECONDS = 3.0  # between two looks, if they can be afforded


class Looks:
    """What the snapshots of a sitting have cost so far.

    >>> looks = Looks()
    >>> with looks.looking():
    ...     pass
    >>> looks.is_live(), looks.spent < 1
    (False, True)
    """

    def __init__(self) -> None:
        self.started = self.looked_at = monotonic()
        self.spent = self.cost = 0.0  # seconds of all snapshots, and of the last one

    def is_live(self) -> bool:
        """Whether it is time for a snapshot, whatever the step."""
        return monotonic() - self.looked_at >= max(LIVE_SECONDS, self.cost / LIVE_SHARE)

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Meanwhile a snapshot is taken. One that fails has cost its time too."""
        started = monotonic()
        try:
            yield
        finally:
            self.looked_at = monotonic()
            self.cost = self.looked_at - started
            self.spent += self.cost


class Pace(Looks):
    """A sitting of a run: at which steps it takes snapshots, and which of them are kept.

    Step 0 and the last one are always taken and kept; of the others, as many as can be afforded by
    what a step and a snapshot have cost so far. begun: the step that the sitting begins at.

    >>> pace = Pace(iterations=1_000, begun=0)
    >>> pace.is_kept(0), pace.is_kept(1_000), pace.is_live()
    (True, True, False)
    """

    def __init__(self, iterations: int, begun: int) -> None:
        super().__init__()
        self.iterations, self.begun = iterations, begun
        self._planned: frozenset[int] | None = None

    def is_kept(self, step: int) -> bool:
        """Whether this step's snapshot is one of the recording's."""
        if step in (0, self.iterations):
            return True
        now = monotonic()
        whole = (now - self.started - self.spent) / (step - self.begun) * self.iterations
        if self._planned is None or step < self.begun + FIRST_SNAPSHOT:  # the first are slow
            count = int(min(SNAPSHOTS, KEPT_SHARE * whole / self.cost)) if self.cost else SNAPSHOTS
            self._planned = frozenset(snapshot_steps(self.iterations, count))
        affordable = KEPT_SHARE * whole + LIVE_SHARE * (now - self.started)
        return step in self._planned and self.spent + self.cost <= affordable

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Meanwhile a snapshot is taken."""
        with super().looking():
            yield
        self._planned = None
