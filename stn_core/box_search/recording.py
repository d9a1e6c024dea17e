"""A search in a run's folder: θ of all images at about 100 steps, and the localiser at its end."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import torch

from stn_core import checkpoints
from stn_core.box_search.encoder import EncoderNetworks
from stn_core.box_search.search import Optimisation, Restarts
from stn_core.experiments.colocalisation import Colocalisation, ImageSet
from stn_core.precision import faster_dtype
from stn_core.runs.folder import Run
from stn_core.runs.records import Snapshot, Step, snapshot_steps
from stn_core.training.devices import device_name
from stn_core.training.recording import Taken, recorded

LOCALISER = "localiser.safetensors"  # in a finished run's folder


class BoxSearch:
    """The starts of a search, as the run loop trains them; it records the start that leads.

    When another start takes the lead, its history replaces the former leader's.

    >>> from dataclasses import replace
    >>> from stn_core.box_search.encoder import load_encoder_networks
    >>> from stn_core.experiments.colocalisation import OWN
    >>> cell = replace(OWN, recipes=(replace(OWN.recipe, iterations=1, patches=2),))
    >>> images = ImageSet(torch.rand(4, 1, 84, 84))

    >>> search = BoxSearch(cell, images, load_encoder_networks(), seed=0, threads=1)
    >>> search.probes[0].shape, search.probes[1].tolist()  # of no known class
    ((4, 1, 84, 84), [-1, -1, -1, -1])
    """

    def __init__(
        self,
        cell: Colocalisation,
        images: ImageSet,
        networks: EncoderNetworks,
        seed: int,
        threads: int,
    ) -> None:
        self.cell = cell
        self.iterations = cell.recipe.iterations
        self.record_steps = frozenset(snapshot_steps(self.iterations))
        pixels = (images.images * 255).round().to(torch.uint8).numpy()
        label = -1 if cell.digit is None else cell.digit
        self.probes = pixels, np.full(len(pixels), label)
        self.restarts = Restarts(images, networks, cell.recipe, seed, threads)
        self._taken: dict[Optimisation, list[tuple[Step, Snapshot]]] = {
            start: [] for start in self.restarts.going
        }
        self._written = self.restarts.leader

    @property
    def step(self) -> int:
        return self.restarts.step

    @property
    def peak_rate(self) -> float:
        return self.restarts.learning_rate

    @peak_rate.setter
    def peak_rate(self, rate: float) -> None:
        self.restarts.learning_rate = rate

    def advance(self) -> None:
        self.restarts.advance()

    def take(self, *, record: bool, snapshot: bool) -> Taken:
        """Both at once, of every start that is still going: any of them may lead later."""
        going, leader = self.restarts.going, self.restarts.leader
        self._taken = {start: [*self._taken[start], start.record()] for start in going}
        taken = self._taken[leader]
        if leader is self._written:
            taken = taken[-1:]
        self._written = leader
        return Taken([step for step, _ in taken], [boxes for _, boxes in taken])

    def save(self, run: Run) -> None:
        """The localiser, at the end: a search that was stopped is begun again."""
        if self.step == self.iterations:
            localiser = self.restarts.leader.localiser
            checkpoints.save_tensors(
                run.folder / LOCALISER,
                {name: tensor.contiguous() for name, tensor in localiser.state_dict().items()},
                {"colocalisation": self.cell.name, "s": [localiser.smallest, localiser.largest]},
            )


def describe(cell: Colocalisation, seed: int, set_seed: int, threads: int) -> dict:
    """The settings of a run, for its run.json.

    >>> from stn_core.experiments import find_colocalisation
    >>> cell = find_colocalisation("colocalisation/tc/8")
    >>> describe(cell, seed=0, set_seed=3, threads=1)["clutter"]
    16
    """
    device = torch.device("cpu")
    return {
        "experiment": cell.name,
        "recipe": cell.recipe.to_json(),
        "seed": seed,
        "set_seed": set_seed,
        "clutter": cell.distortion.patches,
        "device": device_name(device, threads),
        "precision": str(faster_dtype(device)).removeprefix("torch."),
        "torch": torch.__version__,
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def record_search(
    cell: Colocalisation,
    images: ImageSet,
    networks: EncoderNetworks,
    run: Run,
    *,
    seed: int,
    set_seed: int,
    threads: int = 1,
) -> Iterator[Step]:
    """Search the boxes of a set in a new run's folder, yielding a Step at each that is recorded.

    Raises RunError if the folder holds a run already, TrainingError if the loss is not finite.

    >>> from dataclasses import replace
    >>> from stn_core.box_search.encoder import load_encoder_networks
    >>> from stn_core.experiments.colocalisation import OWN
    >>> cell = replace(OWN, recipes=(replace(OWN.recipe, iterations=1, patches=2),))
    >>> images = ImageSet(torch.rand(4, 1, 84, 84))

    >>> import tempfile
    >>> folder, networks = tempfile.TemporaryDirectory(), load_encoder_networks()
    >>> run = Run(folder.name)
    >>> [step.step for step in record_search(cell, images, networks, run, seed=0, set_seed=0)]
    [0, 1]
    """
    yield from recorded(
        lambda: BoxSearch(cell, images, networks, seed, threads),
        run,
        description=describe(cell, seed, set_seed, threads),
    )
