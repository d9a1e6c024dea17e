"""The boxes of one set of images, optimised by Eq. 8 (App. A.2): one start, and several.

No label and no true box is used; the true ones, where there are any, only measure. What is learnt
is the localiser, for this set alone.
"""

from __future__ import annotations

import math
import time
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from stn_core.box_search.boxes import crops, jittered, overlap, random_boxes
from stn_core.box_search.encoder import Encoder, EncoderNetworks
from stn_core.departures import OTHERWISE, SILENT, Departure
from stn_core.experiments.colocalisation import (
    PLAIN_SEARCH,
    PUBLISHED_STARTS,
    QUICK_SEARCH,
    ImageSet,
    Search,
)
from stn_core.experiments.crops import OFF
from stn_core.localisation import BoxLocalisation
from stn_core.networks import ClassificationNetwork
from stn_core.objectives import Patches
from stn_core.runs.records import Snapshot, Step
from stn_core.threads import on_threads
from stn_core.training.recording import TrainingError

MEASURE = "localised_percent"
MIN_OVERLAP = 0.5  # A.2: above it, a digit counts as localised
SHRINKING_SHARE = 0.8  # of the iterations, after which the largest box is as small as it gets
JITTERING_SHARE = 0.7  # of the iterations, after which nothing is jittered
HALVING_SHARES = (0.25, 0.5)  # of the iterations, after which the better half of the starts goes on


def fine_from(iterations: int) -> int:
    """The step from which the fine network compares the crops, in a search that has one.

    >>> fine_from(1000)
    700
    """
    return round(JITTERING_SHARE * iterations)


class Optimisation:
    """The boxes of one set during the search: the localiser, and its step.

    images: (N, 1, H, W). located: the boxes, θ of Attention (N, 3). seconds: of the steps so far.

    >>> from dataclasses import replace
    >>> from stn_core.box_search.encoder import load_encoder_networks
    >>> from stn_core.experiments.colocalisation import PLAIN_SEARCH
    >>> images, search = ImageSet(torch.rand(4, 1, 84, 84)), replace(PLAIN_SEARCH, patches=2)

    >>> optimisation = Optimisation(images, load_encoder_networks(), search, seed=0)
    >>> optimisation.advance()
    >>> optimisation.step, optimisation.located().shape
    (1, torch.Size([4, 3]))
    """

    def __init__(
        self, images: ImageSet, networks: EncoderNetworks, search: Search, seed: int
    ) -> None:
        self.images, self.boxes, self.search = images.images, images.boxes, search
        self.seed, self.networks = seed, networks
        self.generator = torch.Generator().manual_seed(seed)
        self.localiser = BoxLocalisation(
            tuple(self.images.shape[1:]),
            start=search.start,
            smallest=search.smallest,
            largest=search.largest,
            generator=self.generator,
        )
        wide = list(self.localiser.hidden1.parameters())
        others = [p for p in self.localiser.parameters() if all(p is not w for w in wide)]
        self.optimiser = torch.optim.Adam([{"params": others}, {"params": wide}])
        self.learning_rate = search.learning_rate
        self.step, self.seconds = 0, 0.0
        self._losses: list[Tensor] = []
        started = time.perf_counter()
        count = len(self.images) * search.patches
        self._random_boxes = random_boxes(count, search.patch_scale, self.generator)
        self.compare_by(networks.coarse)
        self.seconds = time.perf_counter() - started

    @property
    def learning_rate(self) -> float:
        """Of the localiser's layers but the wide one."""
        return self.optimiser.param_groups[0]["lr"]

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        others, wide = self.optimiser.param_groups
        others["lr"], wide["lr"] = rate, rate * self.search.wide_layer_lr_factor

    def compare_by(self, network: ClassificationNetwork) -> None:
        """Let this network be e(), of the random patches as well."""
        self.encoder = Encoder(network, normalised=self.search.normalised)
        repeated = self.images.repeat_interleave(self.search.patches, 0)
        embedded = self.encoder.read(repeated, self._random_boxes)
        self.patches = Patches.of(embedded.unflatten(0, (len(self.images), -1)))

    def advance(self) -> None:
        """One step of Adam on some of the images."""
        started, search = time.perf_counter(), self.search
        if search.fine and self.step == fine_from(search.iterations):
            self.compare_by(self.networks.fine)
        done = self.step / search.iterations
        fall = search.largest - search.largest_at_end
        self.localiser.largest = search.largest - fall * min(1, done / SHRINKING_SHARE)
        index = torch.randperm(len(self.images), generator=self.generator)[: search.batch_size]
        images = self.images[index]
        boxes = self.localiser(images)
        if jitter := search.jitter * max(0, 1 - done / JITTERING_SHARE):
            boxes = jittered(boxes, jitter, self.generator)
        embedded = self.encoder(crops(images, boxes))
        loss = search.objective.loss(embedded, self.patches.at(index))
        self.localiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self._losses.append(loss.detach())
        self.step += 1
        self.seconds += time.perf_counter() - started

    @torch.no_grad()
    def located(self) -> Tensor:
        """The boxes of all images as they stand: (N, 3)."""
        return self.localiser(self.images)

    @torch.no_grad()
    def whole_loss(self) -> float:
        """Eq. 8 over all images and pairs, nothing jittered: what restarts are compared by."""
        embedded = self.encoder.read(self.images, self.located())
        return self.search.objective.loss(embedded, self.patches).item()

    def measures(self, boxes: Tensor) -> dict[str, float]:
        """The share localised in percent and the mean overlap, where the truth is known."""
        if self.boxes is None:
            return {}
        overlaps = overlap(boxes, self.boxes)
        return {
            MEASURE: 100 * (overlaps > MIN_OVERLAP).float().mean().item(),
            "mean_overlap": overlaps.mean().item(),
        }

    def record(self) -> tuple[Step, Snapshot]:
        """How it stands. Raises TrainingError if the loss is not finite."""
        loss = torch.stack(self._losses).mean().item() if self._losses else self.whole_loss()
        self._losses.clear()
        if not math.isfinite(loss):
            raise TrainingError(f"step {self.step}: the loss is {loss}")
        boxes = self.located()
        measures = self.measures(boxes)
        gradients = [p.grad.norm() for p in self.localiser.parameters() if p.grad is not None]
        norm = torch.stack(gradients).norm().item() if gradients else 0.0
        step = Step(
            self.step, loss, measures, self.learning_rate, {"localisation": norm}, self.seconds
        )
        theta = boxes.numpy().astype(np.float16)[:, None]
        none = np.zeros((0, 0))
        shown = measures.get(MEASURE, math.nan)
        return step, Snapshot(
            self.step, theta, np.zeros((len(theta), 0)), np.zeros((0, 0, 0, 0)), shown, none
        )


