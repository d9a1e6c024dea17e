"""What the transformers of birds look at, of every seed of every network that was measured."""

from __future__ import annotations

from typing import NamedTuple

from stn_core.birds.parts import CENTRE, RANDOM, REGIONS, SeedParts, Share
from stn_core.results.tables import Cell


class NetworkParts(NamedTuple):
    """One seed of a network: its name without the table's (``128/2st-cnn``), and its shares.

    >>> NetworkParts("128/2st-cnn", SeedParts(seed=0, shares=())).windows
    []
    """

    name: str
    measured: SeedParts

    @property
    def windows(self) -> list[str]:
        """Its own windows, without what they are compared with."""
        names = dict.fromkeys(share.window for share in self.measured.shares)
        return [name for name in names if name not in (CENTRE, RANDOM)]

    def share(self, window: str, region: str) -> Share:
        """How often a window has a region in it. Raises KeyError where it was not measured."""
        return self.measured.of(region)[window]


def parts(cells: dict[str, Cell]) -> list[NetworkParts]:
    """Every seed of every network of a table whose windows were measured, in the table's order.

    >>> from stn_core.results.tables import cells
    >>> parts(cells("distorted"))
    []
    """
    return [
        NetworkParts(name.split("/", 1)[1], measured)
        for name, cell in cells.items()
        if cell.metrics
        for measured in cell.metrics.parts or ()
    ]


def references(found: list[NetworkParts]) -> dict[str, dict[str, Share]]:
    """The windows that all others are compared with, for each region: {window: {region: share}}.

    They are the same for every network: none of them is a network's own.

    >>> references([])
    {}
    """
    if not found:
        return {}
    return {
        window: {region: found[0].share(window, region) for region in REGIONS}
        for window in (CENTRE, RANDOM)
    }
