"""What a transformer's crops of a species have in common: their mean (Sect. 4.3).

Where a window follows a part, the mean has that part in it; of windows that do not, it is a blur.
A network is published with the means over ten species, each of at least 20 photographs: no
photograph of CUB can be seen in them, and none is published.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from stn_core.birds.networks import CROP
from stn_core.birds.photographs import BirdsError, Photographs
from stn_core.birds.species import SPECIES
from stn_core.experiment import Experiment
from stn_core.networks import ClassificationNetwork

SHOWN = (  # unlike each other, and three of them among the free photographs
    "Laysan Albatross", "Painted Bunting", "Cardinal", "American Goldfinch", "Blue Jay",
    "Horned Lark", "Mallard", "White Pelican", "Scarlet Tanager", "Red-headed Woodpecker",
)  # fmt: skip
LEAST = 20  # photographs in a mean that is published
FILE = "mean-crops.png"
AGAIN = "`evaluate --publish` writes it again"


@torch.no_grad()
def mean_crops(
    network: ClassificationNetwork, experiment: Experiment, birds: Photographs, label: int
) -> Tensor:
    """The mean photograph of a species, and each transformer's mean crop: uint8 (1 + N, 3, 64, 64).

    Raises BirdsError if there is no photograph of it.

    >>> from unittest.mock import patch
    >>> from stn_core import find
    >>> from stn_core.birds import backbone
    >>> experiment = find("birds/128/2st-cnn")
    >>> with patch.object(backbone, "pretrained", lambda: backbone.assemble(backbone.LITE0)):
    ...     network = experiment.build(seed=0)
    >>> images, points = torch.zeros(1, 3, 128, 128, dtype=torch.uint8), torch.zeros(1, 15, 2)
    >>> birds = Photographs(images, torch.tensor([7]), points, torch.ones(1, 15).bool())
    >>> mean_crops(network, experiment, birds, label=7).shape
    torch.Size([3, 3, 64, 64])
    """
    chosen = birds.labels == label
    if not chosen.any():
        raise BirdsError(f"there is no photograph of {SPECIES[label]} to take a mean of")
    few = birds[chosen]
    images = experiment.data.examples(few, torch.Generator()).images
    whole = F.adaptive_avg_pool2d(few.images.float() / 255, CROP)
    assert network.transformer is not None  # of a baseline there is nothing to see
    crops = [warp.output for warp in network.transformer.warps(images)]
    means = torch.stack([one.mean(0) for one in (whole, *crops)])
    return (255 * means).round().to(torch.uint8)


def strip(
    network: ClassificationNetwork, experiment: Experiment, birds: Photographs
) -> bytes | None:
    """The means over the ten species, one after the other, as a PNG; below each its crops' means.

    None if there are fewer than 20 photographs of one of them.

    >>> images, points = torch.zeros(1, 3, 128, 128, dtype=torch.uint8), torch.zeros(1, 15, 2)
    >>> birds = Photographs(images, torch.tensor([7]), points, torch.ones(1, 15).bool())
    >>> from stn_core import find
    >>> strip(None, find("birds/128/2st-cnn"), birds) is None
    True
    """
    from PIL import Image

    labels = [SPECIES.index(name) for name in SHOWN]
    if min(int((birds.labels == label).sum()) for label in labels) < LEAST:
        return None
    columns = torch.stack([mean_crops(network, experiment, birds, label) for label in labels])
    rows = columns.permute(1, 3, 0, 4, 2)  # (species, 1 + N, 3, H, W) -> (1 + N, H, species, W, 3)
    picture = rows.reshape(rows.shape[0] * CROP, len(SHOWN) * CROP, 3).numpy()
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def read_strip(path: Path) -> dict[str, np.ndarray]:
    """By species, what ``strip`` made: uint8 (1 + N, 3, 64, 64) each.

    Raises BirdsError if it cannot be read.

    >>> try:
    ...     read_strip(Path("nowhere.png"))
    ... except BirdsError as error:
    ...     print(error)
    nowhere.png cannot be read as means of crops; `evaluate --publish` writes it again
    """
    from PIL import Image

    try:
        with Image.open(path) as opened:
            picture = np.array(opened.convert("RGB"))
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise BirdsError(f"{path} cannot be read as means of crops; {AGAIN}") from error
    height, width = picture.shape[:2]
    if width != len(SHOWN) * CROP or height % CROP:
        raise BirdsError(
            f"{path} has {width} × {height} pixels, expected {len(SHOWN) * CROP} × a multiple of "
            f"{CROP}; {AGAIN}"
        )
    rows = picture.reshape(-1, CROP, len(SHOWN), CROP, 3)
    columns = rows.transpose(2, 0, 4, 1, 3)
    return dict(zip(SHOWN, columns, strict=True))