class Restarts:
    """Optimisations of one set side by side, from several seeds, of which the better go on.

    After a quarter of the iterations and after half of them, the half with the lower loss does.
    That is fair, since the loss knows no label and no true box. threads: of the CPU, while it
    works.

    >>> from dataclasses import replace
    >>> from stn_core.box_search.encoder import load_encoder_networks
    >>> from stn_core.experiments.colocalisation import PLAIN_SEARCH
    >>> images = ImageSet(torch.rand(4, 1, 84, 84))
    >>> search = replace(PLAIN_SEARCH, starts=4, patches=2, iterations=4)

    >>> restarts = Restarts(images, load_encoder_networks(), search, seed=0)
    >>> restarts.advance()  # a quarter of the steps: two of the four starts go on
    >>> len(restarts.going)
    2
    """

    def __init__(
        self,
        images: ImageSet,
        networks: EncoderNetworks,
        search: Search,
        seed: int,
        threads: int = 1,
    ) -> None:
        self.search, self.threads = search, threads
        seeds = range(search.starts * seed, search.starts * (seed + 1))
        self.going = [Optimisation(images, networks, search, one) for one in seeds]
        self._ended_seconds = 0.0

    @property
    def leader(self) -> Optimisation:
        """The one whose boxes are the outcome as far as is known."""
        return self.going[0]

    @property
    def step(self) -> int:
        return self.leader.step

    @property
    def learning_rate(self) -> float:
        return self.leader.learning_rate

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        for one in self.going:
            one.learning_rate = rate

    @property
    def seconds(self) -> float:
        """Of all of them."""
        return self._ended_seconds + sum(one.seconds for one in self.going)

    def advance(self) -> None:
        """One step of each."""
        with on_threads(self.threads):
            self._advance()

    def _advance(self) -> None:
        for one in self.going:
            one.advance()
        if self.step in {round(share * self.search.iterations) for share in HALVING_SHARES}:
            ranked = sorted(self.going, key=Optimisation.whole_loss)
            kept = math.ceil(len(ranked) / 2)
            self._ended_seconds += sum(one.seconds for one in ranked[kept:])
            self.going = ranked[:kept]


