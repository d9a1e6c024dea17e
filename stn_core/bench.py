"""Speed and memory, measured in one run on this machine and told as ratios.

Figures from two runs, or two machines, are not to be compared; the ratios of one run are.
"""

from __future__ import annotations

import platform
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
import torch.nn.functional as F
from scipy import ndimage
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from stn_core import digits
from stn_core.digits import Digits, Source
from stn_core.experiment import Experiment
from stn_core.experiments import find
from stn_core.experiments.distorted import Distorted
from stn_core.experiments.volumes import SIDE, Volumes
from stn_core.sampling import bilinear_kernel, sample
from stn_core.training.cuda_graphs import BATCHES_DRAWN, Captured
from stn_core.training.devices import device_name
from stn_core.training.trainer import Trainer
from stn_core.transforms import Affine, Affine3D, ThinPlateSpline, euler_rotation

NETWORKS = ("fcn", "st-fcn-aff", "st-cnn-aff", "cnn")
BATCHES = (16, 64, 256)
SIDES = (84, 112, 224, 448)
STREAMS = 4  # trainings on one GPU
ROUNDS = 5  # of which the median counts


def bench(device: torch.device) -> Iterator[str]:
    """The lines of the report, as they are measured: two or three minutes on two cores."""
    source = digits.installed()
    yield f"{device_name(device)}, torch {torch.__version__}, Python {platform.python_version()}"
    yield "Times are medians in milliseconds; compare within this run alone."
    yield ""
    yield from _plain_loop(source, device)
    if device.type == "cuda":
        yield from _side_by_side(source, device)
    yield from _share_of_the_transformer(source, device)
    yield from _pooling(source, device)
    yield from _grids(device)
    yield from _kernels(device)
    yield from _sizes(device)
    yield from _volumes(source, device)
    yield from _memory(device)


def milliseconds(work: Callable[[], object], device: torch.device, repeat: int = 3) -> float:
    """The median time of one call, after one that does not count."""

    def wait() -> None:
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        elif device.type == "mps":
            torch.mps.synchronize()

    work()
    wait()
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for _ in range(repeat):
            work()
        wait()
        times.append((time.perf_counter() - started) / repeat)
    return 1000 * statistics.median(times)


def _steps(device: torch.device) -> int:
    """How many steps a round has: on CUDA, where batches are drawn together, whole draws."""
    return 2 * BATCHES_DRAWN if device.type == "cuda" else 3


# -- the training step


class _OneByOne(Dataset):
    """Digits distorted one at a time when they are asked for, as tutorials do."""

    def __init__(self, data: Distorted, source: Digits) -> None:
        self.data, self.source, self.generator = data, source, torch.Generator().manual_seed(0)

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        one = Digits(self.source.images[index : index + 1], self.source.labels[index : index + 1])
        example = self.data.examples(one, self.generator)
        return example.images[0], int(example.labels[0])


def _plain_step(experiment: Experiment, source: Source, device: torch.device) -> Callable:
    """A step of the usual kind: a data loader, distortions on the CPU, the loss read each time."""
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


def _plain_loop(source: Source, device: torch.device) -> Iterator[str]:
    yield "A training step of 64 on RTS, beside a plain loop (data loader, one digit at a time)"
    yield f"{'network':12} {'plain':>9} {'float32':>9} {'bfloat16':>9}   times as fast"
    for name in NETWORKS:
        experiment = find(f"distorted/rts/{name}")
        plain = milliseconds(_plain_step(experiment, source, device), device)
        ours = [
            milliseconds(
                Trainer(experiment, source, seed=0, device=device, precision=precision).advance,
                device,
                _steps(device),
            )
            for precision in ("float32", "bfloat16")
        ]
        yield (
            f"{name:12} {plain:9.1f} {ours[0]:9.1f} {ours[1]:9.1f}   "
            f"{plain / ours[0]:.1f} and {plain / ours[1]:.1f}"
        )
    yield ""


def _side_by_side(source: Source, device: torch.device) -> Iterator[str]:
    yield "The paper's recipe on RTS, 150,000 steps of 256, in minutes:"
    yield f"alone, and its share of {STREAMS} side by side"
    for name in NETWORKS:
        experiment = find(f"distorted/rts/{name}").with_recipe("paper")
        half = "bfloat16" if experiment.network.convolutional else "float32"
        trainers = [
            Trainer(experiment, source, seed=seed, device=device, precision=half)
            for seed in range(STREAMS)
        ]

        def together(trainers: list[Trainer] = trainers) -> None:
            with ThreadPoolExecutor(STREAMS) as threads:
                list(
                    threads.map(
                        lambda trainer: [trainer.advance() for _ in range(2 * BATCHES_DRAWN)],
                        trainers,
                    )
                )

        together()
        minutes = experiment.recipe.iterations / 60_000
        alone = minutes * milliseconds(trainers[0].advance, device, 2 * BATCHES_DRAWN)
        each = minutes * milliseconds(together, device, 1) / (2 * BATCHES_DRAWN) / STREAMS
        yield f"{name:12} {half:8} {alone:5.1f}, {each:5.1f}: {alone / each:.1f} times as fast"
    yield ""


