"""Do the transformers find parts? How often a window has all visible points of the head, or of the
body, in it (Sect. 4.3: "a head detector", "the central part of the body").

A window is compared with one of its size in the middle, with random ones that are inside the image,
and with itself, were it to stay at its mean place: heads are above bodies on most photographs, so
that also a window that looks at none has many in it. All on the same photographs.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from stn_core.birds.networks import SCALE
from stn_core.birds.photographs import PARTS, Photographs
from stn_core.digits import Progress
from stn_core.experiment import Examples, Experiment
from stn_core.intervals import paired, wilson
from stn_core.networks import ClassificationNetwork

REGIONS = {
    "head": ("beak", "crown", "forehead", "left eye", "nape", "right eye", "throat"),
    "body": ("back", "belly", "breast", "left wing", "right wing"),
}
CENTRE, RANDOM = "centre", "random"
RANDOM_WINDOWS, RANDOM_SEED = 20, 2015  # of each photograph
CHUNK = 100


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """How many more photographs a window does it for than another one, in percentage points.

    low, high: the 95 % confidence interval over the photographs, paired: those that one of the two
    windows does it for decide.

    >>> Ahead(percent=-2.0, low=-5.0, high=1.0).decided
    False
    """

    percent: float
    low: float
    high: float

    @property
    def decided(self) -> bool:
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, kw_only=True)
class Share:
    """Of how many photographs a window has all visible points of a region in it, in percent.

    window: 1 to N, ``centre`` or ``random``; low, high: the 95 % confidence interval over the
    photographs; photographs: those with a visible point of the region; ahead: of the centre
    window, follows: of the same window at its mean place, None of the centre and of random ones.

    >>> share = Share(window="centre", region="head", percent=40.0, low=30.0, high=50.0,
    ...               photographs=99)
    >>> share.ahead is None
    True
    """

    window: str
    region: str
    percent: float
    low: float
    high: float
    photographs: int
    ahead: Ahead | None = None
    follows: Ahead | None = None


@dataclass(frozen=True, kw_only=True)
class SeedParts:
    """What the windows of one seed's network have in them.

    placed: what it costs to have the windows elsewhere (``placing.costs``); None where that was not
    measured.

    >>> SeedParts(seed=0, shares=()).of("head")
    {}
    """

    seed: int
    shares: tuple[Share, ...]
    placed: dict[str, Ahead] | None = None

    def of(self, region: str) -> dict[str, Share]:
        """A region's shares, by the windows' names."""
        return {share.window: share for share in self.shares if share.region == region}

    @property
    def best(self) -> dict[str, str]:
        """For each region a window of the network's own, such that they have most in them.

        >>> shares = [
        ...     Share(window=w, region=r, percent=p, low=0, high=100, photographs=9)
        ...     for w, r, p in (("1", "head", 60.0), ("1", "body", 30.0), ("2", "head", 5.0),
        ...                     ("2", "body", 10.0), ("centre", "head", 70.0))
        ... ]
        >>> SeedParts(seed=0, shares=tuple(shares)).best
        {'head': '1', 'body': '2'}
        """
        own = {
            (share.window, share.region): share.percent
            for share in self.shares
            if share.window not in (CENTRE, RANDOM)
        }
        windows, regions = (list(dict.fromkeys(names)) for names in zip(*own, strict=True))
        chosen = max(
            itertools.permutations(windows, len(regions)),
            key=lambda some: sum(own[pair] for pair in zip(some, regions, strict=True)),
        )
        return dict(zip(regions, chosen, strict=True))


def contains(middles: Tensor, birds: Photographs, region: str) -> Tensor:
    """Whether a window has all visible points of a region in it: bool (K, N).

    middles: t of K windows of each of N photographs, (K, N, 2), in the photograph's coordinates.

    >>> images, points = torch.zeros(1, 3, 128, 128, dtype=torch.uint8), torch.full((1, 15, 2), 0.4)
    >>> birds = Photographs(images, torch.zeros(1), points, torch.ones(1, 15).bool())
    >>> contains(torch.tensor([[[0.0, 0.0]], [[-0.2, 0.0]]]), birds, "head").tolist()
    [[True], [False]]
    """
    chosen = [PARTS.index(part) for part in REGIONS[region]]
    inside = (birds.points[:, chosen] - middles[:, :, None]).abs().amax(3) <= SCALE
    return (inside | ~birds.visible[:, chosen]).all(2)


def misses(middles: Tensor, birds: Photographs, best: Mapping[str, str]) -> Tensor:
    """How far a network's windows are from the parts that they are best at, (photographs,).

    In widths of the photograph: from the middle of each region's best window to that of the
    region's visible points, the mean of the regions; NaN where a region has no visible point.
    middles: see ``windows``; best: see ``SeedParts.best``.

    >>> images, points = torch.zeros(1, 3, 128, 128, dtype=torch.uint8), torch.full((1, 15, 2), 0.4)
    >>> birds = Photographs(images, torch.zeros(1), points, torch.ones(1, 15).bool())
    >>> middles = torch.tensor([[[0.4, 0.0]], [[0.4, 0.4]]])
    >>> misses(middles, birds, {"head": "1", "body": "2"})  # by 0.2 of the width, and by none
    tensor([0.1000])
    """
    found = [
        (middles[int(window) - 1] - middle_of(region, birds)).norm(dim=1) / 2  # a width is 2 long
        for region, window in best.items()
    ]
    return torch.stack(found).mean(0)


def middle_of(region: str, birds: Photographs) -> Tensor:
    """The mean of a region's visible points, (photographs, 2); NaN where none is visible.

    >>> images, points = torch.zeros(1, 3, 128, 128, dtype=torch.uint8), torch.full((1, 15, 2), 0.5)
    >>> birds = Photographs(images, torch.zeros(1), points, torch.ones(1, 15).bool())
    >>> middle_of("head", birds)
    tensor([[0.5000, 0.5000]])
    """
    chosen = [PARTS.index(part) for part in REGIONS[region]]
    visible = birds.visible[:, chosen, None]
    return (birds.points[:, chosen] * visible).sum(1) / visible.sum(1)


@torch.no_grad()
def windows(
    network: ClassificationNetwork,
    experiment: Experiment,
    birds: Photographs,
    progress: Progress | None = None,
) -> Tensor:
    """Where a network's transformers look: t of each of its N windows, (N, photographs, 2).

    >>> from unittest.mock import patch
    >>> from stn_core import find
    >>> from stn_core.birds import backbone
    >>> experiment = find("birds/128/2st-cnn")
    >>> with patch.object(backbone, "pretrained", lambda: backbone.assemble(backbone.LITE0)):
    ...     network = experiment.build(seed=0)
    >>> images, points = torch.zeros(1, 3, 128, 128, dtype=torch.uint8), torch.zeros(1, 15, 2)
    >>> birds = Photographs(images, torch.zeros(1).long(), points, torch.ones(1, 15).bool())
    >>> windows(network, experiment, birds).tolist()
    [[[-0.25, 0.0]], [[0.25, 0.0]]]
    """
    assert network.transformer is not None  # of a baseline there is nothing to see
    found = [
        torch.stack([warp.theta for warp in network.transformer.warps(shown.images)])
        for _, shown in evaluated(network, experiment, birds, progress, "windows")
    ]
    return torch.cat(found, 1)


def evaluated(
    network: ClassificationNetwork,
    experiment: Experiment,
    birds: Photographs,
    progress: Progress | None = None,
    what: str = "photographs",
) -> Iterator[tuple[slice, Examples]]:
    """Some photographs at a time: which, and as a network is shown them.

    The network is in evaluation mode meanwhile. progress: is told, under the name ``what``, how
    many are done.

    >>> from torch import nn
    >>> from stn_core import find
    >>> images, points = torch.zeros(1, 3, 128, 128, dtype=torch.uint8), torch.zeros(1, 15, 2)
    >>> birds = Photographs(images, torch.zeros(1).long(), points, torch.ones(1, 15).bool())
    >>> [(_, shown)] = evaluated(nn.Identity(), find("birds/64/cnn"), birds)
    >>> shown.images.shape
    torch.Size([1, 3, 64, 64])
    """
    training = network.training
    network.eval()
    for start in range(0, len(birds), CHUNK):
        some = slice(start, start + CHUNK)
        yield some, experiment.data.examples(birds[some], torch.Generator())
        if progress:
            progress(what, min(some.stop, len(birds)), len(birds))
    network.train(training)


def shares(middles: Tensor, birds: Photographs, generator: torch.Generator) -> list[Share]:
    """Of each window, of the centre one and of random ones, for each region.

    middles: see ``windows``; generator: what random windows are drawn with, on the CPU.

    >>> images, points = torch.zeros(9, 3, 128, 128, dtype=torch.uint8), torch.full((9, 15, 2), 0.8)
    >>> birds = Photographs(images, torch.zeros(9), points, torch.ones(9, 15).bool())
    >>> head = shares(torch.full((1, 9, 2), 0.5), birds, torch.Generator())[:2]
    >>> [(share.window, share.percent) for share in head]
    [('1', 100.0), ('centre', 0.0)]
    """
    count = len(birds)
    drawn = torch.rand(RANDOM_WINDOWS, count, 2, generator=generator)
    by_window = {
        **{str(n + 1): one[None] for n, one in enumerate(middles)},
        CENTRE: torch.zeros(1, count, 2),
        RANDOM: (2 * drawn - 1) * (1 - SCALE),
    }
    found = []
    for region, parts in REGIONS.items():
        seen = birds.visible[:, [PARTS.index(part) for part in parts]].any(1)
        # Of each photograph 0 or 1, or the share of its random windows.
        held = {
            window: contains(some, birds, region)[:, seen].double().mean(0)
            for window, some in by_window.items()
        }
        for window, own in held.items():
            share = _share(window, region, own)
            if window not in (CENTRE, RANDOM):
                places = by_window[window]
                still = contains(places.mean(1, keepdim=True).expand_as(places), birds, region)
                share = replace(
                    share,
                    ahead=ahead(own - held[CENTRE]),
                    follows=ahead(own - still[:, seen].double().mean(0)),
                )
            found.append(share)
    return found


def measure(middles: Tensor, birds: Photographs) -> tuple[Share, ...]:
    """A network's shares on photographs, with the random windows that every network is given.

    middles: see ``windows``.

    >>> images, points = torch.zeros(1, 3, 128, 128, dtype=torch.uint8), torch.zeros(1, 15, 2)
    >>> birds = Photographs(images, torch.zeros(1).long(), points, torch.ones(1, 15).bool())
    >>> [share.window for share in measure(torch.zeros(2, 1, 2), birds)][:4]
    ['1', '2', 'centre', 'random']
    """
    return tuple(shares(middles, birds, torch.Generator().manual_seed(RANDOM_SEED)))


def ahead(gains: Tensor) -> Ahead | None:
    """gains: 1, 0 or −1 for each photograph; None without one.

    >>> ahead(torch.tensor([1.0, 0.0, -1.0, 0.0])).percent
    0.0
    """
    if not len(gains):
        return None
    low, high = paired(gains[gains != 0].tolist(), len(gains))
    return Ahead(percent=100 * gains.mean().item(), low=low, high=high)


def _share(window: str, region: str, held: Tensor) -> Share:
    """held: 0 or 1 for each photograph, or the share of its random windows."""
    count, total = len(held), held.sum().item()
    low, high = wilson(total, count)  # of shares of windows it is wider than needed
    return Share(
        window=window,
        region=region,
        percent=100 * total / max(1, count),
        low=low,
        high=high,
        photographs=count,
    )