class Outcome(NamedTuple):
    """The result of a search. boxes: (N, 3); measures: empty where the truth is not known.

    >>> Outcome(torch.zeros(4, 3), 0.1, {}, 60.0).measures
    {}
    """

    boxes: Tensor
    loss: float
    measures: dict[str, float]
    seconds: float


def colocalise(
    images: ImageSet, networks: EncoderNetworks, search: Search, seed: int, threads: int = 1
) -> Outcome:
    """Optimise the boxes of a set to the end, on so many CPU threads. seconds: of all starts.

    >>> from dataclasses import replace
    >>> from stn_core.box_search.encoder import load_encoder_networks
    >>> from stn_core.experiments.colocalisation import PLAIN_SEARCH
    >>> images = ImageSet(torch.rand(4, 1, 84, 84))
    >>> search = replace(PLAIN_SEARCH, iterations=1, patches=2)

    >>> colocalise(images, load_encoder_networks(), search, seed=0).boxes.shape
    torch.Size([4, 3])
    """
    restarts = Restarts(images, networks, search, seed, threads)
    while restarts.step < search.iterations:
        restarts.advance()
    leader = restarts.leader
    boxes = leader.located()
    return Outcome(boxes, leader.whole_loss(), leader.measures(boxes), restarts.seconds)


_HALVINGS = " and ".join(f"{100 * share:g} %" for share in HALVING_SHARES)
_MORE_STARTS = " and ".join(
    f"{starts} for class {name.rsplit('/', 1)[-1]}" for name, starts in PUBLISHED_STARTS.items()
)

DEPARTURES = (
    Departure(
        kind=OTHERWISE,
        where="App. A.2, search",
        paper="The crop is the content of the box that the network predicts.",
        ours="At first the box is read a little off its place: by noise on t and log s with a "
        f"standard deviation of {QUICK_SEARCH.jitter:g}, less and less, none after "
        f"{100 * JITTERING_SHARE:g} % of the steps.",
        why="The gradient of one crop points anywhere, the mean of those about it to the object. "
        "Without it, nothing was found among clutter.",
    ),
    Departure(
        kind=OTHERWISE,
        where="App. A.2, encoder",
        paper="One encoder e().",
        ours=f"For the last {100 - 100 * JITTERING_SHARE:g} % of the steps a second, finer one, "
        f"also trained on crops {OFF / 2:g} of a box or more off the digit, as an eleventh class.",
        why="The first tolerates a box that is a little off: the loops of two sixes are as much "
        "alike as two sixes. Without the second, a 6 is found in a quarter of its images.",
    ),
    Departure(
        kind=SILENT,
        where="App. A.2, search",
        paper="No bounds, no start and no schedule of the box are given.",
        ours=f"It starts at s = {QUICK_SEARCH.start:g} and may be {QUICK_SEARCH.smallest:g} to "
        f"{QUICK_SEARCH.largest:g}; the upper bound falls to {QUICK_SEARCH.largest_at_end:g} in "
        f"the first {100 * SHRINKING_SHARE:g} % of the steps.",
        why="First the place, then the size. `python -m stn_core ablate` takes back the fall of "
        "the bound, but neither the start nor the bounds at first.",
    ),
    Departure(
        kind=SILENT,
        where="App. A.2, search",
        paper="How often an optimisation is started is not given.",
        ours=f"{PLAIN_SEARCH.starts} for T; {QUICK_SEARCH.starts} for TC, but {_MORE_STARTS}. They "
        f"run side by side. After {_HALVINGS} of the steps the half with the lower loss goes on.",
        why="Among clutter a start can find nothing. The loss knows no label and no true box.",
    ),
    Departure(
        kind=SILENT,
        where="App. A.2, search",
        paper="No learning rate is given.",
        ours=f"{QUICK_SEARCH.learning_rate:g}; for the first hidden layer "
        f"{QUICK_SEARCH.wide_layer_lr_factor:g} of that.",
        why="Adam moves all of a unit's 11,552 weights at once: at the full rate, units are dead "
        "within 20 steps.",
    ),
)