def _share_of_the_transformer(source: Source, device: torch.device) -> Iterator[str]:
    yield "Where a step's time goes, forward and backward (float32); shares of the whole step"
    if device.type == "cuda":
        yield "(each part as a graph; the step's own distortions are made 16 batches at once)"
    yield f"{'network':12} {'step':>8} {'distort':>9} {'localise':>9} {'grid':>7} {'sample':>8}"
    for name in ("st-fcn-aff", "st-fcn-tps", "st-cnn-aff", "st-cnn-tps"):
        experiment = find(f"distorted/rts/{name}")
        trainer = Trainer(experiment, source, seed=0, device=device)
        step = milliseconds(trainer.advance, device, _steps(device))
        transformer = trainer.network.transformer
        batch = Digits(trainer.digits.images[:64], trainer.digits.labels[:64])
        images = experiment.data.examples(batch, trainer.generator).images
        size = images.shape[2:]
        theta = transformer.localisation(images).detach().requires_grad_()
        grid = transformer.transform.grid(theta, size).detach().requires_grad_()
        parts = {
            "distort": lambda: experiment.data.examples(batch, trainer.generator),  # noqa: B023
            "localise": lambda: transformer.localisation(images).sum().backward(),  # noqa: B023
            "grid": lambda: transformer.transform.grid(theta, size).sum().backward(),  # noqa: B023
            "sample": lambda: sample(images, grid).sum().backward(),  # noqa: B023
        }
        stream = torch.cuda.Stream(device) if device.type == "cuda" else None
        times = {}
        for part, work in parts.items():
            captured = Captured(stream, generator=trainer.generator)
            times[part] = milliseconds(lambda: captured(work), device, 5)  # noqa: B023
        shares = " ".join(
            f"{100 * times[part] / step:{width}.0f} %"
            for part, width in (("distort", 7), ("localise", 7), ("grid", 5), ("sample", 6))
        )
        yield f"{name:12} {step:8.1f} {shares}"
    yield ""


def _pooling(source: Source, device: torch.device) -> Iterator[str]:
    yield "Downsampling by the transformer (Sect. 3.4): a CNN's step on RTS and on TC"
    for short in ("rts", "tc"):
        times = {
            name: milliseconds(
                Trainer(find(f"distorted/{short}/{name}"), source, seed=0, device=device).advance,
                device,
                1 if device.type == "cpu" else _steps(device),
            )
            for name in ("cnn", "st-cnn-aff")
        }
        yield (
            f"{short.upper():4} CNN {times['cnn']:.0f}, ST-CNN Aff with pooling "
            f"{times['st-cnn-aff']:.0f}: {times['cnn'] / times['st-cnn-aff']:.1f} times as fast"
        )
    yield ""


# -- the transformer alone


def _grids(device: torch.device) -> Iterator[str]:
    yield "The grid alone, batch 256, 42 × 42"
    times = {}
    for transform in (Affine(), ThinPlateSpline(4)):
        theta = transform.identity().to(device).repeat(256, 1)
        times[type(transform).__name__] = milliseconds(
            lambda: transform.grid(theta, (42, 42)),  # noqa: B023
            device,
            repeat=20,
        )
    affine, spline = times.values()
    yield f"affine {affine:.2f}, thin plate spline {spline:.2f}: {spline / affine:.2f} times"
    yield ""


def _kernels(device: torch.device) -> Iterator[str]:
    yield "Sampling 16 images of 42 × 42: the fast path beside the literal sum of Eq. 3"
    images = torch.rand(16, 1, 42, 42, device=device)
    grid = Affine().grid(Affine().identity().to(device).repeat(16, 1), (42, 42))
    fast = milliseconds(lambda: sample(images, grid), device)
    literal = milliseconds(lambda: sample(images, grid, kernel=bilinear_kernel), device)
    yield f"fast {fast:.2f}, literal {literal:.1f}: {literal / fast:.0f} times as fast"
    yield ""


