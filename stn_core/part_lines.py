"""How often the windows of birds have a head or a body in them, as text for the command line."""

from __future__ import annotations

from stn_core import results
from stn_core.birds.parts import CENTRE, RANDOM, REGIONS, Ahead, SeedParts, Share
from stn_core.birds.placing import MARKED, MEAN
from stn_core.results import Cell

MEASURED = (
    "Windows that have all visible points of a part in them, in percent of the test photographs",
    "on which some are visible; and how many points more than a window of their size in the",
    "centre, on the same photographs; with 95 % confidence intervals over photographs:",
)
MOVING = (
    "What the windows gain by moving: how many points more than the same window at its mean place:",
)
ELSEWHERE = (
    "How many points more are misread with the windows elsewhere than the network puts them: each",
    "at its mean place; or two of them on the marked head and body:",
)
PLACES = {MEAN: "mean place", MARKED: "marked"}
NAME_CHARS, WINDOW_CHARS, REGION_CHARS = 20, 10, 43  # of the columns


def of_table(cells: dict[str, Cell]) -> list[str]:
    """Of every network of a table that has windows; nothing of other tables.

    >>> of_table(results.cells("distorted"))
    []
    """
    found = results.parts(cells)
    if not found:
        return []
    lines = ["", *MEASURED, *_heading()]
    for window, shares in results.references(found).items():
        lines.append(_line("", window, shares))
    for one in found:
        for n, window in enumerate(one.windows):
            first = f"{one.name} seed {one.measured.seed}" if n == 0 else ""
            shares = {region: one.share(window, region) for region in REGIONS}
            lines.append(_line(first, f"window {window}", shares))
    lines += ["", *MOVING]
    for one in found:
        for n, window in enumerate(one.windows):
            first = f"{one.name} seed {one.measured.seed}" if n == 0 else ""
            shares = {region: one.share(window, region) for region in REGIONS}
            lines.append(_gains(first, f"window {window}", shares))
    placed = [one for one in found if one.measured.placed]
    if placed:
        lines += ["", *ELSEWHERE]
    for one in placed:
        lines += _costs(f"{one.name} seed {one.measured.seed}", one.measured)
    return lines


def of_network(measured: SeedParts) -> list[str]:
    """Of one network.

    >>> of_network(SeedParts(seed=0, shares=()))[0]
    'Windows that have all visible points of a part in them, in percent of the test photographs'
    """
    shares: dict[str, dict[str, Share]] = {}
    for share in measured.shares:
        shares.setdefault(share.window, {})[share.region] = share
    of_windows = [
        _line("", w if w in (CENTRE, RANDOM) else f"window {w}", found)
        for w, found in shares.items()
    ]
    gains = [
        _gains("", f"window {w}", found) for w, found in shares.items() if w not in (CENTRE, RANDOM)
    ]
    lines = [*MEASURED, *_heading(), *of_windows, *MOVING, *gains]
    return lines + [*ELSEWHERE, *_costs("", measured)] if measured.placed else lines


def _heading() -> list[str]:
    names = "".join(f"{region.upper():{REGION_CHARS}}" for region in REGIONS)
    return [f"{'':{NAME_CHARS + WINDOW_CHARS}}{names}".rstrip()]


def _line(name: str, window: str, shares: dict[str, Share]) -> str:
    """shares: by region."""
    columns = ""
    for share in shares.values():
        words = f"{share.percent:5.1f} [{share.low:4.1f}, {share.high:4.1f}]"
        if share.ahead:
            words += f" {_points(share.ahead)}"
        columns += f"{words:{REGION_CHARS}}"
    return f"{name:{NAME_CHARS}}{window:{WINDOW_CHARS}}{columns}".rstrip()


def _gains(name: str, window: str, shares: dict[str, Share]) -> str:
    words = (_points(share.follows) if share.follows else "" for share in shares.values())
    columns = "".join(f"{one:{REGION_CHARS}}" for one in words)
    return f"{name:{NAME_CHARS}}{window:{WINDOW_CHARS}}{columns}".rstrip()


def _costs(name: str, measured: SeedParts) -> list[str]:
    """A line for each of the places that the windows were put at."""
    return [
        f"{name if n == 0 else '':{NAME_CHARS}}{PLACES[where]:{WINDOW_CHARS}}{_points(cost)}"
        for n, (where, cost) in enumerate((measured.placed or {}).items())
    ]


def _points(ahead: Ahead) -> str:
    return f"{ahead.percent:+6.1f} [{ahead.low:+5.1f}, {ahead.high:+5.1f}]"
