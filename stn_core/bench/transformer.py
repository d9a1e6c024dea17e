"""The transformer alone: its grids and kernels, by batch and by size, and in volumes."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from scipy import ndimage

from stn_core.bench.timing import milliseconds
from stn_core.digits import Digits, Source
from stn_core.experiments.volumes import SIDE, Volumes
from stn_core.sampling import bilinear_kernel, sample
from stn_core.transforms import Affine, Affine3D, ThinPlateSpline, euler_rotation

BATCHES = (16, 64, 256)
SIDES = (84, 112, 224, 448)


def grids(device: torch.device) -> Iterator[str]:
    """Lines on the time that sampling grids take, in milliseconds.

    >>> next(grids(torch.device("cpu")))
    'The grid alone, batch 256, 42 × 42'
    """
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


def kernels(device: torch.device) -> Iterator[str]:
    """Lines on the time that sampling takes, in milliseconds, and the literal sum of Eq. 3.

    >>> next(kernels(torch.device("cpu"))).split(":")[0]
    'Sampling 16 images of 42 × 42'
    """
    yield "Sampling 16 images of 42 × 42: the fast path compared with the literal sum of Eq. 3"
    images = torch.rand(16, 1, 42, 42, device=device)
    grid = Affine().grid(Affine().identity().to(device).repeat(16, 1), (42, 42))
    fast = milliseconds(lambda: sample(images, grid), device)
    literal = milliseconds(lambda: sample(images, grid, kernel=bilinear_kernel), device)
    yield f"fast {fast:.2f}, literal {literal:.1f}: {literal / fast:.0f} times as fast"
    yield ""


def sizes(device: torch.device) -> Iterator[str]:
    """Lines on a transformer's time for each image, by batch and by size.

    >>> next(sizes(torch.device("cpu"))).split(" (")[0]
    'An affine transformer, forward and backward'
    """
    yield "An affine transformer, forward and backward (grid and sampling), 3 channels"
    yield "by batch size at 84 × 84, and by image size at batch size 16; per image, as a ratio"

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


def volumes(source: Source, device: torch.device) -> Iterator[str]:
    """Lines on the time that reading and making volumes takes, in milliseconds.

    >>> from stn_core import load_digits

    >>> next(volumes(load_digits(), torch.device("cpu")))
    'Volumes (App. A.3), forward'
    """
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
    truth = shown.theta
    assert truth is not None
    blocks = torch.rand(len(few), 1, SIDE, SIDE, SIDE, device=device)
    whole = milliseconds(
        lambda: sample(blocks, Affine3D().grid(truth, (SIDE,) * 3)), device, repeat=1
    )
    yield (
        f"32 digits extruded and turned: around the ink only {made:.0f}, by reading whole volumes "
        f"{whole:.0f}: {whole / made:.0f} times as fast"
    )
    yield ""
