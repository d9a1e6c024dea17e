"""Co-localisation at work (App. A.2): the boxes of one set of images, optimised by Eq. 8.

No label and no true box is used; the true ones, where there are any, only measure. The encoder's
weights stay as they are; what is learnt is the localiser, for this set alone.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from stn_core import checkpoints, runs
from stn_core.classifiers import ConvolutionalClassifier
from stn_core.experiments.colocalisation import (
    ENCODER,
    FINE_ENCODER,
    Colocalisation,
    ImageSet,
    Search,
)
from stn_core.localisation import BoxLocalisation
from stn_core.networks import ClassificationNetwork
from stn_core.objectives import Patches
from stn_core.runs import Run, Snapshot, Step
from stn_core.sampling import sample
from stn_core.training import TrainingError, after_pause, device_name
from stn_core.transforms import Attention

MEASURE = "localised_percent"
LOCALISED = 0.5  # A.2: the overlap above which a digit counts as localised
ENOUGH = 1e-6  # no layer's activations are divided by less
SHRUNK = 0.8  # of the iterations, after which the largest box is as small as it gets
STILL = 0.7  # of the iterations, after which nothing is jittered
HALVED = (0.25, 0.5)  # of the iterations, after which the better half of the starts goes on
ENCODED = 200  # crops in memory at a time
LOCALISER = "localiser.safetensors"  # in a finished run's folder


class Encoder:
    """e() of Eq. 8: a CNN's three layers of activations, side by side (App. A.2).

    normalised: each layer's divided by their own length first. Plain, an empty crop is nearer to
    another one than two digits of a class are to each other.
    """

    def __init__(self, network: ClassificationNetwork, *, normalised: bool) -> None:
        if not isinstance(network.classifier, ConvolutionalClassifier) or network.transformer:
            raise ValueError("Encoder expects a CNN without a transformer")
        self.network = network.requires_grad_(False).eval()
        self.normalised = normalised

    def __call__(self, crops: Tensor) -> Tensor:
        """Crops (B, 1, 28, 28) -> (B, D)."""
        crops = crops.contiguous(memory_format=torch.channels_last)
        # The convolutions in half precision: the gradient comes three times as fast.
        with torch.autocast(crops.device.type, dtype=torch.bfloat16):
            layers = self.network.classifier.activations(crops)
        layers = [layer.flatten(1).float() for layer in layers]
        if self.normalised:
            layers = [F.normalize(layer, dim=1, eps=ENOUGH) for layer in layers]
        return torch.cat(layers, 1)

    @torch.no_grad()
    def read(self, images: Tensor, boxes: Tensor) -> Tensor:
        """e() of one crop of each image. images (B, 1, H, W), boxes (B, 3) -> (B, D)."""
        parts = zip(images.split(ENCODED), boxes.split(ENCODED), strict=True)
        return torch.cat([self(crops(image, box)) for image, box in parts])


class EncoderNetworks(NamedTuple):
    """The networks behind e(): of the search, and of its end."""

    coarse: ClassificationNetwork
    fine: ClassificationNetwork


def load_encoder_networks() -> EncoderNetworks:
    """Those that are shipped. Raises CheckpointError."""
    return EncoderNetworks(*map(checkpoints.load_pretrained, (ENCODER, FINE_ENCODER)))


def fine_from(iterations: int) -> int:
    """The step from which on the fine network compares the crops, of a search that has one."""
    return round(STILL * iterations)


def crops(images: Tensor, boxes: Tensor) -> Tensor:
    """I^T: what stands in the boxes, θ of Attention (B, 3), at 28×28. Differentiable."""
    return sample(images, Attention().grid(boxes, (28, 28)))


def overlap(boxes: Tensor, others: Tensor) -> Tensor:
    """Intersection over union of square boxes (s, t_x, t_y), one by one: (B, 3) ×2 -> (B,)."""
    low = torch.maximum(boxes[:, 1:] - boxes[:, :1], others[:, 1:] - others[:, :1])
    high = torch.minimum(boxes[:, 1:] + boxes[:, :1], others[:, 1:] + others[:, :1])
    both = (high - low).clamp(min=0).prod(1)
    return both / (4 * boxes[:, 0].square() + 4 * others[:, 0].square() - both)


def random_boxes(count: int, scale: float, generator: torch.Generator) -> Tensor:
    """Boxes of one size anywhere inside an image: (count, 3)."""
    shift = 2 * torch.rand(count, 2, generator=generator) - 1
    return torch.cat([torch.full((count, 1), scale), (1 - scale) * shift], 1)


def jittered(boxes: Tensor, amount: float, generator: torch.Generator) -> Tensor:
    """Boxes a little off, still inside the image: t and log s by so much (standard deviation)."""
    noise = amount * torch.randn(boxes.shape, generator=generator)
    scale = (boxes[:, :1] * noise[:, :1].exp()).clamp(max=1)
    shift = (boxes[:, 1:] + noise[:, 1:]).clamp(-(1 - scale), 1 - scale)
    return torch.cat([scale, shift], 1)


class Optimisation:
    """The boxes of one set on their way: the localiser, and how far it is."""

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
        self.optimiser = torch.optim.Adam(
            [
                {"params": others},
                {"params": wide, "lr": search.learning_rate * search.wide_layer_lr_factor},
            ],
            lr=search.learning_rate,
        )
        self.step, self.seconds = 0, 0.0
        self._losses: list[Tensor] = []
        started = time.perf_counter()
        count = len(self.images) * search.patches
        self._random_boxes = random_boxes(count, search.patch_scale, self.generator)
        self.compare_by(networks.coarse)
        self.seconds = time.perf_counter() - started

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
        self.localiser.largest = search.largest - fall * min(1, done / SHRUNK)
        index = torch.randperm(len(self.images), generator=self.generator)[: search.batch_size]
        images = self.images[index]
        boxes = self.localiser(images)
        if jitter := search.jitter * max(0, 1 - done / STILL):
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
        found = overlap(boxes, self.boxes)
        return {
            MEASURE: 100 * (found > LOCALISED).float().mean().item(),
            "mean_overlap": found.mean().item(),
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
        rate = self.search.learning_rate
        step = Step(self.step, loss, measures, rate, {"localisation": norm}, self.seconds)
        theta = boxes.numpy().astype(np.float16)[:, None]
        none = np.zeros((0, 0))
        shown = measures.get(MEASURE, math.nan)
        return step, Snapshot(
            self.step, theta, np.zeros((len(theta), 0)), np.zeros((0, 0, 0, 0)), shown, none
        )


class Restarts:
    """Optimisations of one set side by side, from several seeds, of which the better go on.

    After a quarter of the iterations and after half of them, the half with the lower loss does.
    That is fair, since the loss knows no label and no true box.
    """

    def __init__(
        self, images: ImageSet, networks: EncoderNetworks, search: Search, seed: int
    ) -> None:
        self.search = search
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
    def seconds(self) -> float:
        """Of all of them."""
        return self._ended_seconds + sum(one.seconds for one in self.going)

    def advance(self) -> None:
        """One step of each."""
        for one in self.going:
            one.advance()
        if self.step in {round(share * self.search.iterations) for share in HALVED}:
            ranked = sorted(self.going, key=Optimisation.whole_loss)
            kept = math.ceil(len(ranked) / 2)
            self._ended_seconds += sum(one.seconds for one in ranked[kept:])
            self.going = ranked[:kept]


class Outcome(NamedTuple):
    """What an optimisation came to. measures: empty where the truth is not known."""

    boxes: Tensor
    loss: float
    measures: dict[str, float]
    seconds: float


def colocalise(images: ImageSet, networks: EncoderNetworks, search: Search, seed: int) -> Outcome:
    """Optimise the boxes of a set to the end. seconds: of all starts."""
    restarts = Restarts(images, networks, search, seed)
    while restarts.step < search.iterations:
        restarts.advance()
    found = restarts.leader
    boxes = found.located()
    return Outcome(boxes, found.whole_loss(), found.measures(boxes), restarts.seconds)


def describe(cell: Colocalisation, seed: int, set_seed: int) -> dict:
    """What a run was asked to do, for its run.json."""
    return {
        "experiment": cell.name,
        "recipe": cell.recipe.to_json(),
        "seed": seed,
        "set_seed": set_seed,
        "clutter": cell.distortion.patches,
        "device": device_name(torch.device("cpu")),
        "precision": "bfloat16",
        "torch": torch.__version__,
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def recorded(
    cell: Colocalisation,
    images: ImageSet,
    networks: EncoderNetworks,
    run: Run,
    *,
    seed: int,
    set_seed: int,
) -> Iterator[Step]:
    """Optimise, and record θ of all images at about 100 steps, and the localiser at the end; the
    control file is obeyed.

    The recording is of the start that leads. When another one takes the lead, what it did so far
    is written over the other's.
    Raises RunError if the folder holds a run already, TrainingError if the loss is not finite.
    """
    run.create(describe(cell, seed, set_seed))
    shown = set(runs.snapshot_steps(cell.recipe.iterations))
    with run.owned():
        try:
            run.reset_control()
            bytes_ = (images.images * 255).round().to(torch.uint8).numpy()
            run.write_probes(bytes_, np.full(len(bytes_), -1 if cell.digit is None else cell.digit))
            run.set_status("running", 0)
            restarts = Restarts(images, networks, cell.recipe, seed)
            recording = _Recording(restarts, run)
            yield recording.write()
            while restarts.step < cell.recipe.iterations:
                restarts.advance()
                if restarts.step in shown:
                    yield recording.write()
                command = run.command()
                if command == "pause":
                    command = after_pause(run, restarts.step)
                if command == "stop":
                    run.set_status("stopped", restarts.step)
                    return
            localiser = restarts.leader.localiser
            checkpoints.save_tensors(
                run.folder / LOCALISER,
                {name: tensor.contiguous() for name, tensor in localiser.state_dict().items()},
                {"colocalisation": cell.name, "s": [localiser.smallest, localiser.largest]},
            )
            run.set_status("finished", restarts.step)
        except Exception as error:
            with suppress(OSError):  # the disk may be what is full
                run.set_status("failed", 0, str(error))
            raise


class _Recording:
    """What each start that is still going has shown so far, and what of it is in the run."""

    def __init__(self, restarts: Restarts, run: Run) -> None:
        self.restarts, self.run = restarts, run
        self.shown = {one: [] for one in restarts.going}
        self.written = restarts.leader

    def write(self) -> Step:
        going, leader = self.restarts.going, self.restarts.leader
        self.shown = {one: [*self.shown[one], one.record()] for one in going}
        anew = leader is not self.written
        for step, snapshot in self.shown[leader] if anew else self.shown[leader][-1:]:
            self.run.write_snapshot(snapshot)
            self.run.append(step)  # of two records of a step, the later one counts
        self.written = leader
        self.run.set_status("running", leader.step)
        return step
