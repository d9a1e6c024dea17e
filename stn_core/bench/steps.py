"""A training step: beside a plain loop, several at once, and where its time goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from stn_core.bench.timing import alternating, milliseconds, steps_a_round
from stn_core.digits import Digits, Source
from stn_core.experiment import Data, Experiment
from stn_core.experiments import find
from stn_core.recipes import AdamW
from stn_core.sampling import sample
from stn_core.spatial_transformer import SpatialTransformer
from stn_core.training.cuda_graphs import BATCHES_DRAWN, Captured
from stn_core.training.trainer import PRECISIONS, Trainer

BATCH = 64
NETWORKS = ("fcn", "st-fcn-aff", "st-cnn-aff", "cnn")
SHARES = {"distort": 7, "localise": 7, "grid": 5, "sample": 6, "optimise": 7}  # and their widths
STREAMS = 4  # trainings on one GPU


class _OneByOne(Dataset):
    """Digits distorted one at a time when they are asked for, as tutorials do."""

    def __init__(self, data: Data, source: Digits) -> None:
        self.data, self.source, self.generator = data, source, torch.Generator().manual_seed(0)

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        one = self.source[index : index + 1]
        example = self.data.examples(one, self.generator)
        return example.images[0], int(example.labels[0])


def _plain_step(experiment: Experiment, source: Source, device: torch.device) -> Callable:
    """A step of the usual kind: a data loader, distortions on the CPU, the loss read each time.

    Its optimiser is AdamW, as ``_as_plain`` has ours.
    """
    network = experiment.build(0).to(device)
    for parameter in network.parameters():  # in memory as torch lays them out
        parameter.data = parameter.data.clone(memory_format=torch.contiguous_format)
    optimiser = torch.optim.AdamW(network.parameters(), lr=experiment.recipe.learning_rate)
    loader = DataLoader(
        _OneByOne(experiment.data, source.train),
        batch_size=experiment.recipe.batch_size,
        shuffle=True,
        drop_last=True,
    )

    def batches() -> Iterator[tuple[Tensor, Tensor]]:
        while True:
            yield from loader

    stream = batches()

    def step() -> float:
        images, labels = next(stream)
        loss = F.cross_entropy(network(images.to(device)), labels.to(device))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return loss.item()

    return step


def _as_plain(experiment: Experiment) -> Experiment:
    """Trained by what a plain loop is: batches of 64, AdamW for all."""
    recipe = replace(
        experiment.recipe, optimiser=AdamW(), localisation_optimiser=None, batch_size=BATCH
    )
    return replace(experiment, recipes=(recipe,))


def plain_loop(source: Source, device: torch.device) -> Iterator[str]:
    """Lines on a training step's time in milliseconds, next to a usual training loop's.

    >>> from stn_core import load_digits

    >>> next(plain_loop(load_digits(), torch.device("cpu")))[:24]
    'A training step (batch s'
    """
    yield "A training step (batch size 64, RTS, AdamW), compared with a plain loop (data loader,"
    yield "one digit at a time, the same optimiser)"
    yield f"{'network':12} {'plain':>9} {'float32':>9} {'bfloat16':>9}   times as fast"
    for name in NETWORKS:
        experiment = _as_plain(find(f"distorted/rts/{name}"))
        works: dict[str, Callable[[], object]] = {
            precision: Trainer(experiment, source, device=device, precision=precision).advance
            for precision in PRECISIONS
        }
        ours = alternating(
            {"plain": _plain_step(experiment, source, device), **works},
            device,
            steps_a_round(device),
        )
        times = [ours[key] for key in ("plain", *PRECISIONS)]
        ratios = " and ".join(f"{times[0] / time:.1f}" for time in times[1:])
        yield f"{name:12} {times[0]:9.1f} {times[1]:9.1f} {times[2]:9.1f}   {ratios}"
    yield ""


def side_by_side(source: Source, device: torch.device) -> Iterator[str]:
    """Lines on several trainings on one GPU at once, next to one alone.

    >>> from stn_core import load_digits

    >>> next(side_by_side(load_digits(), torch.device("cpu")))
    "The paper's recipe on RTS, 150,000 steps with batch size 256, in minutes:"
    """
    yield "The paper's recipe on RTS, 150,000 steps with batch size 256, in minutes:"
    yield f"alone, and per training with {STREAMS} in parallel"
    for name in NETWORKS:
        experiment = find(f"distorted/rts/{name}").with_recipe("paper")
        half = "bfloat16" if experiment.network.convolutional else "float32"
        trainers = [
            Trainer(experiment, source, seed=seed, device=device, precision=half)
            for seed in range(STREAMS)
        ]

        def advance(trainer: Trainer) -> None:
            for _ in range(2 * BATCHES_DRAWN):
                trainer.advance()

        def together(trainers: list[Trainer] = trainers, advance=advance) -> None:
            with ThreadPoolExecutor(STREAMS) as threads:
                list(threads.map(advance, trainers))

        together()
        minutes = experiment.recipe.iterations / 60_000
        alone = minutes * milliseconds(trainers[0].advance, device, 2 * BATCHES_DRAWN)
        each = minutes * milliseconds(together, device, 1) / (2 * BATCHES_DRAWN) / STREAMS
        yield f"{name:12} {half:8} {alone:5.1f}, {each:5.1f}: {alone / each:.1f} times as fast"
    yield ""


def share_of_the_transformer(source: Source, device: torch.device) -> Iterator[str]:
    """Lines on the shares of a step's time that distortion, localisation, grid and sampling take.

    >>> from stn_core import load_digits

    >>> next(share_of_the_transformer(load_digits(), torch.device("cpu"))).split(",")[0]
    "Where a step's time goes"
    """
    yield "Where a step's time goes, with the default recipe (float32), as shares"
    if device.type == "cuda":
        yield "(each part as a graph; the step's own distortions are made 16 batches at once)"
    heading = f"{'network':12} {'step':>8} {'distort':>9} {'localise':>9} {'grid':>7} {'sample':>8}"
    yield f"{heading} {'optimise':>9}"
    for name in ("st-fcn-aff", "st-fcn-tps", "st-cnn-aff", "st-cnn-tps"):
        experiment = find(f"distorted/rts/{name}")
        batch_size = experiment.recipe.batch_size
        trainer = Trainer(experiment, source, seed=0, device=device)
        step = milliseconds(trainer.advance, device, steps_a_round(device))
        transformer = trainer.network.transformer
        assert isinstance(transformer, SpatialTransformer)
        batch = trainer.digits[:batch_size]
        images = experiment.data.examples(batch, trainer.generator).images
        size = images.shape[2:]
        theta = transformer.localisation(images).detach().requires_grad_()
        grid = transformer.transform.grid(theta, size).detach().requires_grad_()
        parts = {
            "distort": lambda: experiment.data.examples(batch, trainer.generator),  # noqa: B023
            "localise": lambda: transformer.localisation(images).sum().backward(),  # noqa: B023
            "grid": lambda: transformer.transform.grid(theta, size).sum().backward(),  # noqa: B023
            "sample": lambda: sample(images, grid).sum().backward(),  # noqa: B023
            "optimise": lambda: _optimise(trainer),  # noqa: B023
        }
        stream = torch.cuda.Stream(device) if device.type == "cuda" else None
        times = {}
        for part, work in parts.items():
            captured = Captured(stream, generator=trainer.generator)
            times[part] = milliseconds(lambda: captured(work), device, 5)  # noqa: B023
        shares = " ".join(
            f"{100 * times[part] / step:{width}.0f} %" for part, width in SHARES.items()
        )
        yield f"{name:12} {step:8.1f} {shares}"
    yield ""


def _optimise(trainer: Trainer) -> None:
    """What a step's optimisers do, from the gradients that are there."""
    for optimiser in trainer.optimisers:
        optimiser.step()


def pooling(source: Source, device: torch.device) -> Iterator[str]:
    """Lines on the time that a transformer with pooling saves a CNN.

    >>> from stn_core import load_digits

    >>> next(pooling(load_digits(), torch.device("cpu"))).split(":")[0]
    'Downsampling by the transformer (Sect. 3.4)'
    """
    yield "Downsampling by the transformer (Sect. 3.4): a CNN's step on RTS and on TC"
    for short in ("rts", "tc"):
        times = {
            name: milliseconds(
                Trainer(find(f"distorted/{short}/{name}"), source, seed=0, device=device).advance,
                device,
                1 if device.type == "cpu" else steps_a_round(device),
            )
            for name in ("cnn", "st-cnn-aff")
        }
        yield (
            f"{short.upper():4} CNN {times['cnn']:.0f}, ST-CNN Aff with pooling "
            f"{times['st-cnn-aff']:.0f}: {times['cnn'] / times['st-cnn-aff']:.1f} times as fast"
        )
    yield ""
