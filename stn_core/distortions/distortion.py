"""What a distortion is: uint8 digits to images, what was done to them, and what undoes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from stn_core.departures import SILENT, Departure
from stn_core.sampling import sample
from stn_core.transforms import Affine, Transform, invert_affine

DIGIT_PIXELS = 28
_AFFINE = Affine()  # which makes B once for each size


@dataclass(frozen=True)
class DistortedImages:
    """Distorted images and what was done to them.

    images: float32 (B, 1, H, W) in [0, 1]; pose: the distortion's own parameters by name, with
    their units in the name, each (B,) or (B, ...); theta: the parameters that undo it, (B, P), in
    the family ``Distortion.family``: read through them, V shows the digit's own 28×28 frame
    upright and filling V. None where no closed form undoes it (E).

    >>> from stn_core.distortions import R
    >>> digits = torch.zeros(4, 28, 28, dtype=torch.uint8)
    >>> distorted = R()(digits, torch.Generator())
    >>> distorted.images.shape, distorted.theta.shape, list(distorted.pose)
    (torch.Size([4, 1, 28, 28]), torch.Size([4, 6]), ['angle_degrees'])
    """

    images: Tensor
    pose: dict[str, Tensor]
    theta: Tensor | None


def uniform(low: float, high: float, count: int, generator: torch.Generator) -> Tensor:
    """Evenly distributed numbers in [low, high): (count,), on the generator's device.

    >>> angles = uniform(-90, 90, 1000, torch.Generator())
    >>> bool((angles >= -90).all() and (angles < 90).all())
    True
    """
    return low + (high - low) * torch.rand(count, generator=generator, device=generator.device)


def normal(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Standard normal numbers of a shape, on the generator's device.

    >>> normal((2, 3), torch.Generator()).shape
    torch.Size([2, 3])
    """
    return torch.randn(shape, generator=generator, device=generator.device)


def integers(high: int, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Whole numbers from 0 to high − 1, int64 of a shape, on the generator's device.

    >>> sorted(set(integers(3, (100,), torch.Generator()).tolist()))
    [0, 1, 2]
    """
    return torch.randint(high, shape, generator=generator, device=generator.device)


def as_float(images: Tensor) -> Tensor:
    """uint8 (B, 28, 28) -> float32 (B, 1, 28, 28) in [0, 1].

    >>> as_float(torch.full((1, 28, 28), 255, dtype=torch.uint8)).max()
    tensor(1.)
    """
    return images.unsqueeze(1).float() / 255


@dataclass(frozen=True, kw_only=True)
class Distortion:
    """A distortion of App. A.4; ``canvas`` is the side of its square images in pixels.

    >>> from stn_core.distortions import RTS
    >>> RTS().image_shape, RTS(canvas=60).image_shape
    ((1, 42, 42), (1, 60, 60))
    """

    canvas: int = DIGIT_PIXELS  # A.4 gives none for R, P and E: their digits fit into 28×28
    name: ClassVar[str]
    family: ClassVar[Transform | None] = None

    @property
    def image_shape(self) -> tuple[int, int, int]:
        return (1, self.canvas, self.canvas)

    @property
    def _size(self) -> tuple[int, int]:
        return (self.canvas, self.canvas)

    def __call__(
        self, images: Tensor, generator: torch.Generator, others: Tensor | None = None
    ) -> DistortedImages:
        """Distort uint8 digits (B, 28, 28). others: see ``TranslationClutter``, the only user."""
        raise NotImplementedError

    def draw(self, images: Tensor, theta: Tensor) -> Tensor:
        """Draw each digit's frame where θ (frame -> canvas) puts it, and nothing else.

        uint8 (B, 28, 28), affine (B, 6) -> float32 (B, 1, canvas, canvas) in [0, 1].
        """
        grid = _AFFINE.grid(invert_affine(theta), self._size)
        return sample(as_float(images), grid)


DEPARTURES = (
    Departure(
        kind=SILENT,
        where="App. A.4",
        paper="The size of the images of R, P and E is not given.",
        ours=f"{Distortion.canvas} × {Distortion.canvas} pixels.",
        why="MNIST's own size: their digits fit into it, and the localisation network of two 5×5 "
        "convolutions with a pooling closes at 1 × 1.",
    ),
)
