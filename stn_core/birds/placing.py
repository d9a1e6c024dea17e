"""What it costs a network to have its windows elsewhere than where it puts them.

If windows that stay at their mean place, or that have every marked head and body in their middle,
cost nothing, then there was nothing to gain by looking at each photograph, and nothing that a
localisation network could have learnt from labels.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from stn_core.birds.networks import SCALE
from stn_core.birds.parts import Ahead, ahead, evaluated, middle_of
from stn_core.birds.photographs import Photographs
from stn_core.digits import Progress
from stn_core.experiment import Experiment
from stn_core.networks import ClassificationNetwork

MEAN, MARKED = "mean", "marked"
OWN = "own"  # where the network puts them


def places(middles: Tensor, birds: Photographs, best: Mapping[str, str]) -> dict[str, Tensor]:
    """Other middles of a network's windows, as ``middles`` are: (N, photographs, 2).

    mean: each window at its mean over the photographs. marked: each region's best window has the
    middle of the region's visible points in its own, as far as that leaves it in the photograph;
    the other windows, and all where no such point is visible, stay where the network puts them.
    middles: see ``windows``; best: see ``SeedParts.best``.

    >>> images, points = torch.zeros(1, 3, 128, 128, dtype=torch.uint8), torch.zeros(1, 15, 2)
    >>> birds = Photographs(images, torch.zeros(1), points + 0.25, torch.ones(1, 15).bool())
    >>> places(torch.zeros(2, 1, 2), birds, {"head": "2"})["marked"].tolist()
    [[[0.0, 0.0]], [[0.25, 0.25]]]
    """
    marked = middles.clone()
    for region, window in best.items():
        middle = middle_of(region, birds).clamp(SCALE - 1, 1 - SCALE)
        own = marked[int(window) - 1]
        own[:] = torch.where(middle.isnan(), own, middle)
    return {MEAN: middles.mean(1, keepdim=True).expand_as(middles), MARKED: marked}


@torch.no_grad()
def costs(
    network: ClassificationNetwork,
    experiment: Experiment,
    birds: Photographs,
    middles: Tensor,
    best: Mapping[str, str],
    progress: Progress | None = None,
) -> dict[str, Ahead]:
    """How many more photographs are misread with the windows there: by the names of ``places``.

    Negative: fewer. middles: where the network puts its windows (``windows``); best: see
    ``SeedParts.best``.

    >>> from unittest.mock import patch
    >>> from stn_core import find
    >>> from stn_core.birds import backbone
    >>> experiment = find("birds/128/2st-cnn")
    >>> with patch.object(backbone, "pretrained", lambda: backbone.assemble(backbone.LITE0)):
    ...     network = experiment.build(seed=0)
    >>> images, points = torch.zeros(1, 3, 128, 128, dtype=torch.uint8), torch.zeros(1, 15, 2)
    >>> birds = Photographs(images, torch.zeros(1).long(), points, torch.ones(1, 15).bool())
    >>> found = costs(network, experiment, birds, torch.zeros(2, 1, 2), {"head": "1", "body": "2"})
    >>> {where: cost.percent for where, cost in found.items()}
    {'mean': 0.0, 'marked': 0.0}
    """
    put = {OWN: middles, **places(middles, birds, best)}
    misread: dict[str, list[Tensor]] = {where: [] for where in put}
    for some, shown in evaluated(network, experiment, birds, progress, "windows elsewhere"):
        for where, there in put.items():
            logits = network.trace(shown.images, *there[:, some]).logits
            misread[where].append(logits.argmax(1) != shown.labels)
    wrong = {where: torch.cat(chunks).double() for where, chunks in misread.items()}
    found = {where: ahead(wrong[where] - wrong[OWN]) for where in (MEAN, MARKED)}
    return {where: cost for where, cost in found.items() if cost}
