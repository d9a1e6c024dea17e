"""The transformer beside others' in the same run: torch's own functions, and kornia's."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_core.bench.timing import alternating
from stn_core.sampling import sample
from stn_core.transforms import Affine, Projective, ThinPlateSpline, Transform

BATCH, SIDE, POINTS = 64, 42, 4  # images, their pixels a side, control points a side
REPEAT = 10


def beside(device: torch.device) -> Iterator[str]:
    """Lines on grid and sampling, forward and backward down to θ, ours next to others'.

    >>> next(beside(torch.device("cpu")))
    'A transformer, forward and backward, on 64 images of 42 × 42'
    """
    images = torch.rand(BATCH, 1, SIDE, SIDE, device=device)
    yield f"A transformer, forward and backward, on {BATCH} images of {SIDE} × {SIDE}"
    theirs = {
        "affine": {"affine_grid, grid_sample": _torch_affine(images)},
        "projective": {},
        "thin plate spline": {},
    }
    has_kornia = importlib.util.find_spec("kornia") is not None
    if has_kornia:
        theirs["affine"]["kornia's warp_affine"] = _kornia_affine(images)
        theirs["projective"]["kornia's warp_perspective"] = _kornia_perspective(images)
        theirs["thin plate spline"]["kornia's"] = _kornia_spline(images)
    families = (Affine(), Projective(), ThinPlateSpline(POINTS))
    for (name, others), transform in zip(theirs.items(), families, strict=True):
        if others:
            times = alternating({"": _ours(transform, images), **others}, device, REPEAT)
            own = times.pop("")
            words = "; ".join(
                f"{other} {time:.2f}: {time / own:.1f} times as fast"
                for other, time in times.items()
            )
            yield f"{name:18} {own:.2f}, {words}"
    if not has_kornia:
        yield "(kornia is not installed: compared with torch only)"
    yield ""


def _ours(transform: Transform, images: Tensor) -> Callable[[], object]:
    theta = transform.identity().to(images.device).repeat(len(images), 1).requires_grad_()
    return lambda: sample(images, transform.grid(theta, images.shape[2:])).sum().backward()


def _torch_affine(images: Tensor) -> Callable[[], object]:
    theta = torch.eye(2, 3, device=images.device).repeat(len(images), 1, 1).requires_grad_()

    def work() -> None:
        grid = F.affine_grid(theta, list(images.shape), align_corners=False)
        F.grid_sample(images, grid, align_corners=False).sum().backward()

    return work


def _kornia_affine(images: Tensor) -> Callable[[], object]:
    from kornia.geometry.transform import warp_affine

    matrix = torch.eye(2, 3, device=images.device).repeat(len(images), 1, 1).requires_grad_()
    return lambda: warp_affine(images, matrix, (SIDE, SIDE)).sum().backward()


def _kornia_perspective(images: Tensor) -> Callable[[], object]:
    from kornia.geometry.transform import warp_perspective

    matrix = torch.eye(3, device=images.device).repeat(len(images), 1, 1).requires_grad_()
    return lambda: warp_perspective(images, matrix, (SIDE, SIDE)).sum().backward()


def _kornia_spline(images: Tensor) -> Callable[[], object]:
    from kornia.geometry.transform import get_tps_transform, warp_image_tps

    axis = torch.linspace(-1, 1, POINTS, device=images.device)
    points = torch.cartesian_prod(axis, axis).repeat(len(images), 1, 1)
    moved = points.clone().requires_grad_()

    def work() -> None:
        weights, affine = get_tps_transform(moved, points)
        warp_image_tps(images, points, weights, affine).sum().backward()

    return work