def _sizes(device: torch.device) -> Iterator[str]:
    yield "An affine transformer forward and backward (grid and sampling), 3 channels"
    yield "by batch at 84 × 84, and by size at a batch of 16; per image, beside the first"

    def cost(batch: int, side: int) -> float:
        images = torch.rand(batch, 3, side, side, device=device)
        theta = Affine().identity().to(device).repeat(batch, 1).requires_grad_()

        def work() -> None:
            sample(images, Affine().grid(theta, (side, side))).sum().backward()

        return milliseconds(work, device) / batch

    by_batch = {batch: cost(batch, 84) for batch in BATCHES}
    by_side = {side: cost(16, side) for side in SIDES}
    first = by_batch[BATCHES[0]]
    yield "batch " + ", ".join(f"{n}: {t / first:.2f}" for n, t in by_batch.items())
    first = by_side[SIDES[0]]
    yield "side  " + ", ".join(
        f"{n}: {t / first:.1f} (pixels {(n / SIDES[0]) ** 2:.1f})" for n, t in by_side.items()
    )
    yield ""


def _volumes(source: Source, device: torch.device) -> Iterator[str]:
    yield "Volumes (App. A.3), forward"
    volume = torch.rand(1, 1, 20, 20, 20, device=device)
    identity = Affine3D().identity().to(device)
    grid = Affine3D().grid(identity[None], (20, 20, 20))
    fast = milliseconds(lambda: sample(volume, grid), device)
    literal = milliseconds(lambda: sample(volume, grid, kernel=bilinear_kernel), device)
    yield (
        f"20³ voxels read at 20³ points: fast {fast:.2f}, literal Eq. 9 {literal:.1f}: "
        f"{literal / fast:.0f} times as fast"
    )
    data = Volumes()
    few = Digits(source.train.images[:32].to(device), source.train.labels[:32].to(device))
    generator = torch.Generator(device).manual_seed(0)
    shown = data.examples(few, generator)
    turn = euler_rotation(shown.pose["angle_degrees"][:1].deg2rad())
    one = shown.images[0, 0].cpu().numpy()
    matrix = turn[0].flip(0, 1).cpu().numpy()  # z first
    middle = (SIDE - 1) / 2
    offset = middle - matrix.sum(1) * middle
    theirs = milliseconds(
        lambda: ndimage.affine_transform(one, matrix, offset, order=1, mode="grid-constant"),
        torch.device("cpu"),
        repeat=1,
    )
    theta = F.pad(turn, (0, 1)).flatten(1)
    warped = milliseconds(
        lambda: sample(shown.images[:1], Affine3D().grid(theta, (SIDE,) * 3)), device
    )
    yield (
        f"60³ voxels turned, the grid included: {warped:.1f}, scipy's affine_transform "
        f"{theirs:.1f}: {theirs / warped:.1f} times as fast"
    )
    made = milliseconds(lambda: data.examples(few, generator), device)
    blocks = torch.rand(len(few), 1, SIDE, SIDE, SIDE, device=device)
    whole = milliseconds(
        lambda: sample(blocks, Affine3D().grid(shown.theta, (SIDE,) * 3)), device, repeat=1
    )
    yield (
        f"32 digits extruded and turned about their ink alone {made:.0f}, by reading whole volumes "
        f"{whole:.0f}: {whole / made:.0f} times as fast"
    )
    yield ""


# -- memory

_PEAK = """
import sys, torch
from stn_core import bench, digits
from stn_core.experiments import find
from stn_core.training.trainer import Trainer
torch.set_num_threads(1)
name, device = sys.argv[1], torch.device(sys.argv[2])
trainer = Trainer(find(name), digits.installed(), seed=0, device=device)
before = bench.peak_megabytes(device, reset=True)
for _ in range(6):  # on CUDA, the graphs' memory too
    trainer.advance()
print(bench.peak_megabytes(device) - before)
"""


def peak_megabytes(device: torch.device, *, reset: bool = False) -> float:
    """The most memory that this process has held, on the GPU or resident; from now on, if reset."""
    if device.type == "cuda":
        if reset:
            torch.cuda.reset_peak_memory_stats(device)
        return torch.cuda.max_memory_allocated(device) / 2**20
    status = Path("/proc/self/status")
    if not status.exists():  # not Linux: the most since the process began
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    return float(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1]) / 2**10


def _memory(device: torch.device) -> Iterator[str]:
    yield "Peak memory of six steps of 64 on RTS, above what the process held before"
    peaks = {}
    for name in NETWORKS:
        command = [sys.executable, "-c", _PEAK, f"distorted/rts/{name}", str(device)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        peaks[name] = float(done.stdout)
    most = max(*peaks.values(), 1e-9)
    yield ", ".join(f"{n} {p:.0f} MB ({p / most:.2f} of the most)" for n, p in peaks.items())
