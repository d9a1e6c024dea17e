"""The network's input turned, scaled and shifted, and what the network makes of that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from stn_core.inspecting.network import Inspected, Seen
from stn_core.sampling import sample
from stn_core.transforms import Affine, decompose_affine
from stn_core.watching.fitting import half, nearest_affine

STEPS = 31  # of a sweep
BATCH = 8  # images in a forward pass of it


class Pose(NamedTuple):
    """How the input is laid: degrees, clockwise on the screen; scale; shifts in widths and heights.

    >>> Pose() == Pose(degrees=0, scale=1, shift_x=0, shift_y=0)
    True
    """

    degrees: float = 0.0
    scale: float = 1.0
    shift_x: float = 0.0
    shift_y: float = 0.0


# What a sweep varies: a field of the pose, and from where to where.
SWEEPS = {
    "rotation": ("degrees", -90.0, 90.0),
    "scale": ("scale", 0.5, 1.5),
    "shift in x": ("shift_x", -0.5, 0.5),
    "shift in y": ("shift_y", -0.5, 0.5),
}


def posed(image: Tensor, pose: Pose) -> Tensor:
    """An image (1, C, H, W) laid in this pose, (1, C, H, W); turns keep its right angles.

    What comes in from outside is the median of the image's border, channel by channel. A volume is
    given back as it is.

    >>> image = torch.zeros(1, 1, 3, 3)
    >>> image[0, 0, 1, 2] = 1  # to the right of the middle
    >>> posed(image, Pose(degrees=90))[0, 0].round().tolist()
    [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """
    if pose == Pose() or image.ndim != 4:
        return image
    height, width = image.shape[2:]
    angle = torch.tensor(-pose.degrees).deg2rad()
    turn = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()]).view(2, 2)
    half = torch.tensor([width / 2, height / 2])
    linear = turn / pose.scale * half / half[:, None]  # in normalised coordinates
    shift = -linear @ (2 * torch.tensor([pose.shift_x, pose.shift_y]))
    theta = torch.cat([linear, shift[:, None]], 1).reshape(1, 6)
    around = border_level(image)
    grid = Affine().grid(theta, (height, width))
    return (sample(image.float() - around, grid) + around).to(image.dtype)


def border_level(image: Tensor) -> Tensor:
    """The median of an image's outermost pixels: (1, C, H, W) -> (1, C, 1, 1).

    >>> border_level(torch.ones(1, 2, 4, 4)).flatten().tolist()
    [1.0, 1.0]
    """
    edges = [image[:, :, 0], image[:, :, -1], image[:, :, :, 0], image[:, :, :, -1]]
    return torch.cat(edges, 2).float().median(2).values[:, :, None, None]


@dataclass(frozen=True, kw_only=True, eq=False)
class Sweep:
    """A network on an input that is turned, say. values: (T,); probabilities: (T, classes), None
    where the output has none; theta: of the affine θ nearest to the transformer's grid, what
    ``decompose_affine`` gives, (T,) each: angle, scales and shear in pixels of U, as a ``Pose``
    turns, the shifts normalised.

    >>> Sweep(values=[0.0], probabilities=None, theta={}).theta
    {}
    """

    values: list[float]
    probabilities: Tensor | None
    theta: dict[str, Tensor]


def sweep(network: Inspected, image: Tensor, pose: Pose, what: str, name: str) -> Sweep:
    """What a network makes of an image (1, C, H, W) as one part of its pose is varied.

    what: one of SWEEPS; name: of the transformer whose θ is followed. Raises as
    ``Inspected.run``.

    >>> from stn_core.inspecting.network import Half
    >>> network = Inspected(torch.nn.Sequential(Half()), torch.rand(1, 1, 8, 8))
    >>> swept = sweep(network, network.images, Pose(), "rotation", "0")
    >>> len(swept.values), swept.theta["scale_x"].mean().round(decimals=2).item()
    (31, 0.5)
    """
    part, low, high = SWEEPS[what]
    values = torch.linspace(low, high, STEPS).tolist()
    images = torch.cat([posed(image, pose._replace(**{part: value})) for value in values])
    passes = [network.run(images[start : start + BATCH]) for start in range(0, STEPS, BATCH)]
    shares = [p.probabilities for p in passes if p.probabilities is not None]
    followed = [p.seen[name] for p in passes if name in p.seen]
    thetas = [_in_pixels(seen) for seen in followed if seen.grid.shape[-1] == 2]
    theta = torch.cat(thetas) if thetas else torch.empty(0, 6)
    return Sweep(
        values=values,
        probabilities=torch.cat(shares) if shares else None,
        theta=decompose_affine(theta) if len(theta) == STEPS else {},
    )


def _in_pixels(seen: Seen) -> Tensor:
    """The affine θ (B, 6) nearest to a grid, with its 2 × 2 part from pixels of U to pixels: in
    normalised coordinates a turn of an image that is not square has another angle."""
    lengths = tuple(seen.input.shape[2:])
    theta = nearest_affine(seen.grid, lengths).theta.unflatten(1, (2, 3))
    pixels = half(lengths, theta)  # (2, 1), x first
    linear = theta[:, :, :2] * pixels / pixels.T
    return torch.cat([linear, theta[:, :, 2:]], 2).flatten(1)
