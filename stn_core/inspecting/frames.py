"""Where the grids of several transformers lie on the network's input: all multiplied out.

A transformer in sequence reads what comes of another's V. Its grid on the input is its own, taken
through those before it. Layers between two transformers are taken to keep the frame of the image.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_core.inspecting.network import Inspected, Pass, Seen
from stn_core.transforms import regular_grid
from stn_core.watching.fitting import Fitted, fit, nearest_affine

SIZE = (48, 48)  # of a grid on the input
DISTURBED = 0.9  # of its own size: the grid that is put in to see whom it changes


def sources(network: Inspected, image: Tensor) -> dict[str, str | None]:
    """What each transformer reads: the V of an earlier one, by its name, or None: the input.

    Found by trying: whose U changes when a grid is replaced. Of several, the one that comes after
    the most others.

    >>> from torch import nn
    >>> from stn_core.inspecting.network import Half
    >>> network = Inspected(nn.Sequential(Half(), nn.ReLU(), Half()), torch.rand(1, 1, 8, 8))
    >>> sources(network, network.images)
    {'0': None, '2': '0'}
    """
    own = network.run(image)
    before: dict[str, list[str]] = {name: [] for name in _flat(own)}
    for name in before:
        grid = own.seen[name].grid * DISTURBED + (1 - DISTURBED) / 2
        other = network.run(image, {name: grid})
        for later in before:
            after = other.seen.get(later)
            if later != name and after and not _same(own.seen[later].input, after.input):
                before[later].append(name)
    return {
        name: max(names, key=lambda one: len(before[one]), default=None)
        for name, names in before.items()
    }


def on_the_input(
    done: Pass, found: Mapping[str, str | None], size: tuple[int, int] = SIZE
) -> tuple[list[str], Fitted] | None:
    """The grids (K, ·) of all transformers on the input of a pass of one image, in one family.

    found: what ``sources`` gives; size: of the grids' V. None if a transformer has made several
    crops of the image, so that there is no one grid of it, or if the way back from one to the input
    has no end.

    >>> from torch import nn
    >>> from stn_core.inspecting.network import Half
    >>> network = Inspected(nn.Sequential(Half(), Half()), torch.rand(1, 1, 8, 8))
    >>> names, fitted = on_the_input(network.first, sources(network, network.images))
    >>> names, fitted.theta[:, 0].round(decimals=2).tolist()
    (['0', '1'], [0.5, 0.25])
    """
    names = [name for name in found if name in done.seen]
    if any(len(done.seen[name].grid) != 1 for name in names) or not names:
        return None
    grids = []
    for name in names:
        points = regular_grid(size, dtype=torch.float64).T  # (N, 2)
        at: str | None = name
        passed: set[str] = set()
        while at is not None:
            # By other noise than torch's a network can differ from pass to pass.
            if at in passed or at not in done.seen:
                return None
            passed.add(at)
            points = _through(done.seen[at], points)
            at = found[at]
        grids.append(points.unflatten(0, size))
    first = next(name for name in names if found[name] is None)
    return names, fit(torch.stack(grids).float(), tuple(done.seen[first].input.shape[2:]))


def _flat(done: Pass) -> list[str]:
    return [name for name, seen in done.seen.items() if seen.grid.shape[-1] == 2]


def _same(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and torch.allclose(one, other, rtol=1e-4, atol=1e-6)


def _through(seen: Seen, points: Tensor) -> Tensor:
    """Where a grid takes points (N, 2) of its V: between its own linearly, and so on beyond."""
    grid = seen.grid.double()
    matrix = nearest_affine(grid, tuple(seen.input.shape[2:])).theta.view(2, 3)
    target = regular_grid(seen.size, dtype=torch.float64)
    affine = (matrix[:, :2] @ target + matrix[:, 2:]).T.view(1, *seen.size, 2)
    rest = F.grid_sample(
        (grid - affine).movedim(-1, 1), points.view(1, -1, 1, 2),
        padding_mode="border", align_corners=False,
    )  # fmt: skip
    return points @ matrix[:, :2].T + matrix[:, 2] + rest[0, :, :, 0].T
