"""What transformers in parallel cost, and what larger photographs cost with and without them:
"448px resolution input images without any impact in performance" (Sect. 4.3, Table 3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

from stn_core.bench.timing import alternating
from stn_core.birds.backbone import BackboneError
from stn_core.experiments.birds import NETWORKS
from stn_core.training.trainer import BACKBONE

BATCHES = {"cpu": 8, "cuda": 128}
# The photographs' side in pixels (64 for the paper's 224, 128 for its 448), and the network. That
# the CNN reads all of 128 is what the transformers are there to avoid.
ROWS = ((64, "cnn"), (128, "cnn"), (64, "2st-cnn"), (128, "2st-cnn"), (128, "4st-cnn"))
TRAINED = {"heads alone": False, "last layers too": True}


def in_parallel(device: torch.device) -> Iterator[str]:
    """Lines on the time of a forward and backward pass of birds, next to the CNN's at 64 pixels.

    >>> next(in_parallel(torch.device("cpu")))[:38]
    'Birds: a forward and backward pass of '
    """
    batch = BATCHES.get(device.type, 8)
    yield f"Birds: a forward and backward pass of {batch}, and as a ratio to the CNN's at 64 px"
    yield "(Table 3: transformers cut crops of 64 px out of 128, at no more cost than out of 64)"

    def work(side: int, name: str, tuned: bool) -> Callable[[], object]:
        generator = torch.Generator().manual_seed(0)
        network = NETWORKS[name].build((3, side, side), 200, generator).to(device)
        for parameter_name, parameter in network.named_parameters():
            if parameter_name.startswith(BACKBONE):
                parameter.requires_grad_(tuned)
        images = torch.rand(batch, 3, side, side, device=device)
        return lambda: network(images).logsumexp(-1).sum().backward()

    try:
        times = {
            words: alternating(
                {f"{side} {name}": work(side, name, tuned) for side, name in ROWS},
                device,
                repeat=1,
            )
            for words, tuned in TRAINED.items()
        }
    except BackboneError as error:
        yield f"not measured: {error}"
        yield ""
        return
    yield f"{'trained:':12}" + "".join(f"{words:>20}" for words in TRAINED)
    for side, name in ROWS:
        row = f"{side} {name}"
        figures = (f"{t[row]:.0f}   {t[row] / t['64 cnn']:.2f}" for t in times.values())
        yield f"{row:12}" + "".join(f"{words:>20}" for words in figures)
    yield ""
